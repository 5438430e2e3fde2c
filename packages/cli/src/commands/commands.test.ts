// The commands against a node that one of them runs: answers, exit codes, and what moved.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { privateKeyToAccount } from 'viem/accounts'
import { createConfig } from '@turnpike/node'
import { generatePrivateKey } from '@turnpike/sdk'
import { homeOf } from '../remote.ts'
import { begin, call, callJson, type Calling } from '../surroundings.fixture.ts'

let home: string
let node: Calling
let ready: Record<string, unknown>
let environment: Record<string, string>

async function startUp(): Promise<void> {
  node = begin(['up', '--dev', '--port', '0', '--json'], { TURNPIKE_HOME: home, TURNPIKE_LOG_LEVEL: 'error' })
  ready = JSON.parse(await node.firstLine) as Record<string, unknown>
  environment = { TURNPIKE_HOME: home, TURNPIKE_URL: String(ready['url']), TURNPIKE_OWNER_KEY: ownerKey }
}

const ownerKey = generatePrivateKey()
const owner = privateKeyToAccount(ownerKey).address.toLowerCase()

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'turnpike-cli-'))
  await startUp()
})

afterAll(async () => {
  node.signal()
  await node.ended
  await rm(home, { recursive: true })
})

const balanceOf = async (account: string): Promise<unknown> => {
  const { json } = await callJson(['wallet', 'show', account], environment)
  return (json['balances'] as { symbol: string; available: string }[])[0]
}

describe('up', () => {
  it('says in its first line, as promised, that requests are accepted', async () => {
    expect(Object.keys(ready)).toEqual(['ready', 'url', 'chainId', 'engine', 'height', 'pid'])
    expect(ready).toMatchObject({ ready: true, chainId: 402402, engine: 'embedded', height: 0, pid: process.pid })
    expect(await callJson(['status'], environment)).toMatchObject({
      exitCode: 0,
      json: { status: 'ok', chainId: 402402 },
    })
  })

  it('does not start twice on one directory, on a port that is taken, or a development chain in public', async () => {
    expect(await callJson(['up', '--dev', '--port', '0'], environment)).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'node/locked' } },
    })
    const other = await mkdtemp(join(tmpdir(), 'turnpike-cli-'))
    const port = new URL(String(ready['url'])).port
    expect(await callJson(['up', '--dev', '--port', port, '--home', other])).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'node/address_in_use' } },
    })
    expect(await callJson(['up', '--dev', '--host', '0.0.0.0', '--home', other])).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'node/config' } },
    })
    expect((await call(['up', '--port', 'x', '--home', other])).exitCode).toBe(2)
    await rm(other, { recursive: true })
  })

  it('needs a genesis document without --dev', async () => {
    const other = await mkdtemp(join(tmpdir(), 'turnpike-cli-'))
    const { exitCode, json } = await callJson(['up', '--port', '0', '--home', other])
    expect(exitCode).toBe(1)
    expect(json).toMatchObject({ error: { hint: expect.stringContaining('--dev') as string } })
    await rm(other, { recursive: true })
  })
})

test('the commands look where a node keeps its data, unless both are told', () => {
  expect(homeOf({ flags: {} })).toBe(createConfig({ dev: true }, {}).home)
})

describe('wallet', () => {
  it('funds, shows and sends in whole units', async () => {
    const funded = await callJson(['wallet', 'fund', owner, '--amount', '2.50'], environment)
    expect(funded).toMatchObject({ exitCode: 0, json: { balance: '2500000', asset: 'pUSD' } })
    const { json } = await callJson(['wallet', 'create', 'friend', '--no-password'], environment)
    expect(await callJson(['wallet', 'send', 'friend', '0.75'], environment)).toMatchObject({
      exitCode: 0,
      json: { amount: '750000', to: json['address'] },
    })
    expect(await balanceOf('friend')).toMatchObject({ symbol: 'pUSD', available: '0.75' })
    expect(await balanceOf(owner)).toMatchObject({ available: '1.75' })
    const refused = await callJson(['wallet', 'send', 'friend', '2'], environment)
    expect(refused).toMatchObject({ exitCode: 1, json: { error: { code: 'bank/balance', retry: 'later' } } })
    expect((await call(['wallet', 'send', 'friend', '1e3'], environment)).stderr).toContain('sdk/amount_invalid')
    const history = await callJson(['receipts', 'friend'], environment)
    expect(history.exitCode).toBe(0)
  })

  it('names what it cannot find', async () => {
    expect(await callJson(['wallet', 'show', 'nobody'], environment)).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'keystore/not_found' } },
    })
    const away = { ...environment, TURNPIKE_URL: 'http://127.0.0.1:1' }
    expect(await callJson(['status'], away)).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'sdk/unreachable' } },
    })
    expect(await callJson(['receipts', `0x${'00'.repeat(32)}`], environment)).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'gateway/no_receipt' } },
    })
  })
})

