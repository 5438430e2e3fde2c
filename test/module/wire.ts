// What the module of this folder sends, states and refuses.
import { codec, define, event, refusals } from '@turnpike/chain/wire'
import type { Address, Definition, Event, EventDefinition, Hash } from '@turnpike/chain/wire'

type Write = {
  readonly account: Address.Address
  readonly note: Hash.Hash
  readonly length: number
  readonly nonce: Hash.Hash
  readonly validBefore: number
}
type Written = { readonly account: Address.Address; readonly note: Hash.Hash }

/** Leaves a note under the account's own address; a second one replaces the first. */
export const write: Definition<Write, 'notes/write'> = define.message('notes/write', 0x6401, {
  note: define.hash,
  length: define.u32,
})

/** A note was left. */
export const written: EventDefinition<Written, 'notes/Written'> & ((fields: Written) => Event) = event(
  'notes/Written',
  0x6401,
  { account: codec.address, note: codec.hash },
)

export const notesRefusals = refusals('notes', 0x64, {
  too_long: {
    text: 'The note has {length} bytes and the most is {max}.',
    hint: 'Write a shorter one.',
    retry: 'never',
  },
})
