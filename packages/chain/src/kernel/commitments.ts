// What a block commits to: receipts in the MMR, the write set, and the named roots that fold into the app hash (decisions 8).
import { createWriter } from '../codec/Cursor.ts'
import { u64 } from '../codec/Codec.ts'
import * as Hash from '../codec/Hash.ts'
import * as Hex from '../codec/Hex.ts'
import { mmrRoot, type Mmr } from '../merkle/mmr.ts'
import { appHash } from '../merkle/roots.ts'
import { leafBytes, writeLeaf, type Receipt } from '../wire/receipt.ts'

/** The 250 bytes of each receipt's leaf; they lie in one piece of memory, block by block. */
export function encodeLeaves(receipts: readonly Receipt[], chainTag: Uint8Array): readonly Uint8Array[] {
  const writer = createWriter(receipts.length * leafBytes)
  for (const receipt of receipts) writeLeaf(writer, receipt, chainTag)
  return receipts.map((_, i) => writer.bytes.subarray(i * leafBytes, (i + 1) * leafBytes))
}

/** What the app hash of a block that wrote is made of. */
export type Commitment = {
  readonly params: Uint8Array
  readonly previous: Hash.Hash
  readonly receipts: Mmr
  /** SHA-256 of the write set. */
  readonly writes: Uint8Array
}

/** The app hash. The root `state` is 32 zero bytes until epochs have state trees. */
export function commit({ params, previous, receipts, writes }: Commitment): Hash.Hash {
  const size = createWriter(8)
  u64.write(size, receipts.size)
  return Hash.fromBytes(
    appHash([
      { name: 'params', value: params },
      { name: 'previous', value: Hex.toBytes(previous) },
      { name: 'receipts', value: mmrRoot(receipts) },
      { name: 'receipts-size', value: size.bytes },
      { name: 'state', value: new Uint8Array(32) },
      { name: 'writes', value: writes },
    ]),
  )
}
