// Settle, and verify + settle, over HTTP: Turnpike beside the baseline and beside HTTP alone, in turn, in units of R and of a
// durable write. `--quick` makes one short round and writes nothing; `--only turnpike|baseline|http` measures one side.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createPayer } from './payments.ts'
import { describeMachine, writeSection } from './report.ts'
import { runJob } from './runJob.ts'
import { fundAccounts, startBaseline, startOkay, startTurnpike } from './server.ts'
import type { Server } from './server.ts'
import { renderSettle, summarize } from './settleReport.ts'
import type { Sample, SideName } from './settleReport.ts'
import { measureDurableWriteMs, measureRecoverUs } from './unit.ts'

const payers = 256
const payees = 16
const seed = 'settle'
// A thousand dollars each, the most that one call of a development faucet gives.
const fundAmount = 1_000_000_000n
const modes = ['settle', 'verify+settle'] as const

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    'in-flight': { type: 'string', default: '1,8,32,128' },
  },
})
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 5))
const levels = flags['in-flight'].split(',').map(Number)
const all: readonly SideName[] = ['turnpike', 'baseline', 'http']
const sides = all.filter((side) => flags.only === undefined || flags.only === side)
const isFull = !flags.quick && flags.only === undefined && rounds >= 3 && levels.length === 4

function countFor(inFlight: number): number {
  const count = inFlight === 1 ? 2_000 : 8_000
  return flags.quick ? count / 8 : count
}

type Cell = {
  readonly side: SideName
  readonly mode: (typeof modes)[number]
  readonly inFlight: number
  readonly round: number
}

function measure(server: Server, { side, mode, inFlight, round }: Cell): Sample {
  const count = countFor(inFlight)
  const recoverBefore = measureRecoverUs()
  const result = runJob(server, {
    mode,
    inFlight,
    count,
    seed,
    payers,
    payees,
    warmup: Math.max(inFlight, Math.ceil(count / 8)),
    run: `${process.pid} ${side} ${mode} ${inFlight} ${round}`,
  })
  const errors = Object.entries(result.errors)
  if (errors.length > 0)
    console.log(`  errors of ${side}: ${errors.map(([reason, n]) => `${n} x ${reason}`).join(', ')}`)
  // Taken before and after, since neighbours on the machine come and go.
  return { side, mode, inFlight, recoverUs: (recoverBefore + measureRecoverUs()) / 2, ...result }
}

function startSide(side: SideName, directory: string): Promise<Server> {
  if (side === 'http') return startOkay()
  return side === 'turnpike'
    ? startTurnpike(join(directory, 'turnpike'))
    : startBaseline(join(directory, 'baseline.db'))
}

function measureRound(servers: ReadonlyMap<SideName, Server>, round: number): Sample[] {
  // Each side goes first in every other round, so that drift of the machine favours neither.
  const order = round % 2 === 0 ? sides : sides.toReversed()
  return modes.flatMap((mode) =>
    levels.flatMap((inFlight) =>
      order.map((side) => {
        const server = servers.get(side)
        if (server === undefined) throw new Error(`${side} was not started`)
        const sample = measure(server, { side, mode, inFlight, round })
        const cpu = (sample.serverCpuUs / sample.recoverUs).toFixed(2)
        console.log(`  ${round + 1}/${rounds} ${mode} ${inFlight} ${side}: ${sample.perSecond.toFixed(0)}/s, ${cpu} R`)
        return sample
      }),
    ),
  )
}

// Beside the checkout's own data and not in a temporary folder, which often is no disk at all.
const root = fileURLToPath(new URL('../.turnpike/', import.meta.url))
mkdirSync(root, { recursive: true })
const directory = mkdtempSync(join(root, 'bench-'))
const servers = new Map<SideName, Server>()
try {
  const [loadBefore = 0] = loadavg()
  const accounts = Array.from({ length: payers }, (_, index) => createPayer(seed, index).address)
  for (const side of sides) {
    const server = await startSide(side, directory)
    servers.set(side, server)
    if (side !== 'http') await fundAccounts(server, accounts, fundAmount)
  }
  // A server runs for days: nobody is measured while its code is still being compiled.
  if (!flags.quick)
    for (const side of sides)
      for (const mode of modes) measure(servers.get(side)!, { side, mode, inFlight: 32, round: -1 })
  const durableWritesMs: number[] = []
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    durableWritesMs.push(measureDurableWriteMs(directory))
    samples.push(...measureRound(servers, round))
  }
  const [loadAfter = 0] = loadavg()
  const summary = summarize({ samples, durableWritesMs, rounds, loadBefore, loadAfter })
  const markdown = renderSettle(summary, describeMachine())
  console.log(`\n${markdown}`)
  if (isFull) writeSection({ name: 'settle', markdown, figures: summary })
} finally {
  for (const server of servers.values()) await server.stop()
  rmSync(directory, { recursive: true })
}
