// The commands as scripts use them: answers on standard output, exit codes, and what stands in them, against a real node.
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatePrivateKey, privateKeyAccount } from '@turnpike/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { privateKeyToAccount } from 'viem/accounts'
import { createPayee, createPayments } from '../../bench/payments.ts'
import { openBooks } from './books.ts'
import type { Books } from './books.ts'
import { createHome, findFreePort, runTurnpike, startTurnpike } from './turnpike.ts'
import type { NodeProcess } from './turnpike.ts'

const home = createHome()
const ownerKey = generatePrivateKey()
const owner = privateKeyAccount(ownerKey).address
const hash = expect.stringMatching(/^0x[0-9a-f]{64}$/) as string
const address = expect.stringMatching(/^0x[0-9a-f]{40}$/) as string
const text = expect.stringMatching(/./) as string

let port: number
let node: NodeProcess
let books: Books

beforeAll(async () => {
  port = await findFreePort()
  node = await startTurnpike({ home: join(home.path, 'node'), port })
  books = openBooks(node.url)
  await books.fund(owner, 100_000_000n)
})
afterAll(async () => {
  await books.close()
  await node.kill()
  home.remove()
})

type Answer = { readonly code: number | null; readonly json: unknown; readonly lines: number; readonly errors: string }

/** Runs a command with `--json` as a script does, with its settings in variables. */
async function script(args: readonly string[], extra: Record<string, string> = {}): Promise<Answer> {
  const variables = { TURNPIKE_URL: node.url, TURNPIKE_HOME: join(home.path, 'scripts'), TURNPIKE_OWNER_KEY: ownerKey }
  const { code, out, errors } = await runTurnpike([...args, '--json'], { ...variables, ...extra })
  return { code, json: JSON.parse(out) as unknown, lines: out.trimEnd().split('\n').length, errors }
}

/** How a command says no in JSON. */
function refusal(code: string): unknown {
  return { error: expect.objectContaining({ code, message: text, hint: text }) as unknown }
}

describe('turnpike up', () => {
  test('the ready line is the first, has these fields and no others, and the node answers by then', async () => {
    expect(node.ready).toEqual({
      ready: true,
      url: `http://127.0.0.1:${port}`,
      chainId: 402402,
      engine: 'embedded',
      height: 0,
      pid: expect.any(Number) as number,
    })
    expect(process.kill(node.ready.pid, 0)).toBe(true)
    const again = { home: createHome(), port: await findFreePort() }
    const fresh = await startTurnpike({ home: again.home.path, port: again.port })
    expect((await fetch(`${fresh.url}/health`)).status).toBe(200)
    await fresh.stop()
    again.home.remove()
  })

  test('after a restart it names the height that it reached', async () => {
    const again = createHome()
    const first = await startTurnpike({ home: again.path })
    const faucet = openBooks(first.url)
    await faucet.fund(owner, 1n)
    await faucet.close()
    expect(await first.stop()).toBe(0)
    const second = await startTurnpike({ home: again.path })
    expect(second.ready.height).toBe(1)
    await second.stop()
    again.remove()
  })

  test('secrets are for their owner alone', () => {
    const modeOf = (name: string): number => statSync(join(home.path, 'node', name)).mode & 0o777
    expect(['', 'operator.key', 'operator.token', 'sequencer.key'].map(modeOf)).toEqual([0o700, 0o600, 0o600, 0o600])
  })

  test.for([
    { name: 'without --dev the first start needs a genesis', args: [], code: 1, error: 'engine/no_genesis' },
    {
      name: 'a development chain stays on this machine',
      args: ['--dev', '--host', '0.0.0.0'],
      code: 2,
      error: 'node/config',
    },
    {
      name: 'a development chain brings its own genesis',
      args: ['--dev', '--genesis', 'x'],
      code: 2,
      error: 'node/config',
    },
    { name: 'a port that is none', args: ['--dev', '--port', '70000'], code: 2, error: 'node/config' },
    { name: 'an unknown flag', args: ['--dev', '--fast'], code: 2, error: 'cli/usage' },
  ])('$name: exit $code, $error', async ({ args, code, error }) => {
    const result = await script(['up', ...args], { TURNPIKE_HOME: join(home.path, 'refused') })
    expect(result).toMatchObject({ code, json: refusal(error), lines: 1, errors: '' })
  })

  test('a port in use: exit 1', async () => {
    const result = await script(['up', '--dev', '--port', String(port)], { TURNPIKE_HOME: join(home.path, 'refused') })
    expect(result).toMatchObject({ code: 1, json: refusal('node/address_in_use') })
  })

  test.for([402_402, 84_532, 1])('T191 chain id %i is not for a chain without --dev', async (chainId) => {
    const file = join(home.path, `${chainId}.json`)
    writeFileSync(
      file,
      JSON.stringify({ format: 1, chainId, operator: owner, tollAccount: owner, assets: [], params: {} }),
    )
    const result = await script(['up', '--genesis', file, '--port', '0'], {
      TURNPIKE_HOME: join(home.path, `chain${chainId}`),
    })
    expect(result).toMatchObject({ code: 1, json: refusal('node/chain_id') })
  })
})

