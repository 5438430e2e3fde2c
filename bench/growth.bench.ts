// How the cost of a payment in the core grows with the number of accounts. `--quick`: up to 100,000, nothing written.
import { spawnSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describeMachine, renderTable, writeSection } from './report.ts'

const isQuick = process.argv.includes('--quick')
const sizes = isQuick ? [10_000, 100_000] : [10_000, 1_000_000, 10_000_000]
const promised = 1.3

type Measured = {
  readonly accounts: number
  readonly perAccount: number
  readonly recoverUs: number
  readonly us: number
}

function measure(accounts: number): Measured {
  const core = fileURLToPath(new URL('./core.bench.ts', import.meta.url))
  const args = [...process.execArgv, core, '--json', '--quick', '--accounts', String(accounts)]
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.status !== 0) throw new Error(`the benchmark of the core ended with ${child.status ?? child.signal}`)
  const measured = JSON.parse(child.stdout) as Measured
  console.log(`  ${accounts.toLocaleString('en')} accounts: ${measured.us.toFixed(2)} us`)
  return measured
}

const all = sizes.map(measure)
const first = all[0]!
const rows = all.map(({ accounts, us, recoverUs, perAccount }) => [
  accounts.toLocaleString('en'),
  us.toFixed(2),
  (us / recoverUs).toFixed(3),
  (us / recoverUs / (first.us / first.recoverUs)).toFixed(2),
  perAccount.toFixed(0),
])
const times = all.at(-1)!.us / all.at(-1)!.recoverUs / (first.us / first.recoverUs)
const load = loadavg()
  .map((average) => average.toFixed(2))
  .join(' ')
const table = renderTable(['accounts', 'us of CPU a payment', 'R', 'times the first', 'bytes an account'], rows)
const markdown = `## Growth

A payment without policy in the core alone, 1,000 payers, payees drawn from all accounts, 50,000 payments a round, median of three
rounds; R is measured beside each. Promised: at most ${promised} times the first; measured: ${times.toFixed(2)}. Load average ${load}. ${describeMachine()}.

${table}`
console.log(`\n${markdown}`)
if (!isQuick) writeSection({ name: 'growth', markdown, figures: { all } })
