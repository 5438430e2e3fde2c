// A state from pieces that do not say the truth of themselves: refused, and no room is taken for what only a number speaks of.
import { expect, test } from 'vitest'
import { given } from '../../testing/index.ts'
import { Malformed } from '../codec/Cursor.ts'
import { createMirror } from './mirror.ts'
import { createStore, imageTables } from './app.ts'

const { app, state } = given()
const tablePiece = 1
const rowsKind = 0
/** Where a piece of a table says how many slots it has. */
const usedAt = 18

/** The pieces of a state whose tables of rows say that they have so many slots. */
function claim(used: bigint): readonly Uint8Array[] {
  return [...state.store.image()].map((piece) => {
    if (piece[0] !== tablePiece || piece[3] !== rowsKind) return piece
    const changed = piece.slice()
    new DataView(changed.buffer).setBigUint64(usedAt, used)
    return changed
  })
}

test.each([2n ** 31n, 2n ** 32n, 2n ** 53n - 1n])('T32 T148 %s slots that do not follow', (used) => {
  for (const image of [createStore(app, [1, 2]).load(), createMirror(imageTables(app)).load()]) {
    expect(() => {
      for (const piece of claim(used)) image.take(piece)
      image.finish()
    }).toThrow(Malformed)
  }
})
