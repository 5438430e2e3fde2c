// What the files of history can't have been written as. The log is the truth and whole, so nothing is lost by it: the question that
// met it is not answered, and everything else goes on.
import type { Retry } from '@turnpike/chain/wire'

/** A question that history can't answer because its files were changed. */
export class HistoryDamaged extends Error {
  override readonly name = 'HistoryDamaged'
  readonly code = 'history/damaged'
  /** As soon as it was built again. */
  readonly retry: Retry = 'later'
  readonly hint =
    'The operator stops the node, deletes history/, receipts/ and mmr and starts it again: they are built again from the log.'
}
