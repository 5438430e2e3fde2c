// What is durable in the log and not yet written to history, served from memory until it is.
import type { OpId } from '@turnpike/chain/wire'
import type { CommittedBlock } from '../engine/Engine.ts'
import { isSameNonce, nonceKeyOf } from './payer.ts'
import type { NonceKey } from './payer.ts'
import { storedAt } from './StoredReceipt.ts'
import type { StoredReceipt } from './StoredReceipt.ts'

type Place = { readonly block: CommittedBlock; readonly index: number }

export class Unwritten {
  #blocks: CommittedBlock[] = []
  readonly #places = new Map<OpId, Place>()
  #size = 0

  /** Operations held. */
  get size(): number {
    return this.#size
  }

  add(block: CommittedBlock): void {
    this.#blocks.push(block)
    this.#size += block.receipts.length
    for (let index = 0; index < block.receipts.length; index++)
      this.#places.set(block.receipts[index]!.op, { block, index })
  }

  /** Forgets the blocks up to a height: they are written. */
  drop(height: number): void {
    const written = this.#blocks.findIndex((block) => block.height > height)
    const dropped = this.#blocks.splice(0, written < 0 ? this.#blocks.length : written)
    for (const block of dropped) {
      this.#size -= block.receipts.length
      for (const { op } of block.receipts) this.#places.delete(op)
    }
  }

  find(id: OpId): StoredReceipt | undefined {
    const place = this.#places.get(id)
    return place && storedAt(place.block, place.index)
  }

  at(sequence: number): StoredReceipt | undefined {
    const block = this.#blocks.findLast(({ receipts }) => receipts.length > 0 && receipts[0]!.sequence <= sequence)
    const index = block === undefined ? -1 : sequence - block.receipts[0]!.sequence
    return block !== undefined && index < block.receipts.length ? storedAt(block, index) : undefined
  }

  /** The newest operation under a nonce that is no hold. A walk through at most a second of operations, for a rare question. */
  findByNonce(key: NonceKey): StoredReceipt | undefined {
    for (const block of this.#blocks.toReversed()) {
      const index = block.ops.findLastIndex(
        ({ op }, i) => block.receipts[i]!.kind !== 'hold' && isSameNonce(nonceKeyOf(op), key),
      )
      if (index >= 0) return storedAt(block, index)
    }
    return undefined
  }
}
