// Any JSON as a genesis document: a document, or Malformed.
import { expect, test } from 'vitest'
import { genesisDocument } from '../../testing/given.ts'
import { fuzzParser } from '../../testing/parserFuzz.ts'
import * as Text from '../codec/Text.ts'
import { Malformed } from '../codec/Cursor.ts'
import { parseGenesis } from './genesis.ts'

function judge(input: Uint8Array): string {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(input))
  } catch {
    return 'no JSON'
  }
  try {
    const document = parseGenesis(json)
    expect(parseGenesis(JSON.parse(JSON.stringify(json)))).toEqual(document)
    return `a document with ${document.assets.length} assets`
  } catch (error) {
    if (error instanceof Malformed) return error.message.replaceAll(/\d+/g, 'N').slice(0, 40)
    throw error
  }
}

test('T32 any text as a genesis document', () => {
  const text = JSON.stringify(genesisDocument())
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
  const outcomes = fuzzParser({ name: 'genesis', seeds: [Text.toBytes(text)], pieces: pieces.map(Text.toBytes), judge })
  expect(outcomes).toContain('a document with 2 assets')
})
