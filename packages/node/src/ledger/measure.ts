// What operators watch of a ledger. Gauges are read when somebody asks for them, so that they cost a payment nothing.
import type { Machine } from '../machine/Machine.ts'
import type { LedgerStatus } from './ledger.ts'

type Gauge = readonly [name: string, help: string, read: (status: LedgerStatus) => number]

const gauges: readonly Gauge[] = [
  ['turnpike_block_height', 'Height of the last durable block.', ({ height }) => height],
  ['turnpike_operations_waiting', 'Operations that wait for a block.', ({ engine }) => engine.waiting],
  [
    'turnpike_clock_behind_seconds',
    'How far the clock stands behind the last block.',
    ({ engine }) => engine.clockBehindMs / 1000,
  ],
  [
    'turnpike_history_unwritten_operations',
    'Operations that history serves from memory.',
    ({ history }) => history.unwritten,
  ],
  ['turnpike_signatures_waiting', 'Signatures that wait for a verdict.', ({ verifier }) => verifier.waiting],
  ['turnpike_operations_succeeded', 'Operations with a receipt, since the start.', ({ succeeded }) => succeeded],
  [
    'turnpike_operations_repeated',
    'Submissions answered with an earlier receipt, since the start.',
    ({ repeated }) => repeated,
  ],
]

/** Registers the gauges of a ledger; gives the histogram of how long its successes take, in seconds. */
export function measureLedger(
  metrics: Machine['metrics'],
  status: () => LedgerStatus,
): { observe(value: number): void } {
  const latency = metrics.histogram({
    name: 'turnpike_submit_seconds',
    help: 'From an operation handed in to its durable success.',
    buckets: [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 1],
  })
  for (const [name, help, read] of gauges) metrics.gauge({ name, help, read: () => read(status()) })
  return latency
}
