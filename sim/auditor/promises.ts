// What the node has told people, held against what its log holds in the end: nothing that was acknowledged is lost or happens twice,
// and one payment buys one delivery, whatever failed in between.
import { Address, blockHash, decodeOp, type Hash, type Op, type Protocol } from '@turnpike/chain/wire'
import { beginBlock, enter, expect, type Signers, type Wanted } from './auditor.ts'
import { sumProblem } from './bank.ts'
import type { Books } from './books.ts'
import type { LoggedBlock } from './log.ts'

/** What was acknowledged, and what the log was seen to hold. */
export type Promises = {
  readonly books: Books
  readonly protocol: Protocol
  readonly genesis: Hash.Hash
  readonly recover: (op: Op) => Signers
  /** Digests of the records seen so far. */
  readonly seen: Hash.Hash[]
  /** Receipts by number. */
  readonly receipts: Wanted[]
  /** Every operation that somebody was told has succeeded. */
  readonly told: Map<Hash.Hash, Told>
  /** Deliveries of each payment, by its nonce. */
  readonly delivered: Map<string, number>
  /** Payments of which somebody was told that they never happen. */
  readonly never: Set<string>
  lastHash: Hash.Hash
}

/** A receipt that somebody holds; settle names only the operation. */
export type Told = { readonly sequence?: number; readonly by: string }

/** Nothing said and nothing seen. */
export function openPromises(options: Pick<Promises, 'books' | 'protocol' | 'genesis' | 'recover'>): Promises {
  const { genesis } = options
  const lastHash = blockHash({ genesis, height: 0, time: options.books.time, previous: zero, appHash: zero })
  return {
    ...options,
    seen: [],
    receipts: [],
    told: new Map(),
    delivered: new Map(),
    never: new Set(),
    lastHash,
  }
}

const zero = `0x${'00'.repeat(32)}` as Hash.Hash

/** Somebody was told that an operation succeeded. @returns what is wrong with it: another receipt than was told before */
export function tell({ told }: Promises, op: Hash.Hash, now: Told): string | undefined {
  const before = told.get(op)
  told.set(op, { ...before, ...now })
  const isOther = before?.sequence !== undefined && now.sequence !== undefined && before.sequence !== now.sequence
  return isOther ? `${op} was told as receipt ${before.sequence}, and then as ${now.sequence}` : undefined
}

/** A seller handed something over for a payment. @returns what is wrong: it did before */
export function deliver({ delivered }: Promises, payment: string): string | undefined {
  const count = (delivered.get(payment) ?? 0) + 1
  delivered.set(payment, count)
  return count > 1 ? `payment ${payment} bought ${count} deliveries` : undefined
}

/** Judges what the log holds now. What it held before must still be there. */
export function judgeLog(promises: Promises, blocks: readonly LoggedBlock[]): string | undefined {
  const { seen } = promises
  if (blocks.length < seen.length) return `the log had ${seen.length} blocks, and has ${blocks.length}`
  for (const [i, { digest }] of blocks.entries()) {
    if (i < seen.length && seen[i] !== digest) return `block ${i + 1} of the log is another one than before`
  }
  for (const block of blocks.slice(seen.length)) {
    const problem = judgeBlock(promises, block)
    if (problem !== undefined) return `block ${block.height} of the log: ${problem}`
    seen.push(block.digest)
  }
  return toldProblem(promises)
}

function judgeBlock(promises: Promises, block: LoggedBlock): string | undefined {
  const { books, genesis } = promises
  const { height, time, previous, appHash } = block
  if (height !== books.height + 1) return `it follows ${books.height}`
  if (time < books.time) return `its time goes back by ${books.time - time} ms`
  if (height > 1 && previous !== promises.lastHash) return 'it names another predecessor'
  promises.lastHash = blockHash({ genesis, height, time, previous, appHash })
  beginBlock(books, height, time)
  let others = 0
  for (const logged of block.ops) {
    const op = decodeOp(promises.protocol, logged.bytes)
    if (!op.definition.control) others += 1
    else if (others > 0) return 'a control operation stands after another one'
    const problem = judgeOp(promises, op, logged.signers)
    if (problem !== undefined) return problem
  }
  if (block.receiptsSize !== books.sequence) return `it counts ${block.receiptsSize} receipts, not ${books.sequence}`
  return sumProblem(books)
}

function judgeOp(
  { books, receipts, recover }: Promises,
  op: Op,
  recorded: readonly Address.Address[],
): string | undefined {
  const signers = recover(op)
  if (signers.some((signer, i) => (signer ?? Address.zero) !== recorded[i]))
    return `${op.id} has other signers than are recorded`
  const expected = expect(books, op, signers)
  if (expected.kind === 'refusal')
    return `it keeps ${op.message.type} ${op.id}, which must be refused with ${expected.code}`
  if (expected.kind === 'repeat') return `it keeps ${op.message.type} ${op.id} again`
  const wanted = enter(books, op, expected)
  if (typeof wanted === 'string') return wanted
  receipts.push(wanted)
  return undefined
}

/** Everything that was told stands in the log, at the place that was told. */
function toldProblem({ told, books, receipts, never }: Promises): string | undefined {
  for (const [op, { sequence, by }] of told) {
    const newest = books.done.get(op)
    if (newest === undefined) return `${by} told of ${op}, and the log does not hold it`
    if (sequence !== undefined && receipts[sequence]?.op !== op)
      return `${by} told of ${op} as receipt ${sequence}, and there stands ${receipts[sequence]?.op ?? 'nothing'}`
  }
  for (const { op, payment, kind } of receipts) {
    if (kind === 'payment' && payment !== undefined && never.has(op))
      return `${op} was told never to happen, and it did`
  }
  return undefined
}