describe('turnpike agent', () => {
  const agentKey = generatePrivateKey()

  test('create answers with agent, owner, key, keystore, funding and operation', async () => {
    const created = await script(
      ['agent', 'create', 'shopper', '--per-call', '0.05', '--per-day', '5', '--lifetime', '20'],
      {
        TURNPIKE_AGENT_KEY: agentKey,
      },
    )
    expect(created).toEqual({
      code: 0,
      json: {
        agent: address,
        owner,
        key: privateKeyAccount(agentKey).address,
        keystore: null,
        funding: 'self',
        operation: hash,
      },
      lines: 1,
      errors: '',
    })
    const { json } = await script(['agent', 'policy', 'shopper'])
    expect(json).toMatchObject({
      status: 'active',
      caps: [
        { id: 'payment', per: 'payment', maxAmount: '50000' },
        { id: 'day', per: 'rolling', maxAmount: '5000000', remaining: '5000000' },
        { id: 'life', per: 'lifetime', maxAmount: '20000000', remaining: '20000000' },
      ],
    })
  })

  test('the same name again: exit 1, accounts/agent_exists', async () => {
    const again = await script(['agent', 'create', 'shopper'], { TURNPIKE_AGENT_KEY: generatePrivateKey() })
    expect(again).toMatchObject({ code: 1, json: refusal('accounts/agent_exists') })
  })

  test('T175 a key elsewhere: the hint is the typed data that it signs, and its proof makes the agent', async () => {
    const device = privateKeyToAccount(generatePrivateKey())
    const create = ['agent', 'create', 'device', '--key', device.address]
    const asked = await script(create)
    expect(asked).toMatchObject({ code: 1, json: refusal('accounts/key_unproven') })
    const { hint } = (asked.json as { readonly error: { readonly hint: string } }).error
    const typed = JSON.parse(hint.slice(hint.indexOf('{'))) as Parameters<typeof device.signTypedData>[0]
    const proof = await device.signTypedData(typed)
    expect(await script([...create, '--key-proof', proof])).toMatchObject({
      code: 0,
      json: { key: device.address.toLowerCase(), keystore: null },
    })
    const stolen = await script(['agent', 'create', 'other', '--key', device.address, '--key-proof', proof])
    expect(stolen).toMatchObject({ code: 1, json: refusal('accounts/key_unproven') })
  })

  test('without caps the default policy; a file excludes the flags: exit 2', async () => {
    await script(['agent', 'create', 'plain'], { TURNPIKE_AGENT_KEY: generatePrivateKey() })
    const { json } = await script(['agent', 'policy', 'plain'])
    const amounts = (json as { readonly caps: readonly { readonly maxAmount: string }[] }).caps.map(
      ({ maxAmount }) => maxAmount,
    )
    expect(amounts).toEqual(['100000', '1000000', '5000000', '50000000'])
    const both = await script([
      'agent',
      'create',
      'both',
      '--lifetime',
      '1',
      '--policy',
      join(home.path, 'policy.json'),
    ])
    expect(both).toMatchObject({ code: 2, json: refusal('cli/usage') })
  })

  test('policy with a file tightens when it is tighter, else proposes, and says which', async () => {
    const cap = {
      scope: { kind: 'all' },
      denom: { currency: 'USD' },
      onBreach: 'deny',
      id: 'life',
      per: { kind: 'lifetime' },
    }
    const day = { ...cap, id: 'day', per: { kind: 'rolling', windowMs: 86_400_000, buckets: 96 }, maxAmount: '5000000' }
    const call = { ...cap, id: 'payment', per: { kind: 'payment' }, maxAmount: '50000' }
    const change = async (maxAmount: string): Promise<Answer> => {
      const file = join(home.path, 'policy.json')
      writeFileSync(file, JSON.stringify({ caps: [call, day, { ...cap, maxAmount }] }))
      return script(['agent', 'policy', 'shopper', '--policy', file])
    }
    expect(await change('1000000')).toMatchObject({ code: 0, json: { change: 'tightened', operation: hash } })
    expect(await change('2000000')).toMatchObject({ code: 0, json: { change: 'proposed', operation: hash } })
  })

  test('freeze says which holds can still settle; unfreeze; sweep takes the money back', async () => {
    const { json } = await script(['agent', 'policy', 'shopper'])
    const { account } = json as { readonly account: string }
    await books.fund(account, 1_000_000n)
    const key = { key: Buffer.from(agentKey.slice(2), 'hex'), address: privateKeyToAccount(agentKey).address }
    const validBefore = Math.floor(Date.now() / 1_000) + 300
    const payee = createPayee('commands', 0)
    const [payment] = createPayments({ count: 1, payers: [key], payees: [payee], value: 7n, run: 'hold', validBefore })
    const { body } = await books.post('/x402/verify', JSON.parse(payment?.body ?? ''))
    expect(body).toMatchObject({ isValid: true })
    expect(await script(['agent', 'freeze', 'shopper'])).toMatchObject({
      code: 0,
      json: { agent: account, operation: hash, holds: [{ payee: payee.toLowerCase(), amount: '7' }] },
    })
    expect(await script(['agent', 'unfreeze', account])).toMatchObject({
      code: 0,
      json: { agent: account, operation: hash },
    })
    const before = await books.balanceOf(owner)
    expect(await script(['agent', 'sweep', 'shopper'])).toMatchObject({ code: 0, json: { operation: hash } })
    expect(await books.balanceOf(owner)).toBe(before + 1_000_000n - 7n)
    expect(await books.lockedOf(account)).toBe(7n)
  })

  test('somebody else’s agent is not theirs: exit 1, accounts/not_yours', async () => {
    const { json } = await script(['agent', 'policy', 'shopper'])
    const { account } = json as { readonly account: string }
    const stranger = generatePrivateKey()
    await books.fund(privateKeyAccount(stranger).address, 1_000_000n)
    const result = await script(['agent', 'freeze', account], { TURNPIKE_OWNER_KEY: stranger })
    expect(result).toMatchObject({ code: 1, json: refusal('accounts/not_yours') })
  })
})

