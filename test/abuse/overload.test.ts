// Ten times what a node takes, for as long as OVERLOAD_SECONDS says (a few in CI, ten minutes by hand): it turns away what is too
// much, keeps answering whoever watches it, and of what it acknowledged nothing is lost or doubled, also when it is killed at the end.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPayee, createPayer } from '../../bench/payments.ts'
import { openBooks, readTollAccount } from '../processes/books.ts'
import { createHome, findFreePort, runTurnpike, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'
import type { FloodJob, FloodReport, FloodResult } from './flood.ts'

const seconds = Number(process.env['OVERLOAD_SECONDS'] ?? 5)
const concurrencyMax = Number(process.env['OVERLOAD_CONCURRENCY'] ?? 32)
/** So short by hand that the nonces of a long flood expire while it lasts. */
const lifetimeSeconds = Number(process.env['OVERLOAD_LIFETIME_SECONDS'] ?? 120)
const waitingMax = 1_000
/** Requests in flight for each that is worked on. Each that is turned away waits up to a second, so ten times the rate takes more of them, by hand. */
const times = Number(process.env['OVERLOAD_TIMES'] ?? 10)
const payers = 64
const value = 1_000n
const funds = 1_000_000_000n
const seed = 'overload'
const payee = createPayee(seed, 0)
const limitMs = 120_000 + seconds * 2_000
const settings = {
  TURNPIKE_CONCURRENCY_MAX: String(concurrencyMax),
  TURNPIKE_WAITING_MAX: String(waitingMax),
  // The whole crowd comes from here.
  TURNPIKE_CONNECTIONS_PER_SOURCE_MAX: '100000',
}

let home: ReturnType<typeof createHome>
let port: number
let node: NodeProcess

beforeEach(async () => {
  home = createHome()
  port = await findFreePort()
  node = await startTurnpike({ home: home.path, port, settings })
  const books = openBooks(node.url)
  const addresses = Array.from({ length: payers }, (_, index) => createPayer(seed, index).address)
  for (const address of addresses) await books.fund(address, funds)
  await books.close()
})

afterEach(async () => {
  await node.kill()
  home.remove()
})

/** What somebody who watches sees at one moment. */
type Sight = {
  readonly health: number
  readonly read: number
  readonly rssMb: number
  readonly inProgress: number
  readonly waiting: number
  readonly signatures: number
  /** Of all settles until now, 99 in a hundred took no longer within the node, by its own buckets. */
  readonly settleMs: number
}

function numberOf(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1])
}

/** The bucket of a histogram in which 99 in a hundred have ended, in ms. */
function bucketOf(metrics: string, name: string): number {
  const buckets = [...metrics.matchAll(new RegExp(`^${name}_bucket\\{.*le="([^"]+)"\\} (\\d+)`, 'gm'))]
  const all = Number(buckets.at(-1)?.[2])
  return Number(buckets.find(([, , count]) => Number(count) >= all * 0.99)?.[1]) * 1_000
}

/** Resident memory of the node; 0 where there is no /proc. */
function readRssMb(): number {
  const path = `/proc/${node.ready.pid}/status`
  return existsSync(path) ? Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(path, 'utf8'))?.[1]) / 1024 : 0
}

async function look(): Promise<Sight> {
  const authorization = `Bearer ${readFileSync(`${home.path}/operator.token`, 'utf8').trim()}`
  const params = ['bank/balance', { account: payee.toLowerCase(), asset: `0x${'74'.repeat(19)}01` }]
  const question = { jsonrpc: '2.0', id: 1, method: 'turnpike_query', params }
  const [health, metrics, read] = await Promise.all([
    fetch(`${node.url}/health`),
    fetch(`${node.url}/metrics`).then((answer) => answer.text()),
    fetch(`${node.url}/rpc`, { method: 'POST', headers: { authorization }, body: JSON.stringify(question) }),
  ])
  expect(await read.json()).toMatchObject({ result: { locked: '0' } })
  return {
    health: health.status,
    read: read.status,
    rssMb: Math.round(readRssMb()),
    inProgress: numberOf(metrics, 'turnpike_http_requests_in_progress'),
    waiting: numberOf(metrics, 'turnpike_operations_waiting'),
    signatures: numberOf(metrics, 'turnpike_signatures_waiting'),
    settleMs: bucketOf(metrics, 'turnpike_settle_seconds'),
  }
}

