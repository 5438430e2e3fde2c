// What a receipt leaves on the disk, part by part: ten thousand settled authorizations over HTTP, and then the node is stopped. The log
// is filled with zeros ahead of time: its records count. `--quick`: a thousand, nothing written.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPayer } from './payments.ts'
import { describeMachine, renderTable, writeSection } from './report.ts'
import { runJob } from './runJob.ts'
import { fundAccounts, startTurnpike } from './server.ts'

const isQuick = process.argv.includes('--quick')
const count = isQuick ? 1_000 : 10_000
const [seed, payers, inFlight] = ['disk', 64, 32]
const parts = {
  'receipts/': /^receipts\//,
  mmr: /^mmr$/,
  'history/bodies-…': /^history\/bodies-/,
  'history/history.db': /^history\/history\.db$/,
} as const

function bytesUnder(home: string, path: RegExp): number {
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => path.test(name))
  return files.reduce(
    (sum, name) => sum + (statSync(join(home, name)).isFile() ? statSync(join(home, name)).size : 0),
    0,
  )
}

/** The bytes of all records: each begins with its length, behind a head of 128 bytes. */
function logBytes(home: string): number {
  const bytes = readFileSync(join(home, 'log/00000001.log'))
  let at = 128
  while (bytes.readUInt32BE(at) > 0) at += bytes.readUInt32BE(at)
  return at
}

const root = fileURLToPath(new URL('../.turnpike/', import.meta.url))
mkdirSync(root, { recursive: true })
const home = mkdtempSync(join(root, 'bench-'))
const server = await startTurnpike(home)
try {
  const accounts = Array.from({ length: payers }, (_, index) => createPayer(seed, index).address)
  await fundAccounts(server, accounts, 1_000_000_000n)
  const { settled } = runJob(server, {
    mode: 'settle',
    inFlight,
    count,
    warmup: 0,
    seed,
    payers,
    payees: 16,
    run: String(process.pid),
  })
  if (settled < count) throw new Error(`${settled} of ${count} were settled`)
} finally {
  await server.stop()
}
const receipts = count + payers
const rows = Object.entries(parts).map(([name, path]): [string, number] => [name, bytesUnder(home, path) / receipts])
rows.push([`log/, ${inFlight} in flight`, logBytes(home) / receipts])
rmSync(home, { recursive: true })

const table = renderTable(
  ['part', 'bytes a receipt'],
  rows.map(([name, bytes]) => [name, bytes.toFixed(0)]),
)
const markdown = `## What a payment leaves on the disk

\`npm run bench -- disk\`: ${count.toLocaleString('en')} settled authorizations, the node stopped. ${describeMachine()}.

${table}`
console.log(`\n${markdown}`)
if (!isQuick) writeSection({ name: 'disk', markdown, figures: Object.fromEntries(rows) })
