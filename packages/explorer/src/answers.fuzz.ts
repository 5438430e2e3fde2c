// Whatever a node answers to a page: read whole, or refused with a code; and any address of a page leads somewhere.
import { fuzzJsonParser, fuzzParser } from '@turnpike/chain/testing'
import { expect, test } from 'vitest'
import { agentState } from './agentState.ts'
import { readChain } from './chainInfo.ts'
import { readEvents } from './eventStream.ts'
import type { StreamEvent } from './eventStream.ts'
import { LedgerError } from './LedgerError.ts'
import { accountPayments, agents, pastRefusals, recentPayments, sellerBooks } from './questions.ts'
import { readReceipt } from './receipt.ts'
import { parseRoute, pathOf } from './route.ts'

const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const decoder = new TextDecoder()
const [address, hash] = [`0x${'74'.repeat(20)}`, `0x${'11'.repeat(32)}`]
const payment = { operation: hash, payer: address, payee: address, asset: address, amount: '10000', toll: '10' }
const place = { sequence: 3, height: 7, time: 1_800_000_000_000 }
const cap = { id: 'life', denom: { currency: 'USD' }, per: { kind: 'lifetime' }, used: '5', held: '0', remaining: '5' }

const readers: readonly { readonly name: string; readonly read: (json: unknown) => unknown; readonly seed: unknown }[] =
  [
    {
      name: 'chain',
      read: readChain,
      seed: { chainId: 1, engine: '', height: 7, assets: [{ address, symbol: 'pUSD', decimals: 6 }] },
    },
    {
      name: 'receipt',
      read: readReceipt,
      seed: { receipt: { op: hash, ...place, payment, events: [{}] }, leaf: '0x', signers: ['a'] },
    },
    { name: 'payments', read: accountPayments.read, seed: { payments: [{ ...payment, ...place }] } },
    { name: 'recent', read: recentPayments.read, seed: { payments: [{ ...payment, ...place }] } },
    {
      name: 'refusals',
      read: pastRefusals.read,
      seed: { refusals: [{ ...place, code: 'policy/cap_window', values: {} }] },
    },
    { name: 'agents', read: agents.read, seed: { agents: [{ address, owner: address }] } },
    {
      name: 'books',
      read: sellerBooks.read,
      seed: { periods: [{ start: 1, asset: address, amount: '1', toll: '0', payments: 1 }] },
    },
    {
      name: 'agent',
      read: agentState.read,
      seed: {
        account: address,
        owner: address,
        version: 1,
        status: 'active',
        words: 'w',
        sentence: 's',
        worstToday: '0',
        worstNow: '0',
        caps: [{ ...cap, maxAmount: '10' }],
      },
    },
  ]

test('T32 T144 any JSON as what a page asked for', async () => {
  const outcomes = await fuzzJsonParser({
    name: 'pageAnswer',
    seeds: readers.map(({ name, seed }) => ({ [name]: seed })),
    errors: [LedgerError],
    judge(json) {
      const [name, answer] = Object.entries(json ?? {})[0] ?? []
      const reader = readers.find((each) => each.name === name) ?? readers[0]!
      reader.read(answer)
      return `read: ${reader.name}`
    },
  })
  for (const name of ['chain', 'receipt', 'payments', 'agent']) expect(outcomes).toContain(`read: ${name}`)
})

test('T32 any bytes as a stream, whole or byte by byte', async () => {
  const read = async (pieces: readonly Uint8Array[]): Promise<readonly StreamEvent[]> => {
    const events: StreamEvent[] = []
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece)
        controller.close()
      },
    })
    await readEvents(new Response(body), { onEvent: (event) => events.push(event), onChunk: () => undefined })
    return events
  }
  const outcomes = await fuzzParser({
    name: 'pageStream',
    seeds: ['event: block\nid: 1\ndata: {}\n\n', 'data: a\rdata: b\r\n\r\n:\n\n'].map(toBytes),
    pieces: ['\n', '\n\n', '\r', '\r\n', 'data:', 'event: ', 'id:', ':', '\u2028', '\ufeff'].map(toBytes),
    async judge(input) {
      const events = await read([input])
      expect(await read([...input].map((byte) => Uint8Array.of(byte)))).toEqual(events)
      return `${Math.min(events.length, 4)} events`
    },
  })
  expect(outcomes).toContain('1 events')
})

test('T32 any path as that of a page', async () => {
  const outcomes = await fuzzParser({
    name: 'page',
    seeds: ['/', `/agent/${address}`, `/seller/${address}/`, `/operation/${hash}`, '/x'].map(toBytes),
    pieces: ['/', '//', '#', '?', '%2F', '..', '0X', '__proto__'].map(toBytes),
    judge(input) {
      const path = decoder.decode(input)
      const route = parseRoute(path)
      expect(parseRoute(pathOf(route))).toEqual(route)
      return route.page
    },
  })
  expect(outcomes).toEqual(new Set(['live', 'agent', 'seller', 'operation', 'unknown']))
})