async function flood(job: FloodJob): Promise<{ readonly result: FloodResult; readonly sights: readonly Sight[] }> {
  const child = fork(fileURLToPath(new URL('./flood.ts', import.meta.url)), [JSON.stringify(job)])
  const looks: Promise<Sight>[] = []
  let result: FloodResult | undefined
  child.on('message', (report: FloodReport) => {
    if ('second' in report) looks.push(look())
    else result = report
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0 || result === undefined) throw new Error(`the flood ended with ${code}`)
  return { result, sights: await Promise.all(looks) }
}

async function expectBooks(settled: bigint): Promise<void> {
  const books = openBooks(node.url)
  const toll = (settled * value) / 1_000n
  expect(await books.balanceOf(payee)).toBe(settled * value - toll)
  expect(await books.balanceOf(readTollAccount(home.path))).toBe(toll)
  await books.close()
}

type Memory = {
  readonly quiet: number
  readonly curve: readonly number[]
  readonly connections: number
  /** Nonces that are alive at a time. */
  readonly live: number
}

/** Heaps of five threads and caches fill up to their bounds; beyond that, memory goes with connections and with live nonces. */
function expectFlat({ quiet, curve, connections, live }: Memory): void {
  expect(Math.max(...curve)).toBeLessThan(quiet + 450 + (connections * 50_000 + live * 1_000) / 1_048_576)
  if (seconds < 5 * lifetimeSeconds) return
  const [middle, end] = [1, 2].map((third) => curve.slice((curve.length * third) / 3, (curve.length * (third + 1)) / 3))
  expect(Math.max(...end!)).toBeLessThan(Math.max(...middle!) * 1.1)
}

test(
  'T152 T156 T162 ten times capacity is turned away with 503, and of what is acknowledged nothing is lost',
  async () => {
    const quiet = readRssMb()
    const inFlight = concurrencyMax * times
    const { result, sights } = await flood({
      url: node.url,
      seed,
      payers,
      payee,
      value: String(value),
      seconds,
      inFlight,
      lifetimeSeconds,
    })
    const curve = sights.map(({ rssMb }) => rssMb)
    const perSecond = Math.round(result.settled / seconds)
    const { p50, p99, max } = result.latencyMs
    process.stdout.write(
      `${seconds} s, ${inFlight} in flight at ${concurrencyMax}: offered ${Math.round(result.offered / seconds)}/s, ` +
        `acknowledged ${perSecond}/s, ${result.brokenOff} broken off, p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} max ${max.toFixed(1)} ms, p99 within the node below ${sights.at(-1)?.settleMs} ms; ` +
        `RSS ${Math.round(quiet)} then ${curve.filter((_, i) => i % Math.ceil(curve.length / 20) === 0).join(' ')} MB\n`,
    )
    // Killed at once: what was acknowledged is on the disk, and what was turned away was never looked at.
    await node.kill()
    node = await startTurnpike({ home: home.path, port, settings })
    await expectBooks(BigInt(result.settled))

    expect(result).toMatchObject({ others: {}, withoutRetryAfter: 0, transactions: result.settled })
    expect(result.settled).toBeGreaterThan(0)
    expect(result.turnedAway).toBeGreaterThan(0)
    const books = openBooks(node.url)
    const outcomes = async (sent: FloodResult['samples']['settled']): Promise<ReadonlySet<string>> =>
      new Set((await Promise.all(sent.map((one) => books.outcomeOf(one)))).map(({ status }) => status))
    expect(await outcomes(result.samples.settled)).toEqual(new Set(['settled']))
    if (result.samples.turnedAway.length > 0)
      expect(await outcomes(result.samples.turnedAway)).toEqual(new Set(['unknown']))
    await books.close()

    for (const sight of sights) {
      expect(sight).toMatchObject({ health: 200, read: 200 })
      expect(sight.inProgress).toBeLessThanOrEqual(concurrencyMax + 32)
      expect(sight.waiting).toBeLessThanOrEqual(waitingMax)
      expect(sight.signatures).toBeLessThanOrEqual(8_192)
    }
    expectFlat({ quiet, curve, connections: inFlight, live: Math.min(result.settled, perSecond * lifetimeSeconds) })

    await node.stop()
    expect(await runTurnpike(['doctor', '--home', home.path, '--json'])).toMatchObject({ code: 0 })
  },
  limitMs,
)
