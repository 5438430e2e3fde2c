// Where one field ends and the next begins is part of every hash: no two contents share bytes because their parts run together.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { agentOp, documentWith, dollarCap, given, person, signedDocument } from '../../testing/index.ts'
import * as codec from '../codec/Codec.ts'
import * as Hex from '../codec/Hex.ts'
import * as Text from '../codec/Text.ts'
import { createStruct } from '../crypto/eip712.ts'
import { appHash } from '../merkle/roots.ts'
import { hashDocument } from '../modules/policy/wire.ts'
import { createOp } from './op.ts'

const lifetime = { kind: 'lifetime' } as const
const letters = fc.stringMatching(/^[a-z]{2,20}$/)

/** Everything that a hash of these texts, in this order, could be taken over. */
function hashesOf(texts: readonly string[]): readonly string[] {
  const list = codec.record({ texts: codec.list(codec.text(40), 40) })
  const row = codec.record({ a: codec.text(40), b: codec.text(40), c: codec.text(40) })
  const [a = '', b = '', c = ''] = texts
  const fields = ['a', 'b', 'c'].map((name) => ({ name, type: 'string' }) as const)
  const caps = texts.filter((text) => text !== '').map((id) => dollarCap(id, lifetime, { maxAmount: 1n }))
  return [
    Hex.fromBytes(codec.encode(list, { texts })),
    Hex.fromBytes(codec.encode(row, { a, b, c })),
    Hex.fromBytes(createStruct('Texts', fields).hash([a, b, c])),
    hashDocument(documentWith({ caps })),
  ]
}

test('T118 the same letters cut in another place have another hash', () => {
  fc.assert(
    fc.property(letters, fc.nat(), fc.nat(), (text, one, two) => {
      const cut = (at: number): readonly string[] => [text.slice(0, at), text.slice(at), '']
      const [at, other] = [1 + (one % (text.length - 1)), 1 + (two % (text.length - 1))]
      if (at === other) return
      const hashes = [...hashesOf(cut(at)), ...hashesOf(cut(other)), ...hashesOf([text, '', ''])]
      expect(new Set(hashes).size).toBe(hashes.length)
    }),
  )
})

test('T118 a name of a root takes no byte from its value', () => {
  const value = Text.toBytes('value')
  const roots = [
    [{ name: 'ab', value }],
    [{ name: 'a', value: Text.toBytes('bvalue') }],
    [{ name: 'abv', value: Text.toBytes('alue') }],
    [
      { name: 'a', value },
      { name: 'b', value },
    ],
  ]
  expect(new Set(roots.map((each) => Hex.fromBytes(appHash(each)))).size).toBe(roots.length)
})

test('T118 words and document of a message do not run into each other, nor an attempt into an alias', () => {
  const g = given()
  const { definition, message, signatures } = agentOp(g, { owner: person('owner'), key: person('key') })
  const { words } = signedDocument(g, documentWith())
  const bytesOf = (text: string): string =>
    Hex.fromBytes(
      createOp(g.protocol.domains, { definition, message: { ...message, words: text }, signatures, relay: {} }).bytes,
    )
  // Of every prefix of the words the bytes are other bytes, and none begins with another.
  const cuts = [0, 1, words.length - 1, words.length].map((end) => bytesOf(words.slice(0, end)))
  for (const [i, one] of cuts.entries())
    for (const [j, other] of cuts.entries()) if (i !== j) expect(other.startsWith(one)).toBe(false)
})
