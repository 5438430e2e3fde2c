// How the cost of a payment in the core grows with the number of accounts. `--quick`: up to 100,000, nothing written.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describeLoad, describeMachine, renderTable, writeSection } from './report.ts'

const isQuick = process.argv.includes('--quick')
const sizes = isQuick ? [10_000, 100_000] : [10_000, 1_000_000, 10_000_000]
const promised = 1.3
/** Has the allocator ask for pages of 2 MiB: rows that no cache holds are found with fewer looks into the page table. */
const hugePages = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }

type Measured = {
  readonly accounts: number
  readonly perAccount: number
  readonly recoverUs: number
  readonly us: number
}

function measure(accounts: number, environment: { readonly [name: string]: string } = {}): Measured {
  const core = fileURLToPath(new URL('./core.bench.ts', import.meta.url))
  const args = [...process.execArgv, core, '--json', '--quick', '--accounts', String(accounts)]
  const child = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  })
  if (child.status !== 0) throw new Error(`the benchmark of the core ended with ${child.status ?? child.signal}`)
  const measured = JSON.parse(child.stdout) as Measured
  console.log(`  ${accounts.toLocaleString('en')} accounts: ${measured.us.toFixed(2)} us`)
  return measured
}

const all = sizes.map((accounts) => measure(accounts))
const first = all[0]!
const largest = all.at(-1)!
const huge = measure(largest.accounts, hugePages)
const inR = ({ us, recoverUs }: Measured): number => us / recoverUs
const ratioOf = (measured: Measured): number => inR(measured) / inR(first)
const rowOf = (measured: Measured, pages = ''): string[] => [
  `${measured.accounts.toLocaleString('en')}${pages}`,
  measured.us.toFixed(2),
  inR(measured).toFixed(3),
  ratioOf(measured).toFixed(2),
  measured.perAccount.toFixed(0),
]
const rows = [...all.map((measured) => rowOf(measured)), rowOf(huge, ', huge pages')]
const table = renderTable(['accounts', 'us of CPU a payment', 'R', 'times the first', 'bytes an account'], rows)
const markdown = `## Growth

A payment without policy in the core alone, 1,000 payers, payees drawn from all accounts, 50,000 payments a round, median of three
rounds; R is measured beside each. Promised: at most ${promised} times the first; measured: ${ratioOf(largest).toFixed(2)},
and ${ratioOf(huge).toFixed(2)} with \`GLIBC_TUNABLES=${hugePages.GLIBC_TUNABLES}\`. Load average ${describeLoad()}. ${describeMachine()}.

${table}`
console.log(`\n${markdown}`)
if (!isQuick) writeSection({ name: 'growth', markdown, figures: { all, huge } })
