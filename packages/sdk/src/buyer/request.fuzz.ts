// Any address that a caller wants fetched, and any body that a seller answers with: read, or a typed error.
import { fuzzParser } from '@turnpike/chain/testing'
import { Text } from '@turnpike/chain/wire'
import { expect, it } from 'vitest'
import { LedgerError } from '../errors.ts'
import { parseAddress } from '../sign.ts'
import { readRequest } from './request.ts'
import { readUntrusted } from './untrusted.ts'

const decoder = new TextDecoder()

it('T32 T22 any address to fetch', async () => {
  const outcomes = await fuzzParser({
    name: 'url',
    seeds: ['https://shop.example/a?b=c#d', 'http://127.0.0.1:1/', 'http://[::1]/', 'data:,a'].map(Text.toBytes),
    pieces: ['//', '@', ':', '\\', '%00', '#', '?', '..', 'file:', 'javascript:', 'http:', ' ', '\t', '１'].map(
      Text.toBytes,
    ),
    errors: [LedgerError],
    async judge(input) {
      const { url } = await readRequest(decoder.decode(input))
      expect(['http:', 'https:']).toContain(url.protocol)
      expect([url.username, url.password, url.hash]).toEqual(['', '', ''])
      return url.protocol
    },
  })
  expect(outcomes).toContain('https:')
})

it('T32 any text as an address of the ledger', async () => {
  const outcomes = await fuzzParser({
    name: 'party',
    seeds: [Text.toBytes(`0x${'aB'.repeat(20)}`)],
    errors: [LedgerError],
    judge(input) {
      expect(parseAddress(decoder.decode(input))).toMatch(/^0x[0-9a-f]{40}$/)
      return 'an address'
    },
  })
  expect(outcomes).toContain('an address')
})

it('T32 T104 any bytes as the answer of a seller', async () => {
  const bytesMax = 40
  const outcomes = await fuzzParser({
    name: 'answer',
    seeds: ['plain', 'é'.repeat(19), 'x'.repeat(41), '\ufeff'].map(Text.toBytes),
    pieces: ['é', '\u{1f600}', '\0', '\u202e'].map(Text.toBytes),
    async judge(input) {
      const { untrusted } = await readUntrusted(new Response(Uint8Array.from(input)), { bytesMax })
      expect(untrusted.isTruncated).toBe(input.length > bytesMax)
      expect(untrusted.body.length).toBeLessThanOrEqual(bytesMax)
      if (!untrusted.isTruncated) expect(untrusted.body).toBe(decoder.decode(input))
      return untrusted.isTruncated ? 'cut' : 'whole'
    },
  })
  expect(outcomes).toEqual(new Set(['cut', 'whole']))
})
