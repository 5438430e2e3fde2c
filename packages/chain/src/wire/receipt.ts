// Receipts: the committed outcome of one operation, and its fixed leaf of 250 bytes (shapes 4).
import * as Address from '../codec/Address.ts'
import { address, hash, readUnits, u16, u32, u64, u8, writeUnits } from '../codec/Codec.ts'
import { createReader, Malformed, reserve, type Writer } from '../codec/Cursor.ts'
import type * as Hash from '../codec/Hash.ts'
import * as Hex from '../codec/Hex.ts'
import type { Units } from '../codec/Units.ts'
import type { OpId } from './op.ts'

/** Money that an operation moved or locked. Payer and payee as signed, `account` the one that paid, resolved. */
export type Payment = {
  readonly payer: Address.Address
  readonly account: Address.Address
  readonly payee: Address.Address
  readonly asset: Address.Address
  readonly amount: Units
  readonly toll: Units
}

/** What kind of money movement a receipt stands for; it decides the flags of the leaf. */
export type ReceiptKind = 'payment' | 'refund' | 'hold' | 'other'

/** What a rule hands back of its deed; the rest of the receipt is known to dispatch. */
export type Outcome = {
  readonly kind: ReceiptKind
  readonly payment?: Payment
  /** Version of the policy it was judged under; 0 without one. */
  readonly policyVersion?: number
  /** Refunded operation, cancelled nonce, agent address or the payer's reference. */
  readonly reference?: Hash.Hash
}

export type Receipt = Outcome & {
  /** Leaf of the receipts MMR. */
  readonly sequence: number
  readonly height: number
  readonly time: number
  readonly op: OpId
  /** The operation's type on the wire. */
  readonly type: number
  /** Number of the code; 0 is success. */
  readonly code: number
  readonly policyVersion: number
  readonly reference: Hash.Hash
  /** SHA-256 of the canonical events. */
  readonly eventsHash: Hash.Hash
}

export const leafBytes = 250
const flagOf = { other: 0, payment: 2, refund: 4, hold: 8 } as const satisfies {
  readonly [kind in ReceiptKind]: number
}

/** Appends the leaf of a receipt; `chainTag` is the first 8 bytes of the genesis hash. */
export function writeLeaf(writer: Writer, receipt: Receipt, chainTag: Uint8Array): void {
  reserve(writer, leafBytes)
  u8.write(writer, 1)
  u8.write(writer, (receipt.code === 0 ? 1 : 0) | flagOf[receipt.kind])
  writer.bytes.set(chainTag, writer.at)
  writer.at += 8
  u64.write(writer, receipt.sequence)
  u64.write(writer, receipt.height)
  u64.write(writer, receipt.time)
  hash.write(writer, receipt.op)
  u16.write(writer, receipt.type)
  u16.write(writer, receipt.code)
  const payment = receipt.payment
  for (const party of [payment?.payer, payment?.payee, payment?.account, payment?.asset])
    address.write(writer, party ?? Address.zero)
  writeUnits(writer.view, writer.at, payment?.amount ?? 0n)
  writeUnits(writer.view, writer.at + 16, payment?.toll ?? 0n)
  writer.at += 32
  u32.write(writer, receipt.policyVersion)
  hash.write(writer, receipt.reference)
  hash.write(writer, receipt.eventsHash)
}

/** A receipt and the tag of its chain, from a leaf. @throws Malformed */
export function decodeLeaf(bytes: Uint8Array): Receipt & { readonly chainTag: Hex.Hex } {
  if (bytes.length !== leafBytes) throw new Malformed('leaf', `needs ${leafBytes} bytes`)
  const reader = createReader(bytes)
  if (u8.read(reader) !== 1) throw new Malformed('leaf', 'unknown version')
  const flags = u8.read(reader)
  const chainTag = Hex.fromRange(bytes, reader.at, 8)
  reader.at += 8
  const [sequence, height, time] = [u64.read(reader), u64.read(reader), u64.read(reader)]
  const op = hash.read(reader)
  const [type, code] = [u16.read(reader), u16.read(reader)]
  const [payer, payee, account, asset] = [
    address.read(reader),
    address.read(reader),
    address.read(reader),
    address.read(reader),
  ]
  const [amount, toll] = [readUnits(reader.view, reader.at), readUnits(reader.view, reader.at + 16)]
  reader.at += 32
  const policyVersion = u32.read(reader)
  const [reference, eventsHash] = [hash.read(reader), hash.read(reader)]
  const kind = kindOf(flags)
  const payment = asset === Address.zero ? {} : { payment: { payer, account, payee, asset, amount, toll } }
  return { chainTag, kind, sequence, height, time, op, type, code, ...payment, policyVersion, reference, eventsHash }
}

function kindOf(flags: number): ReceiptKind {
  if (flags & 2) return 'payment'
  if (flags & 4) return 'refund'
  return flags & 8 ? 'hold' : 'other'
}

/** The reference that an address makes: its 20 bytes in front, zeros behind. */
export function referenceOf(of: Address.Address): Hash.Hash {
  return `${of}${'0'.repeat(24)}` as Hash.Hash
}
