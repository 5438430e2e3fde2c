// What runs have reached, and what they never have: messages, codes, faults, the ways by which a node comes back.
import { createChain, developmentModules } from '@turnpike/chain'
import { faultNames } from './node/faults.ts'

/** How often each thing came about. */
export type Coverage = Map<string, number>

/** Counts something once more. */
export function note(coverage: Coverage, name: string): void {
  coverage.set(name, (coverage.get(name) ?? 0) + 1)
}

const app = createChain(developmentModules)

/** Codes that no operation of a run meets, and who has them instead. */
const elsewhere: ReadonlySet<string> = new Set([
  'wire/not_found', // Questions.
  'wire/unsupported', // Nobody yet.
  'policy/no_policy', // Questions, and agents without a policy, of which there are none.
  'accounts/too_many_nonces', // Payers of 65,536 payments at a time: accounts/nonces.test.ts.
  'accounts/too_many_cancelled', // Payers who take 4,096 back, sixty a minute: payments/authorization.test.ts.
])

/** What a run of the core alone can reach: a receipt of each message, and each code with any message. */
function ofTheCore(reached: readonly string[]): readonly string[] {
  const messages = app.definitions.map(({ type }) => `${type}: receipt`).filter((name) => !reached.includes(name))
  const codes = [...app.codes.values()].map(({ code }) => code).filter((code) => !elsewhere.has(code))
  return [...messages, ...codes.filter((code) => !reached.some((name) => name.endsWith(`: ${code}`)))]
}

/** How a node comes back, by what its log says or by where it died. */
const recoveries: readonly (readonly [name: string, sign: RegExp])[] = [
  ['a torn record is cut off', /log warn: The last block was not finished/],
  ['a start beside a checkpoint', /starts: beside a checkpoint/],
  ['a damaged checkpoint is left aside', /log warn: A checkpoint cannot be used/],
  ['write sets that were kept carry a start on', /log info: The write sets that were kept carry/],
  ['write sets that are torn or damaged are left aside', /log warn: Write sets behind a checkpoint cannot be used/],
  ['a checkpoint is written', /log info: A checkpoint was written/],
  ['there is no room for a checkpoint', /log warn: There is no room on the disk for a checkpoint/],
  ['a start from the log alone', /starts: from the log alone/],
  ['history is built again', /fault: history is deleted|log warn: .*built again/],
  ['a clock that is behind is refused', /failure: engine\/clock_behind/],
  ['a failed write of the log ends the process', /failure: engine\/log_write_failed/],
  ['a failed write of history ends the process', /failure: history\//],
  ['a full disk makes the node read-only', /503 node\/read_only/],
  ['the node takes operations again', /log warn: The disk has room again/],
  ['a rotten log keeps it from starting', /rot: engine/],
  ['rot behind a checkpoint does no harm', /rot: lies behind/],
  ['it dies while a record is written', /crash during: disk: write log\/N/],
  ['it dies while a segment is made', /crash during: disk: create filled log/],
  ['it dies while a checkpoint is written', /crash during: disk: .*checkpoint/],
  ['it dies while write sets are kept', /crash during: disk: .*redo/],
  ['it dies while it starts', /crash of the .* at: disk: (read|stat|list)/],
]

function ofTheNode(reached: readonly string[]): readonly string[] {
  const faults = faultNames.map((name) => `fault: ${name}`).filter((name) => !reached.includes(name))
  const ways = recoveries.filter(([, sign]) => !reached.some((name) => sign.test(name))).map(([name]) => name)
  return [...faults, ...ways]
}

/** Names of what runs could have reached, and did not. */
function neverReached(coverage: Coverage, what: 'core' | 'node'): readonly string[] {
  const reached = [...coverage.keys()]
  return what === 'core' ? ofTheCore(reached) : ofTheNode(reached)
}

/** Prints what was reached and what never was. */
export function printCoverage(coverage: Coverage, what: 'core' | 'node', print: (line: string) => void): void {
  const sorted = [...coverage].toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, count] of sorted) print(`${String(count).padStart(9)}  ${name}`)
  for (const name of neverReached(coverage, what)) print(`    never  ${name}`)
}
