// Reads the block log off the disk by its published layout (decisions 5), with no line of the node's own reader: what is durable is
// what stands here, whatever the node says of it.
import { Address, Hash, sha256 } from '@turnpike/chain/wire'

/** One block as the log holds it. */
export type LoggedBlock = {
  readonly height: number
  readonly time: number
  readonly previous: Hash.Hash
  readonly ops: readonly LoggedOp[]
  readonly receiptsRoot: Hash.Hash
  readonly receiptsSize: number
  readonly appHash: Hash.Hash
  /** SHA-256 of the record: two blocks with the same one are the same. */
  readonly digest: Hash.Hash
}

export type LoggedOp = {
  readonly bytes: Uint8Array
  readonly id: Hash.Hash
  readonly signers: readonly Address.Address[]
}

const segmentHeaderBytes = 128
const recordHeadBytes = 76
const digestBytes = 32
const recordBytesMin = recordHeadBytes + 104 + 4 + digestBytes

/** Every whole record of the segments, in order. */
export function readLog(segments: readonly Uint8Array[]): readonly LoggedBlock[] {
  const blocks: LoggedBlock[] = []
  for (const segment of segments) {
    for (let at = segmentHeaderBytes; ;) {
      const record = findRecord(segment, at)
      if (record === undefined) break
      blocks.push(readRecord(record))
      at += record.length
    }
  }
  return blocks
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function findRecord(segment: Uint8Array, at: number): Uint8Array | undefined {
  if (at + 4 > segment.length) return undefined
  const length = viewOf(segment).getUint32(at)
  if (length < recordBytesMin || at + length > segment.length) return undefined
  const record = segment.subarray(at, at + length)
  const body = record.subarray(0, length - digestBytes)
  return Hash.fromBytes(sha256(body)) === Hash.fromBytes(record, length - digestBytes) ? record : undefined
}

function readRecord(record: Uint8Array): LoggedBlock {
  const view = viewOf(record)
  const count = view.getUint32(72)
  let at = recordHeadBytes
  const ops: LoggedOp[] = []
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(at)
    const bytes = record.slice(at + 4, at + 4 + length)
    at += 4 + length
    const id = Hash.fromBytes(record, at)
    const signersCount = view.getUint32(at + 32)
    at += 36
    const signers = Array.from({ length: signersCount }, (_, k) => Address.fromBytes(record, at + 20 * k))
    at += 20 * signersCount
    ops.push({ bytes, id, signers })
  }
  return {
    height: Number(view.getBigUint64(24)),
    time: Number(view.getBigUint64(32)),
    previous: Hash.fromBytes(record, 40),
    ops,
    receiptsRoot: Hash.fromBytes(record, at + 32),
    receiptsSize: Number(view.getBigUint64(at + 64)),
    appHash: Hash.fromBytes(record, at + 72),
    digest: Hash.fromBytes(record, record.length - digestBytes),
  }
}

/** The tree head of leaves by the definition of RFC 6962, section 2.1. */
export function treeHead(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array())
  if (leaves.length === 1) return sha256(Uint8Array.of(0, ...leaves[0]!))
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return sha256(Uint8Array.of(1, ...treeHead(leaves.slice(0, half)), ...treeHead(leaves.slice(half))))
}