describe('agent', () => {
  beforeAll(async () => {
    await call(['wallet', 'fund', owner, '--amount', '5'], environment)
  })

  it('is created with exactly the caps of its flags and a key of its own', async () => {
    const { exitCode, json } = await callJson(
      ['agent', 'create', 'one', '--per-call', '0.05', '--lifetime', '20', '--no-password'],
      environment,
    )
    expect(exitCode).toBe(0)
    expect(Object.keys(json)).toEqual(['agent', 'owner', 'key', 'keystore', 'funding', 'operation'])
    expect(json).toMatchObject({ owner, funding: 'self', keystore: join(home, 'keys', 'one.json') })
    const shown = await callJson(['agent', 'policy', 'one'], environment)
    expect(shown.json).toMatchObject({
      account: json['agent'],
      status: 'active',
      caps: [
        { id: 'payment', maxAmount: '50000' },
        { id: 'life', maxAmount: '20000000' },
      ],
    })
    expect((await call(['agent', 'policy', 'one'], environment)).stdout).toContain(
      'Cap payment: at most 0.05 USD in one payment.',
    )
    const again = await callJson(['agent', 'create', 'one'], environment)
    expect(again).toMatchObject({ exitCode: 1, json: { error: { code: 'accounts/agent_exists' } } })
    const receipt = await callJson(['receipts', String(json['operation'])], environment)
    expect(receipt.json).toMatchObject({ receipt: { type: 'policy/createAgent' } })
  })

  it('has the default policy when nothing is said', async () => {
    await callJson(['agent', 'create', 'two', '--no-password'], environment)
    const { json } = await callJson(['agent', 'policy', 'two'], environment)
    expect((json['caps'] as { id: string }[]).map(({ id }) => id)).toEqual(['payment', 'hour', 'day', 'life'])
  })

  it('takes the key of TURNPIKE_AGENT_KEY, of a keystore, or an address with its proof', async () => {
    const key = privateKeyToAccount(generatePrivateKey())
    const variable = generatePrivateKey()
    const byVariable = await callJson(['agent', 'create', 'three'], { ...environment, TURNPIKE_AGENT_KEY: variable })
    expect(byVariable.json).toMatchObject({ key: privateKeyToAccount(variable).address.toLowerCase(), keystore: null })
    const { json: kept } = await callJson(['wallet', 'create', 'payer', '--no-password'], environment)
    expect((await callJson(['agent', 'create', 'four', '--key', 'payer'], environment)).json).toMatchObject({
      key: kept['address'],
    })
    const unproven = await callJson(['agent', 'create', 'five', '--key', key.address], environment)
    expect(unproven).toMatchObject({ exitCode: 1, json: { error: { code: 'accounts/key_unproven' } } })
    const { hint } = unproven.json['error'] as { readonly hint: string }
    const data = JSON.parse(hint.slice(hint.indexOf('{'))) as Parameters<typeof key.signTypedData>[0]
    const proof = await key.signTypedData(data)
    expect(
      (await callJson(['agent', 'create', 'five', '--key', key.address, '--key-proof', proof], environment)).json,
    ).toMatchObject({ key: key.address.toLowerCase() })
    const stranger = await privateKeyToAccount(generatePrivateKey()).signTypedData(data)
    const forged = ['agent', 'create', 'six', '--key', key.address, '--key-proof', stranger]
    expect(await callJson(forged, environment)).toMatchObject({ exitCode: 1 })
  })

  it('has a file exclude the caps, and names the field that is wrong in it', async () => {
    const file = join(home, 'policy.json')
    await writeFile(file, '{"caps":[],"origins":{}}')
    expect((await call(['agent', 'create', 'seven', '--policy', file, '--per-day', '1'], environment)).exitCode).toBe(2)
    const { json, exitCode } = await callJson(
      ['agent', 'create', 'seven', '--policy', file, '--no-password'],
      environment,
    )
    expect({ json, exitCode }).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'policy/policy_invalid', message: expect.stringContaining('origins') as string } },
    })
    expect(
      (await call(['agent', 'create', 'seven', '--policy', join(home, 'missing.json')], environment)).exitCode,
    ).toBe(2)
  })

  it('is tightened at once and loosened after the delay of its policy', async () => {
    const [tight, wide] = [join(home, 'tight.json'), join(home, 'wide.json')]
    const cap = {
      id: 'life',
      scope: { kind: 'all' },
      denom: { currency: 'USD' },
      per: { kind: 'lifetime' },
      onBreach: 'deny',
    }
    await writeFile(
      tight,
      JSON.stringify({ caps: [{ ...cap, maxAmount: '1000000' }], change: { loosenDelayMs: 3_600_000 } }),
    )
    await writeFile(wide, JSON.stringify({ caps: [{ ...cap, maxAmount: '9000000' }], change: { loosenDelayMs: 0 } }))
    await callJson(['agent', 'create', 'eight', '--lifetime', '2', '--no-password'], environment)
    expect((await callJson(['agent', 'policy', 'eight', '--policy', tight], environment)).json).toMatchObject({
      change: 'tightened',
      loosens: null,
    })
    const proposed = await callJson(['agent', 'policy', 'eight', '--policy', wide], environment)
    expect(proposed.json).toMatchObject({ change: 'proposed' })
    const shown = await callJson(['agent', 'policy', 'eight'], environment)
    expect(shown.json).toMatchObject({
      caps: [{ maxAmount: '1000000' }],
      pending: { effectiveAtMs: proposed.json['effectiveAt'] },
    })
  })

  it('is frozen, unfrozen and swept, by its name or its address', async () => {
    const { json } = await callJson(['agent', 'create', 'nine', '--lifetime', '1', '--no-password'], environment)
    const agent = String(json['agent'])
    await callJson(['wallet', 'send', agent, '0.40'], environment)
    expect((await call(['agent', 'freeze', 'nine'], environment)).stdout).toContain('Nothing can leave it any more.')
    expect((await callJson(['agent', 'policy', agent], environment)).json).toMatchObject({ status: 'frozen' })
    expect(await callJson(['agent', 'sweep', agent, '--amount', '0.15'], environment)).toMatchObject({
      exitCode: 0,
      json: { amount: '150000' },
    })
    expect((await call(['agent', 'unfreeze', agent], environment)).exitCode).toBe(0)
    expect((await callJson(['agent', 'sweep', 'nine'], environment)).json).toMatchObject({ amount: '250000' })
    expect(await balanceOf(agent)).toMatchObject({ available: '0.00' })
    const stranger = { ...environment, TURNPIKE_OWNER_KEY: generatePrivateKey() }
    expect((await callJson(['agent', 'freeze', agent], stranger)).json).toMatchObject({
      error: { code: 'accounts/unknown_account' },
    })
  })
})

describe('doctor', () => {
  it('does not examine a node that runs, finds all well on a stopped one, and the node goes on after it', async () => {
    expect(await callJson(['doctor'], environment)).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'node/locked' } },
    })
    const before = await balanceOf(owner)
    node.signal()
    expect((await node.ended).exitCode).toBe(0)
    expect(await callJson(['doctor'], environment)).toMatchObject({ exitCode: 0, json: { ok: true, violations: [] } })
    expect((await callJson(['doctor', '--home', join(home, 'keys')], environment)).exitCode).toBe(2)
    await startUp()
    expect(await balanceOf(owner)).toEqual(before)
  })
})
