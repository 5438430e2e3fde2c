// Any JSON as a policy document: a document whose bytes give it back, or a refusal that names the field.
import { expect, test } from 'vitest'
import { dollar } from '../../../testing/given.ts'
import { fuzzJsonParser } from '../../../testing/parserFuzz.ts'
import { decode, encode } from '../../codec/Codec.ts'
import { Refusal } from '../../wire/refusal.ts'
import { defaultDocument, documentCodec } from './document.ts'
import { parsePolicy } from './wire.ts'

test('T32 T113 any text as a policy', async () => {
  const outcomes = await fuzzJsonParser({
    name: 'policy',
    seeds: [documentCodec.toJson(defaultDocument(dollar))],
    errors: [Refusal],
    judge(json) {
      const document = parsePolicy(json, dollar)
      expect(decode(documentCodec, encode(documentCodec, document))).toEqual(document)
      return `a document with ${document.caps.length} caps`
    },
  })
  expect([...outcomes].filter((outcome) => outcome.startsWith('a document')).length).toBeGreaterThan(0)
})
