// Any JSON as a genesis document: a document, or Malformed.
import { expect, test } from 'vitest'
import { genesisDocument } from '../../testing/given.ts'
import { fuzzJsonParser } from '../../testing/parserFuzz.ts'
import { Malformed } from '../codec/Cursor.ts'
import { parseGenesis } from './genesis.ts'

test('T32 any text as a genesis document', async () => {
  const outcomes = await fuzzJsonParser({
    name: 'genesis',
    seeds: [genesisDocument()],
    errors: [Malformed],
    judge(json) {
      const document = parseGenesis(json)
      expect(parseGenesis(JSON.parse(JSON.stringify(json)))).toEqual(document)
      return `a document with ${document.assets.length} assets`
    },
  })
  expect(outcomes).toContain('a document with 2 assets')
})
