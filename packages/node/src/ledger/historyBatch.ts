// Blocks on their way to the history thread: one flat buffer that is handed over, never copied, since a clone of many
// small arrays would cost the main thread more than writing them costs the other one.
//
// height u64 ‖ time u64 ‖ block hash 32 ‖ count u32 ‖ bytes of the bodies u32
//   ‖ count × leaf 250 ‖ count × nonce key 72 (address ‖ asset ‖ nonce) ‖ count × end of the body u32 ‖ bodies
// body: length u32 ‖ operation ‖ count u8 ‖ count × signer 20 ‖ events ‖ checksum u32, which the writing thread fills in
import { Address, codec, createReader, createWriter, encodeEvents, leafBytes } from '@turnpike/chain/wire'
import type { CommittedBlock } from '../engine/Engine.ts'
import type { Hashes } from '../machine/Machine.ts'
import { nonceKeyOf } from './payer.ts'
import type { NonceKey } from './payer.ts'

export const nonceKeyBytes = 72
const HEAD_BYTES = 8 + 8 + 32 + 4 + 4
const CHECKSUM_BYTES = 4
const BODY_FIXED_BYTES = 4 + 1 + CHECKSUM_BYTES
/** Bytes that say where a body ends. */
export const endBytes = 4
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

  add(block: CommittedBlock): void {
    const writer = (this.#writer ??= createWriter(CAPACITY_BYTES))
    const { ops, receipts } = block
    const events = receipts.map((receipt) => encodeEvents(receipt.events))
    const lengths = ops.map(
      ({ op, signers }, i) => BODY_FIXED_BYTES + op.bytes.length + signers.length * 20 + events[i]!.length,
    )
    const bodies = lengths.reduce((sum, length) => sum + length, 0)
    makeRoom(writer, HEAD_BYTES + ops.length * (leafBytes + nonceKeyBytes + endBytes) + bodies)
    writeHead(writer, block, bodies)
    for (const leaf of block.leaves) put(writer, leaf)
    for (const { op } of ops) writeNonceKey(writer, nonceKeyOf(op))
    let end = 0
    for (const length of lengths) codec.u32.write(writer, (end += length))
    for (const [i, { op, signers }] of ops.entries()) {
      codec.u32.write(writer, op.bytes.length)
      put(writer, op.bytes)
      codec.u8.write(writer, signers.length)
      for (const signer of signers) codec.address.write(writer, signer ?? Address.zero)
      put(writer, events[i]!)
      codec.u32.write(writer, 0)
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

function writeHead(writer: Writer, { height, time, blockHash, ops }: CommittedBlock, bodies: number): void {
  codec.u64.write(writer, height)
  codec.u64.write(writer, time)
  codec.hash.write(writer, blockHash)
  codec.u32.write(writer, ops.length)
  codec.u32.write(writer, bodies)
}

function writeNonceKey(writer: Writer, { address, asset, nonce }: NonceKey): void {
  codec.address.write(writer, address)
  codec.address.write(writer, asset)
  codec.hash.write(writer, nonce)
}

function makeRoom(writer: Writer, count: number): void {
  const end = writer.at + count
  if (end <= writer.bytes.length) return
  const larger = new Uint8Array(Math.max(end, writer.bytes.length * 2))
  larger.set(writer.bytes)
  writer.bytes = larger
  writer.view = new DataView(larger.buffer)
}

function put(writer: Writer, bytes: Uint8Array): void {
  writer.bytes.set(bytes, writer.at)
  writer.at += bytes.length
}

/** A nonce's key as history hashes it. */
export function encodeNonceKey(key: NonceKey): Uint8Array {
  const writer = createWriter(nonceKeyBytes)
  writeNonceKey(writer, key)
  return writer.bytes
}

/** A block of a batch. Its bytes are views of the batch, and so is `view`, so that reading a field makes no object. */
export type BatchBlock = {
  readonly height: number
  readonly time: number
  readonly blockHash: Uint8Array
  /** Its operations. */
  readonly count: number
  readonly view: DataView
  /** Where its leaves begin in the view, and where its nonce keys do. */
  readonly leavesAt: number
  readonly nonceKeysAt: number
  readonly leaves: Uint8Array
  /** Ends and bodies, as they also lie in the file of the bodies. */
  readonly bodies: Uint8Array
}

/** The blocks of a batch. */
export function readBatch(bytes: Uint8Array): readonly BatchBlock[] {
  const reader = createReader(bytes)
  const { view } = reader
  const blocks: BatchBlock[] = []
  while (reader.at < bytes.length) {
    const [height, time] = [codec.u64.read(reader), codec.u64.read(reader)]
    const blockHash = bytes.subarray(reader.at, reader.at + 32)
    reader.at += 32
    const [count, bodyBytes] = [codec.u32.read(reader), codec.u32.read(reader)]
    const leavesAt = reader.at
    const nonceKeysAt = leavesAt + count * leafBytes
    const bodiesAt = nonceKeysAt + count * nonceKeyBytes
    reader.at = bodiesAt + count * endBytes + bodyBytes
    const [leaves, bodies] = [bytes.subarray(leavesAt, nonceKeysAt), bytes.subarray(bodiesAt, reader.at)]
    blocks.push({ height, time, blockHash, count, view, leavesAt, nonceKeysAt, leaves, bodies })
  }
  return blocks
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A body taken apart. */
export type Body = {
  readonly op: Uint8Array
  readonly signers: readonly Address.Address[]
  readonly events: Uint8Array
}

/** The body at an index of a block's ends and bodies. */
export function bodyAt({ bodies, count }: Pick<BatchBlock, 'bodies' | 'count'>, index: number): Uint8Array {
  const view = viewOf(bodies)
  const begin = index === 0 ? 0 : view.getUint32((index - 1) * endBytes)
  const end = view.getUint32(index * endBytes)
  return bodies.subarray(count * endBytes + begin, count * endBytes + end)
}

/** Fills in the checksums of a block's bodies. */
export function sealBodies(block: Pick<BatchBlock, 'bodies' | 'count'>, { crc32 }: Pick<Hashes, 'crc32'>): void {
  for (let i = 0; i < block.count; i++) {
    const body = bodyAt(block, i)
    viewOf(body).setUint32(body.length - CHECKSUM_BYTES, crc32(body.subarray(0, -CHECKSUM_BYTES)))
  }
}

/** Whether a body is as it was sealed. */
export function isSealed(body: Uint8Array, { crc32 }: Pick<Hashes, 'crc32'>): boolean {
  const at = body.length - CHECKSUM_BYTES
  return at >= 0 && viewOf(body).getUint32(at) === crc32(body.subarray(0, at))
}

export function readBody(body: Uint8Array): Body {
  const opEnd = 4 + viewOf(body).getUint32(0)
  const count = body[opEnd]!
  const signersStart = opEnd + 1
  const eventsStart = signersStart + count * 20
  return {
    op: body.subarray(4, opEnd),
    signers: Array.from({ length: count }, (_, i) => Address.fromBytes(body, signersStart + i * 20)),
    events: body.subarray(eventsStart, body.length - CHECKSUM_BYTES),
  }
}
