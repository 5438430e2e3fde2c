// Blocks on their way to the history thread: one flat buffer that is handed over, never copied, since a clone of many
// small arrays would cost the main thread more than writing them costs the other one.
//
// height u64 ‖ time u64 ‖ block hash 32 ‖ count u32 ‖ count × entry
// entry: length u32 ‖ nonce key 72 (address ‖ asset ‖ nonce) ‖ body
// body, as it also lies in the database: leaf 250 ‖ length u32 ‖ operation ‖ count u8 ‖ count × signer 20 ‖ events
import { Address, codec, createReader, createWriter, encodeEvents, leafBytes } from '@turnpike/chain/wire'
import type { CommittedBlock } from '../engine/Engine.ts'
import { nonceKeyOf } from './payer.ts'
import type { NonceKey } from './payer.ts'

const NONCE_KEY_BYTES = 72
const ENTRY_FIXED_BYTES = 4 + NONCE_KEY_BYTES + leafBytes + 4 + 1
const CAPACITY_BYTES = 262_144

type Writer = ReturnType<typeof createWriter>

/** Gathers blocks until they are taken. */
export class BatchWriter {
  #writer: Writer | undefined
  #ops = 0

  /** Operations gathered. */
  get ops(): number {
    return this.#ops
  }

  add({ height, time, blockHash, receipts, leaves, ops }: CommittedBlock): void {
    const writer = (this.#writer ??= createWriter(CAPACITY_BYTES))
    codec.u64.write(writer, height)
    codec.u64.write(writer, time)
    codec.hash.write(writer, blockHash)
    codec.u32.write(writer, ops.length)
    for (let i = 0; i < ops.length; i++) {
      const { op, signers } = ops[i]!
      const events = encodeEvents(receipts[i]!.events)
      const { address, asset, nonce } = nonceKeyOf(op)
      codec.u32.write(writer, ENTRY_FIXED_BYTES + op.bytes.length + signers.length * 20 + events.length)
      codec.address.write(writer, address)
      codec.address.write(writer, asset)
      codec.hash.write(writer, nonce)
      append(writer, leaves[i]!)
      codec.u32.write(writer, op.bytes.length)
      append(writer, op.bytes)
      codec.u8.write(writer, signers.length)
      for (const signer of signers) codec.address.write(writer, signer ?? Address.zero)
      append(writer, events)
    }
    this.#ops += ops.length
  }

  /** What was gathered, for the taker alone; undefined when there is nothing. */
  take(): Uint8Array | undefined {
    const writer = this.#writer
    if (writer === undefined) return undefined
    this.#writer = undefined
    this.#ops = 0
    return writer.bytes.subarray(0, writer.at)
  }
}

function append(writer: Writer, bytes: Uint8Array): void {
  const end = writer.at + bytes.length
  if (end > writer.bytes.length) {
    const larger = new Uint8Array(Math.max(end, writer.bytes.length * 2))
    larger.set(writer.bytes)
    writer.bytes = larger
    writer.view = new DataView(larger.buffer)
  }
  writer.bytes.set(bytes, writer.at)
  writer.at = end
}

/** A nonce's key as history hashes it. */
export function encodeNonceKey({ address, asset, nonce }: NonceKey): Uint8Array {
  const writer = createWriter(NONCE_KEY_BYTES)
  codec.address.write(writer, address)
  codec.address.write(writer, asset)
  codec.hash.write(writer, nonce)
  return writer.bytes
}

/** One operation of a batch; `view` is over the whole batch, so that reading a field makes no object. */
export type BatchEntry = {
  readonly nonceKey: Uint8Array
  readonly body: Uint8Array
  readonly view: DataView
  /** Where the body begins in the view. */
  readonly at: number
}
export type BatchBlock = {
  readonly height: number
  readonly time: number
  readonly blockHash: Uint8Array
  readonly entries: readonly BatchEntry[]
}

/** The blocks of a batch; their bytes are views of it. */
export function* readBatch(bytes: Uint8Array): Generator<BatchBlock, void, undefined> {
  const reader = createReader(bytes)
  const { view } = reader
  while (reader.at < bytes.length) {
    const [height, time] = [codec.u64.read(reader), codec.u64.read(reader)]
    const blockHash = bytes.subarray(reader.at, reader.at + 32)
    reader.at += 32
    const count = codec.u32.read(reader)
    const entries: BatchEntry[] = []
    for (let i = 0; i < count; i++) {
      const start = reader.at
      const at = start + 4 + NONCE_KEY_BYTES
      const end = start + codec.u32.read(reader)
      entries.push({ nonceKey: bytes.subarray(start + 4, at), body: bytes.subarray(at, end), view, at })
      reader.at = end
    }
    yield { height, time, blockHash, entries }
  }
}

/** A body taken apart. */
export type Body = {
  readonly leaf: Uint8Array
  readonly op: Uint8Array
  readonly signers: readonly Address.Address[]
  readonly events: Uint8Array
}

export function readBody(body: Uint8Array): Body {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const opStart = leafBytes + 4
  const opEnd = opStart + view.getUint32(leafBytes)
  const count = body[opEnd]!
  const signersStart = opEnd + 1
  const eventsStart = signersStart + count * 20
  return {
    leaf: body.subarray(0, leafBytes),
    op: body.subarray(opStart, opEnd),
    signers: Array.from({ length: count }, (_, i) => Address.fromBytes(body, signersStart + i * 20)),
    events: body.subarray(eventsStart),
  }
}
