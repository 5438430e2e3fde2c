// Any bytes as the leaf of a receipt: a receipt, or Malformed; and what a chain wrote is written again byte for byte.
import { expect, test } from 'vitest'
import { given, openAgent, payOp, person } from '../../testing/index.ts'
import { fuzzParser } from '../../testing/parserFuzz.ts'
import { createWriter, Malformed } from '../codec/Cursor.ts'
import * as Hex from '../codec/Hex.ts'
import { decodeLeaf, leafBytes, writeLeaf } from './receipt.ts'
import type { Receipt } from './receipt.ts'

const chainTag = Hex.toBytes('0x0102030405060708')

function leafOf(receipt: Receipt): Uint8Array {
  const writer = createWriter(leafBytes)
  writeLeaf(writer, receipt, chainTag)
  return writer.bytes.slice(0, leafBytes)
}

test('T32 any bytes as a leaf', async () => {
  const g = given()
  const [owner, key] = [person('owner'), person('key')]
  g.fund(owner, 1_000_000n)
  const agent = openAgent(g, { owner, key })
  g.fund(agent.address, 1_000_000n)
  const receipt = g.succeed(payOp(g, agent, { to: person('payee').address, amount: 5n }))
  const outcomes = await fuzzParser({
    name: 'leaf',
    seeds: [leafOf(receipt)],
    errors: [Malformed],
    judge(input) {
      const leaf = decodeLeaf(input)
      const isOurs = leaf.chainTag === Hex.fromBytes(chainTag) && Hex.fromBytes(leafOf(leaf)) === Hex.fromBytes(input)
      return `${isOurs ? 'as written' : 'changed'}: ${leaf.kind}${leaf.payment === undefined ? '' : ' of money'}`
    },
  })
  expect(outcomes).toContain('as written: payment of money')
})
