// Any JSON as a policy document: a document whose bytes and JSON give it back, or Malformed.
import { expect, test } from 'vitest'
import { dollar } from '../../../testing/given.ts'
import { fuzzParser } from '../../../testing/parserFuzz.ts'
import { decode, encode } from '../../codec/Codec.ts'
import { Malformed } from '../../codec/Cursor.ts'
import * as Text from '../../codec/Text.ts'
import { completeDocument, defaultDocument, documentCodec } from './document.ts'

function judge(input: Uint8Array): string {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(input))
  } catch {
    return 'no JSON'
  }
  try {
    const document = completeDocument(json, dollar)
    expect(decode(documentCodec, encode(documentCodec, document))).toEqual(document)
    return `a document with ${document.caps.length} caps`
  } catch (error) {
    if (error instanceof Malformed) return error.message.replaceAll(/\d+/g, 'N').slice(0, 40)
    throw error
  }
}

test('T32 T113 any text as a policy', () => {
  const text = JSON.stringify(documentCodec.toJson(defaultDocument(dollar)))
  const pieces = [
    '{',
    '}',
    '"',
    ',',
    ':',
    '[',
    ']',
    '"__proto__":',
    '0',
    '1',
    '-',
    '1e99',
    'null',
    '"x"',
    '{}',
    '[]',
    '"0x00"',
  ]
  const outcomes = fuzzParser({ name: 'policy', seeds: [Text.toBytes(text)], pieces: pieces.map(Text.toBytes), judge })
  expect([...outcomes].filter((outcome) => outcome.startsWith('a document')).length).toBeGreaterThan(0)
})
