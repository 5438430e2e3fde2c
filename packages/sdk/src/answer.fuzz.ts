// Any JSON as what a node answers: read whole, or one typed error.
import { fuzzJsonParser } from '@turnpike/chain/testing'
import { expect, test } from 'vitest'
import { readChain } from './chain.ts'
import { chainAnswer, dollar } from './chainAnswer.fixture.ts'
import { LedgerError } from './errors.ts'
import { readReceipt } from './receipt.ts'

test('T32 any JSON as what a node says of its chain', async () => {
  const outcomes = await fuzzJsonParser({
    name: 'chainAnswer',
    seeds: [chainAnswer()],
    errors: [LedgerError],
    judge(json) {
      const { chainId, network, assets } = readChain(json)
      expect(network).toBe(`eip155:${chainId}`)
      for (const { decimals, address } of assets) {
        expect(Number.isSafeInteger(decimals)).toBe(true)
        expect(address).toMatch(/^0x[0-9a-f]{40}$/)
      }
      return `${assets.length} assets`
    },
  })
  expect(outcomes).toContain('2 assets')
})

test('T32 any JSON as a receipt', async () => {
  const [op, height, sequence, time] = [`0x${'11'.repeat(32)}`, 7, 3, 1_800_000_000_000]
  const parties = { payer: dollar, account: dollar, payee: dollar, asset: dollar }
  const payment = { ...parties, amount: '10000', toll: '10' }
  const receipt = { op, height, sequence, time, type: 'payments/charge', kind: 'payment', payment }
  const outcomes = await fuzzJsonParser({
    name: 'receiptAnswer',
    seeds: [{ ...receipt, policyVersion: 1, reference: op }],
    errors: [LedgerError],
    judge(json) {
      const { kind, payment: paid } = readReceipt(json)
      if (paid !== undefined) expect(paid.amount >= 0n && paid.toll >= 0n).toBe(true)
      return paid === undefined ? kind : `${kind} of money`
    },
  })
  expect(outcomes).toContain('payment of money')
})
