// What a block commits to: receipts in the MMR, the write set, and the named roots that fold into the app hash (decisions 8).
import { createWriter, written } from '../codec/Cursor.ts'
import { u64 } from '../codec/Codec.ts'
import * as Hash from '../codec/Hash.ts'
import * as Hex from '../codec/Hex.ts'
import { sha256 } from '../crypto/hash.ts'
import { appendLeaf, leafHash, mmrRoot, type Mmr } from '../merkle/mmr.ts'
import { appHash } from '../merkle/roots.ts'
import { writeLeaf, type Receipt } from '../wire/receipt.ts'

const scratch = createWriter(256)

/** The 250 bytes of a receipt's leaf. */
export function encodeLeaf(receipt: Receipt, chainTag: Uint8Array): Uint8Array {
  scratch.at = 0
  writeLeaf(scratch, receipt, chainTag)
  return written(scratch)
}

/** Appends the leaves of a block. */
export function appendLeaves(receipts: Mmr, leaves: readonly Uint8Array[]): Mmr {
  return leaves.reduce((mmr, leaf) => appendLeaf(mmr, leafHash(leaf)), receipts)
}

/** What the app hash of a block that wrote is made of. */
export type Commitment = {
  readonly params: Uint8Array
  readonly previous: Hash.Hash
  readonly receipts: Mmr
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
      { name: 'writes', value: sha256(writes) },
    ]),
  )
}