describe('every command', () => {
  const commands = [
    'up',
    'demo',
    'wallet create',
    'wallet show',
    'wallet fund',
    'wallet send',
    'agent create',
    'agent policy',
    'agent freeze',
    'agent unfreeze',
    'agent sweep',
    'status',
    'receipts',
    'doctor',
  ]

  test('is listed by --help, and explains itself with exit code 0', async () => {
    const { code, out } = await runTurnpike(['--help'])
    expect(code).toBe(0)
    for (const command of commands) expect(out).toContain(`\n  ${command} `)
    for (const command of commands) {
      const help = await runTurnpike([...command.split(' '), '--help'])
      expect([command, help.code, help.errors]).toEqual([command, 0, ''])
      expect(help.out).toMatch(new RegExp(`^turnpike ${command} .*\n.+\\.\n[^]*--json .*\n *--help `))
    }
  })

  test.for([['sandbox'], ['export'], ['import'], ['nonsense']])('%s is not there yet: exit 2', async ([command]) => {
    expect(await script([command!])).toMatchObject({ code: 2, json: refusal('cli/usage') })
  })

  test('a node that is not there: exit 1, with a hint', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`
    expect(await script(['status'], { TURNPIKE_URL: url })).toMatchObject({ code: 1, json: refusal('sdk/unreachable') })
  })

  test('T96 a keystore is made for its owner alone, and refused when others can read it', async () => {
    const keys = join(home.path, 'scripts')
    mkdirSync(keys, { recursive: true })
    const made = await script(['wallet', 'create', 'savings'], { TURNPIKE_PASSWORD: 'correct horse' })
    expect(made).toMatchObject({ code: 0, json: { address, keystore: text } })
    const { keystore } = made.json as { readonly keystore: string }
    expect(statSync(keystore).mode & 0o777).toBe(0o600)
    expect(await script(['wallet', 'show', 'savings'])).toMatchObject({ code: 0 })
    chmodSync(keystore, 0o644)
    const send = ['wallet', 'send', owner, '1', '--owner', 'savings']
    const refused = await script(send, { TURNPIKE_OWNER_KEY: '', TURNPIKE_PASSWORD: 'correct horse' })
    expect(refused).toMatchObject({ code: 1, json: { error: { code: 'keystore/readable_by_others' } } })
  })
})
