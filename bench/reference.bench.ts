// Verify and settle beside the reference facilitator on anvil, in turn, with the very same payments, each side at the level of
// concurrency that suits it best. `--quick`: one short round.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPayer } from './payments.ts'
import { describeLoad, describeMachine, renderTable, writeSection } from './report.ts'
import { runJob } from './runJob.ts'
import { fundAccounts, startReference, startTurnpike } from './server.ts'
import type { Server } from './server.ts'
import { median } from './unit.ts'

const isQuick = process.argv.includes('--quick')
const rounds = isQuick ? 1 : 3
const levels = [32, 128, 256]
const payers = 256
const seed = 'reference'
const fundAmount = 1_000_000_000n
const modes = ['verify', 'settle'] as const
const counts = { turnpike: isQuick ? 1_000 : 6_000, reference: isQuick ? 60 : 300 }
type SideName = keyof typeof counts
type Cell = {
  readonly side: SideName
  readonly mode: (typeof modes)[number]
  readonly inFlight: number
  readonly round: number
}

function measure(server: Server, { side, mode, inFlight, round }: Cell): void {
  const { perSecond } = runJob(server, {
    mode,
    inFlight,
    count: counts[side],
    warmup: Math.max(inFlight, Math.ceil(counts[side] / 4)),
    seed,
    payers,
    payees: 16,
    run: `${process.pid} ${side} ${mode} ${inFlight} ${round}`,
  })
  console.log(`  ${round + 1}/${rounds} ${mode} ${inFlight} ${side}: ${perSecond.toFixed(0)}/s`)
  if (round < 0) return
  const name = `${mode} ${inFlight} ${side}`
  figures.set(name, [...(figures.get(name) ?? []), perSecond])
}

const root = fileURLToPath(new URL('../.turnpike/', import.meta.url))
mkdirSync(root, { recursive: true })
const directory = mkdtempSync(join(root, 'bench-'))
const servers = new Map<SideName, Server>()
const figures = new Map<string, number[]>()
try {
  const turnpike = await startTurnpike(join(directory, 'turnpike'))
  servers.set('turnpike', turnpike)
  const accounts = Array.from({ length: payers }, (_, index) => createPayer(seed, index).address)
  await fundAccounts(turnpike, accounts, fundAmount)
  servers.set('reference', await startReference(seed, payers))
  // A server runs for days: nobody is measured while its code is still being compiled.
  for (let round = isQuick ? 0 : -1; round < rounds; round++) {
    for (const mode of modes) {
      for (const inFlight of levels) {
        for (const [side, server] of servers) measure(server, { side, mode, inFlight, round })
      }
    }
  }
} finally {
  for (const server of servers.values()) await server.stop()
  rmSync(directory, { recursive: true })
}

const promised = { verify: 20, settle: 40 }
const perSecondOf = (mode: string, inFlight: number, side: SideName): number =>
  median(figures.get(`${mode} ${inFlight} ${side}`)!)
const best = (mode: string, side: SideName): number =>
  Math.max(...levels.map((inFlight) => perSecondOf(mode, inFlight, side)))
const rows = modes.flatMap((mode) =>
  levels.map((inFlight) => {
    const [ours, theirs] = [perSecondOf(mode, inFlight, 'turnpike'), perSecondOf(mode, inFlight, 'reference')]
    return [mode, String(inFlight), ours.toFixed(0), theirs.toFixed(0), (ours / theirs).toFixed(0)]
  }),
)
const table = renderTable(['', 'in flight', 'Turnpike, calls/s', 'reference, calls/s', 'times'], rows)
const promises = modes.map((mode) => {
  const times = best(mode, 'turnpike') / best(mode, 'reference')
  return [mode, times.toFixed(1), String(promised[mode]), times >= promised[mode] ? 'yes' : 'no']
})
const kept = renderTable(['each at its best', 'times', 'promised', 'met'], promises)
const markdown = `## Beside the reference facilitator

The official facilitator (\`@x402/core\`, \`@x402/evm\`) over viem on anvil, which mines every transaction at once and keeps nothing on
disk, with the published EIP-3009 token (\`bench/peers/reference.ts\`); medians of ${rounds} alternating rounds. A verify of
ours is durable and holds the money; one of theirs only looks. Load average ${describeLoad()}. ${describeMachine()}.

${table}

${kept}`
console.log(`\n${markdown}`)
if (!isQuick) writeSection({ name: 'reference', markdown, figures: Object.fromEntries(figures) })
