// From samples to medians and from medians to a page: the arithmetic and the words of the settle benchmark.
import type { LoadResult } from './load.ts'
import { renderTable } from './report.ts'
import { median } from './unit.ts'

/** The servers that are compared; `http` only says yes. */
export type SideName = 'turnpike' | 'baseline' | 'http'

/** One measurement: a side, a mode, a level, and R at that moment. */
export type Sample = LoadResult & {
  readonly side: SideName
  readonly mode: 'settle' | 'verify+settle'
  readonly inFlight: number
  readonly recoverUs: number
}

/** Medians over the rounds for one side, mode and level. */
export type Row = {
  readonly side: SideName
  readonly mode: 'settle' | 'verify+settle'
  readonly inFlight: number
  readonly perSecond: number
  readonly latencyMs: LoadResult['latencyMs']
  readonly serverCpuUs: number
  /** CPU of the server for one payment in units of R. */
  readonly serverCpuR: number
  readonly clientCpuUs: number
  /** Payments that failed, over all rounds. */
  readonly failed: number
}

/** What a run measured. The load averages are those of one minute. */
export type Measured = {
  readonly samples: readonly Sample[]
  readonly durableWritesMs: readonly number[]
  readonly rounds: number
  readonly loadBefore: number
  readonly loadAfter: number
}

/** What a run comes to. */
export type Summary = {
  readonly rounds: number
  readonly recoverUs: number
  readonly durableWriteMs: number
  readonly loadBefore: number
  readonly loadAfter: number
  readonly rows: readonly Row[]
}

function summarizeRow(samples: readonly [Sample, ...Sample[]]): Row {
  const { side, mode, inFlight } = samples[0]
  const middle = (figure: (sample: Sample) => number): number => median(samples.map(figure))
  const failed = samples.flatMap((sample) => Object.values(sample.errors)).reduce((sum, count) => sum + count, 0)
  return {
    side,
    mode,
    inFlight,
    failed,
    perSecond: middle((sample) => sample.perSecond),
    latencyMs: {
      p50: middle((sample) => sample.latencyMs.p50),
      p90: middle((sample) => sample.latencyMs.p90),
      p99: middle((sample) => sample.latencyMs.p99),
      p999: middle((sample) => sample.latencyMs.p999),
    },
    serverCpuUs: middle((sample) => sample.serverCpuUs),
    serverCpuR: middle((sample) => sample.serverCpuUs / sample.recoverUs),
    clientCpuUs: middle((sample) => sample.clientCpuUs),
  }
}

/** Takes the median of every figure over the rounds. */
export function summarize({ samples, durableWritesMs, ...rest }: Measured): Summary {
  const groups = Map.groupBy(samples, ({ side, mode, inFlight }) => `${mode} ${inFlight} ${side}`)
  return {
    ...rest,
    recoverUs: median(samples.map((sample) => sample.recoverUs)),
    durableWriteMs: median(durableWritesMs),
    rows: [...groups.values()].map((group) => summarizeRow(group as [Sample, ...Sample[]])),
  }
}

function findPeer(rows: readonly Row[], row: Row): Row | undefined {
  return rows.find((other) => other.side === 'baseline' && other.mode === row.mode && other.inFlight === row.inFlight)
}

function renderRow(rows: readonly Row[], row: Row): string[] {
  const { mode, inFlight, side, perSecond, latencyMs, serverCpuUs, serverCpuR, failed } = row
  const baseline = side === 'turnpike' ? findPeer(rows, row) : undefined
  const ratio = baseline === undefined ? '' : (perSecond / baseline.perSecond).toFixed(2)
  const latencies = [latencyMs.p50, latencyMs.p90, latencyMs.p99, latencyMs.p999].map((ms) => ms.toFixed(2))
  return [
    `${mode}, ${inFlight} in flight, ${side}`,
    perSecond.toFixed(0),
    ratio,
    ...latencies,
    serverCpuUs.toFixed(0),
    serverCpuR.toFixed(2),
    String(failed),
  ]
}

type Target = { readonly promise: string; readonly figure: string; readonly isMet: boolean }

/** What the project promises of this benchmark, and how near it came. Empty when Turnpike was not measured. */
function judgeTargets({ rows, recoverUs, durableWriteMs }: Summary): Target[] {
  const ours = rows.filter((row) => row.side === 'turnpike')
  const cpu = (['settle', 'verify+settle'] as const).flatMap((mode) => {
    const ratios = ours.filter((row) => row.mode === mode).map((row) => row.serverCpuR)
    if (ratios.length === 0) return []
    const most = mode === 'settle' ? 3 : 4
    const [best, worst] = [Math.min(...ratios), Math.max(...ratios)]
    const figure = `${best.toFixed(2)} to ${worst.toFixed(2)} R over the levels`
    return { promise: `${mode}: at most ${most} R of CPU at every level`, figure, isMet: worst <= most }
  })
  const faster = ours.flatMap((row) => {
    const peer = findPeer(rows, row)
    return peer === undefined ? [] : row.perSecond / peer.perSecond
  })
  const throughput = {
    promise: 'at least the throughput of the baseline at every level',
    figure: `${Math.min(...faster).toFixed(2)} to ${Math.max(...faster).toFixed(2)} times`,
    isMet: Math.min(...faster) >= 1,
  }
  const alone = ours.find((row) => row.mode === 'settle' && row.inFlight === 1)
  const mostMs = 3 * durableWriteMs + (2 * recoverUs) / 1_000
  const latency = alone && {
    promise: `settle, one in flight: p50 at most 3 durable writes + 2 R = ${mostMs.toFixed(2)} ms`,
    figure: `${alone.latencyMs.p50.toFixed(2)} ms`,
    isMet: alone.latencyMs.p50 <= mostMs,
  }
  return [...cpu, ...(faster.length > 0 ? [throughput] : []), ...(latency ? [latency] : [])]
}

/** The section of the benchmarks page. */
export function renderSettle(summary: Summary, machine: string): string {
  const { rounds, recoverUs, durableWriteMs, rows, loadBefore, loadAfter } = summary
  const load = [loadBefore, loadAfter].map((average) => average.toFixed(2))
  const head = ['', 'payments/s', 'x baseline', 'p50 ms', 'p90', 'p99', 'p99.9', 'CPU us', 'CPU in R', 'failed']
  const targets = judgeTargets(summary)
  return [
    '## Settle over HTTP',
    `Pre-signed EIP-3009 payments of 256 payers over keep-alive HTTP, load generator in its own process on the same machine.
Medians of ${rounds} rounds in which the sides take turns. CPU is that of the server process, all threads, user and system, for one
payment, work left for later included. The baseline (\`bench/peers/baseline.ts\`) is Express, SQLite and native recovery: durable
and idempotent, without policy, holds, history or receipts; \`bench/peers/baseline.test.ts\` kills it under load first. HTTP alone
(\`bench/peers/okay.ts\`) parses the request on the node's own server library and says yes.`,
    `R = ${recoverUs.toFixed(1)} us. One durable write of 1 KB = ${durableWriteMs.toFixed(2)} ms. Load average (1 min) ${load.join(' before, ')} after.
${machine}.`,
    renderTable(
      head,
      rows.map((row) => renderRow(rows, row)),
    ),
    ...(targets.length === 0
      ? []
      : [
          renderTable(
            ['promise', 'measured', 'met'],
            targets.map(({ promise, figure, isMet }) => [promise, figure, isMet ? 'yes' : 'no']),
          ),
        ]),
  ].join('\n\n')
}
