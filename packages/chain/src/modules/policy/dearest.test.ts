// The most work that one operation can be made to do: a payment under sixteen full windows that all end at once, and the largest policy
// taking the place of the largest.
import { expect, test } from 'vitest'
import {
  documentWith,
  dollar,
  dollarCap,
  freshNonce,
  given,
  openAgent,
  person,
  signedDocument,
} from '../../../testing/index.ts'
import type { Agent, Given } from '../../../testing/index.ts'
import type { Address } from '../../codec/Address.ts'
import * as Hash from '../../codec/Hash.ts'
import { advance, executeBlock } from '../../kernel/execute.ts'
import { createOp, opBytesMax } from '../../wire/op.ts'
import * as payments from '../payments/wire.ts'
import { capsMax, payeesMax, type Cap, type PolicyDocument } from './document.ts'
import * as policy from './wire.ts'

const owner = person('owner')
const buckets = 128
const second = 1_000

const caps = Array.from({ length: capsMax }, (_, i): Cap => {
  const per = { kind: 'rolling', windowMs: buckets * second, buckets } as const
  return dollarCap(`cap${i}`.padEnd(32, '_'), per, { maxAmount: 2n ** 128n - 1n, maxCount: 2 ** 32 - 1 })
})
const payees = Array.from({ length: payeesMax }, (_, i) => ({
  payee: `0x${(i + 256).toString(16).padStart(40, '0')}` as Address,
}))
const largest: Partial<PolicyDocument> = { caps, payees: { mode: 'deny', list: payees, firstSeen: 'allow' } }

/** How many rows and records a write set names. */
function countEntries(writes: Uint8Array): number {
  const view = new DataView(writes.buffer, writes.byteOffset, writes.length)
  let count = 0
  for (let at = 0; at < writes.length; count++) {
    at += 9 + view.getUint16(at + 7)
    at += 4 + view.getUint32(at)
  }
  return count
}

/** Pays one unit a block, signed by nobody: what signatures are worth is tried elsewhere. Gives what was written. */
function pay(g: Given, { key, address }: Agent): number {
  const fields = { payee: owner.address, asset: dollar, amount: 1n, reference: Hash.zero }
  const message = {
    ...fields,
    account: address,
    nonce: freshNonce(),
    validBefore: g.time + 1,
    type: payments.charge.type,
  }
  const signatures = [{ kind: 1 as const, bytes: new Uint8Array(65) }]
  const op = createOp(g.protocol.domains, { definition: payments.charge, message, signatures, relay: {} })
  const block = { height: g.state.head.height + 1, time: g.time, ops: [op] }
  const result = executeBlock(g.app, g.state, block, () => key.address)
  expect(result.receipts).toHaveLength(1)
  const entries = countEntries(result.writeSet)
  advance(g.state, result)
  g.state.store.keep()
  return entries
}

test('T141 a payment under sixteen windows that all end at once writes their buckets once, and the next one no more than any', () => {
  const g = given()
  g.fund(owner, 1n)
  const agent = openAgent(g, { owner, key: person('key'), document: documentWith(largest) })
  g.fund(agent.address, 1_000_000n)
  const usual: number[] = []
  for (let i = 0; i < buckets; i++) {
    g.time += second
    usual.push(pay(g, agent))
  }
  g.time += 2 * buckets * second
  const dearest = pay(g, agent)
  // A full window has a slot for each of its buckets but the newest.
  expect(dearest).toBeGreaterThan(capsMax * (buckets - 2))
  expect(dearest).toBeLessThanOrEqual(capsMax * buckets + Math.max(...usual))
  expect(pay(g, agent)).toBeLessThanOrEqual(Math.max(...usual))
  expect(Math.max(...usual)).toBeLessThanOrEqual(capsMax + 20)
})

test('T141 the largest change of a policy writes no more than its operation has bytes, and what it needs beside', () => {
  const g = given()
  g.fund(owner, 1n)
  const agent = openAgent(g, { owner, key: person('key'), document: documentWith(largest) })
  const change = documentWith({ ...largest, change: { loosenDelayMs: 1 } })
  const fields = { agent: agent.address, baseVersion: 1, ...signedDocument(g, change) }
  const op = g.native(policy.proposePolicy, fields, owner)
  expect(op.bytes.length).toBeLessThanOrEqual(opBytesMax)
  const { writeSet, receipts } = g.block(op)
  expect(receipts).toHaveLength(1)
  expect(writeSet.length).toBeLessThanOrEqual(op.bytes.length + 1_024)
  g.time += 60_000
  const applied = g.block()
  expect(applied.writeSet.length).toBeLessThanOrEqual(2 * op.bytes.length)
})
