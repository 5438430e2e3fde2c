// The main job, once from end to end: real node, official server, official client, in a new directory; then a second start.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { begin, call, callJson } from '../surroundings.fixture.ts'

let home: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'turnpike-demo-'))
})

afterAll(async () => rm(home, { recursive: true }))

const argv = ['demo', '--port', '0', '--seconds', '0']

it('buys 25 answers for a quarter of a dollar until the ledger refuses, and a second start does so again on the same chain', async () => {
  const environment = { TURNPIKE_HOME: home }
  const first = await callJson([...argv, '--once'], environment)
  expect(first).toMatchObject({
    exitCode: 0,
    json: {
      purchases: 25,
      spent: '250000',
      toll: '250',
      left: '750000',
      reason: 'policy_denied',
      refusal: { code: 'policy/cap_lifetime' },
      agent: { name: 'demo-1' },
    },
  })
  const second = await callJson([...argv, '--once'], environment)
  expect(second).toMatchObject({
    exitCode: 0,
    json: { purchases: 25, agent: { name: 'demo-2' }, owner: first.json['owner'], seller: first.json['seller'] },
  })

  const node = begin(['up', '--dev', '--port', '0', '--json'], environment)
  const { url } = JSON.parse(await node.firstLine) as { readonly url: string }
  const around = { ...environment, TURNPIKE_URL: url }
  const shown = async (account: string): Promise<unknown> =>
    (await callJson(['wallet', 'show', account], around)).json['balances']
  expect(await shown('seller')).toMatchObject([{ symbol: 'pUSD', available: '0.4995' }, { available: '0.00' }])
  expect(await shown('demo-1')).toMatchObject([{ available: '0.75', locked: '0.00' }, {}])
  const { json } = await callJson(['receipts', 'seller', '--limit', '200'], around)
  const amounts = (json['payments'] as readonly { readonly amount: string; readonly toll: string }[]).map(
    ({ amount, toll }) => `${amount}/${toll}`,
  )
  expect(amounts).toEqual(Array<string>(50).fill('10000/10'))
  // The command that the terminal prints for the owner works as printed: no password is asked for.
  expect((await call(['agent', 'policy', 'demo-1'], around)).stdout).toContain('0.00 of 0.25 left')
  node.signal()
  expect((await node.ended).exitCode).toBe(0)
  expect((await callJson(['doctor'], environment)).json).toMatchObject({ ok: true })
})

it('tells the story in a few lines, and stays up until it is stopped', async () => {
  const running = begin(argv, { TURNPIKE_HOME: home })
  const url = /http:\S+?:\d+/.exec(await running.firstLine)![0]
  const deadline = AbortSignal.timeout(60_000)
  while (!running.printed().includes('stays up') && !deadline.aborted)
    await new Promise((resolve) => setImmediate(resolve))
  const health = await fetch(`${url}/health`)
  expect(await health.json()).toMatchObject({ status: 'ok' })
  running.signal()
  const { exitCode, stdout, stderr } = await running.ended
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(12)
  expect(stdout).toContain('It bought 25 answers for 0.25 pUSD')
  expect(stdout).toContain(
    'cap "life" has 0.00 of 0.25 USD left. The ledger said policy/cap_lifetime, and the seller learned only policy_denied.',
  )
  expect(stdout).toMatch(/the agent {4}http:\/\/127\.0\.0\.1:\d+\/agent\/0x[0-9a-f]{40}/)
})

it('exits with 1 when it is stopped before the refusal came', async () => {
  const running = begin(['demo', '--port', '0', '--seconds', '1000', '--once'], { TURNPIKE_HOME: home })
  await running.firstLine
  running.signal()
  expect((await running.ended).exitCode).toBe(1)
})
