// The judge: expects an outcome of every operation from its own books, and says where the ledger's differs.
import { Hash, Refusal, type Address, type Event, type Op, type Receipt } from '@turnpike/chain/wire'
import { requireCaller, pruneNonces } from './accounts.ts'
import { Denied, deny, Repeated, type Books, type Expected, type ExpectedReceipt, type Transfer } from './books.ts'
import { expectDrip } from './faucet.ts'
import {
  expectCancel,
  expectCharge,
  expectHold,
  expectRefund,
  expectTransferWithAuthorization,
  endLapsed,
} from './payments.ts'
import {
  applyWaiting,
  expectCreateAgent,
  expectFreeze,
  expectPropose,
  expectSweep,
  expectTighten,
  expectUnfreeze,
} from './policy.ts'
import { expectTransfer } from './token.ts'

/** Who made each signature of an operation, in their order; undefined where it does not hold. */
export type Signers = readonly (Address.Address | undefined)[]

/** What became of an operation: the three outcomes of the ledger. */
export type Outcome = (Receipt & { readonly events: readonly Event[] }) | { readonly repeats: number } | Refusal

/** Begins a block: what is due comes first. Answers whether anything was. */
export function beginBlock(books: Books, height: number, time: number): boolean {
  books.height = height
  books.time = time
  const applied = applyWaiting(books)
  const lapsed = endLapsed(books)
  return pruneNonces(books) || lapsed || applied
}

function expectNative(books: Books, op: Op, signers: Signers): ExpectedReceipt {
  const caller = requireCaller(books, op, signers[0])
  const message = op.message as never
  const rules: { readonly [type: string]: () => ExpectedReceipt } = {
    'faucet/drip': () => expectDrip(books, message, caller),
    'token/transfer': () => expectTransfer(books, message, caller),
    'payments/charge': () => expectCharge(books, message, caller),
    'payments/refund': () => expectRefund(books, message, caller),
    'policy/createAgent': () => expectCreateAgent(books, message, caller, signers[1]),
    'policy/freeze': () => expectFreeze(books, message, caller),
    'policy/tightenPolicy': () => expectTighten(books, message, caller),
    'policy/unfreeze': () => expectUnfreeze(books, message, caller),
    'policy/proposePolicy': () => expectPropose(books, message, caller),
    'policy/sweep': () => expectSweep(books, message, caller),
  }
  const rule = rules[op.message.type]
  if (rule === undefined) throw new Error(`The auditor has no rule for ${op.message.type}.`)
  const receipt = rule()
  caller.settle()
  return receipt
}

function expectAuthorization(books: Books, op: Op, signers: Signers): ExpectedReceipt {
  if (signers[0] === undefined) deny('accounts/signature_invalid')
  const message = op.message as never
  if (op.message.type === 'payments/transferWithAuthorization')
    return expectTransferWithAuthorization(books, message, op)
  if (op.message.type === 'payments/hold') return expectHold(books, message, op)
  if (op.message.type === 'payments/cancelAuthorization') return expectCancel(books, message, op)
  throw new Error(`The auditor has no rule for ${op.message.type}.`)
}

/** What must come of the next operation of the block; if it is a receipt, it is booked. */
export function expect(books: Books, op: Op, signers: Signers): Expected {
  try {
    const isNative = op.definition.family === 'native'
    const receipt = isNative ? expectNative(books, op, signers) : expectAuthorization(books, op, signers)
    return { kind: 'receipt', ...receipt }
  } catch (error) {
    if (error instanceof Denied) return { kind: 'refusal', code: error.code }
    if (error instanceof Repeated) return { kind: 'repeat', sequence: error.sequence }
    throw error
  }
}

function describe(outcome: Outcome): string {
  if (outcome instanceof Refusal) return `refused with ${outcome.code}`
  return 'repeats' in outcome ? `repeats receipt ${outcome.repeats}` : `receipt ${outcome.sequence}`
}

function describeExpected(expected: Expected): string {
  if (expected.kind === 'refusal') return `refused with ${expected.code}`
  return expected.kind === 'repeat' ? `repeats receipt ${expected.sequence}` : 'a receipt'
}

const transfersOf = (events: readonly Event[]): readonly Transfer[] =>
  events.filter(({ definition }) => definition.type === 'bank/Transfer').map(({ fields }) => fields as Transfer)

const show = (value: unknown): string =>
  JSON.stringify(value, (_, of: unknown) => (typeof of === 'bigint' ? `${of}` : of))

/** What is wrong with an outcome, or undefined. A receipt takes the next number. */
export function complain(books: Books, op: Op, expected: Expected, outcome: Outcome): string | undefined {
  const asExpected =
    (expected.kind === 'refusal' && outcome instanceof Refusal && outcome.code === expected.code) ||
    (expected.kind === 'repeat' && 'repeats' in outcome && outcome.repeats === expected.sequence) ||
    (expected.kind === 'receipt' && 'sequence' in outcome)
  if (!asExpected) return `${op.message.type}: ${describe(outcome)}, but must be ${describeExpected(expected)}`
  if (expected.kind !== 'receipt' || !('sequence' in outcome)) return undefined
  const wanted = enter(books, op, expected)
  if (typeof wanted === 'string') return wanted
  return receiptProblem(wanted, { ...outcome, transfers: transfersOf(outcome.events) })
}

/** A receipt as the books want it. */
export type Wanted = {
  readonly sequence: number
  readonly height: number
  readonly time: number
  readonly op: Hash.Hash
  readonly type: number
  readonly code: number
  readonly kind: ExpectedReceipt['leaf']
  readonly payment: ExpectedReceipt['payment']
  readonly policyVersion: number
  readonly reference: Hash.Hash
  readonly transfers: readonly Transfer[]
}

/** Gives an expected receipt the next number; or says why the operation may have none. */
export function enter(books: Books, op: Op, expected: Expected & { readonly kind: 'receipt' }): Wanted | string {
  const earlier = books.done.get(op.id)
  if (earlier !== undefined) return `${op.message.type}: operation ${op.id} has a second receipt, after ${earlier}`
  books.done.set(op.id, books.sequence)
  return {
    sequence: books.sequence++,
    height: books.height,
    time: books.time,
    op: op.id,
    type: op.definition.number,
    code: 0,
    kind: expected.leaf,
    payment: expected.payment,
    policyVersion: expected.policyVersion ?? 0,
    reference: expected.reference ?? Hash.zero,
    transfers: expected.transfers,
  }
}

/** What a receipt says otherwise than the books. */
export function receiptProblem(
  wanted: Wanted,
  receipt: Receipt & { readonly transfers: readonly Transfer[] },
): string | undefined {
  for (const [field, value] of Object.entries(wanted)) {
    const found = receipt[field as keyof Wanted]
    if (sorted(found) !== sorted(value))
      return `receipt of ${wanted.op}: ${field} is ${show(found)}, but must be ${show(value)}`
  }
  return undefined
}

/** As text with fields in a fixed order. */
function sorted(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`
  return `{${Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => `${name}:${sorted(of)}`)
    .join()}}`
}
