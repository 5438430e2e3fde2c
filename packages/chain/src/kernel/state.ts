// A chain in memory: its store, and the head that the last executed block left. Not to be confused with one table's contents.
import type { Hash } from '../codec/Hash.ts'
import type { Mmr } from '../merkle/mmr.ts'
import type { View } from './context.ts'
import type { Store } from './store.ts'

/** Where the chain stands. Height and time are no part of any root (decisions 6). */
export type Head = {
  readonly height: number
  readonly time: number
  readonly blockHash: Hash
  readonly appHash: Hash
  readonly receipts: Mmr
}

export type State = { readonly chainId: number; readonly genesis: Hash; readonly store: Store; head: Head }

/** The state as a read sees it at a time that is a lower bound of the next block's. */
export function viewOf(state: State, time: number): View {
  return {
    chainId: state.chainId,
    height: state.head.height,
    time: Math.max(time, state.head.time),
    store: state.store,
  }
}
