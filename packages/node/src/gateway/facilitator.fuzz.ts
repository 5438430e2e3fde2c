// Any bytes at the facilitator: a typed answer each time, and no money moved without a signature that holds.
import { person } from '@turnpike/chain/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestNode } from '../../testing/gateway.ts'
import type { Answered, TestNode } from '../../testing/gateway.ts'
import { createPayment } from '../../testing/payment.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300)
const payer = person('fuzz payer')
const payee = person('fuzz payee').address
const amount = 1_000_000n
let node: TestNode
beforeAll(async () => {
  node = await openTestNode()
  await node.fund(payer.address, amount)
})
afterAll(() => node.close())

const wild = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    null,
    '',
    '0',
    '0x',
    '-1',
    '1e3',
    '0x3e8',
    '00',
    ' 1',
    '１',
    2,
    -1,
    1.5,
    [],
    {},
    'eip155:402402',
    'exact',
    `0x${'00'.repeat(20)}`,
    `0x${'ff'.repeat(65)}`,
  ),
  fc.bigInt({ min: 0n, max: (1n << 260n) - 1n }).map(String),
  fc.string({ unit: 'binary', maxLength: 200 }),
)

/** All paths to values of an object. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))]
}

function replaceAt(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return replacement
  if (replacement === undefined && rest.length === 0)
    return Object.fromEntries(Object.entries(value as object).filter(([other]) => other !== name))
  return {
    ...(value as object),
    [name]: replaceAt((value as { readonly [name: string]: unknown })[name], rest, replacement),
  }
}

async function expectTyped(path: string, body: string): Promise<unknown> {
  const response = await node.post(path, body)
  const answer: Answered = await response.json()
  if (response.status !== 200) {
    expect([400, 413, 415]).toContain(response.status)
    expect(answer).toMatchObject({ code: expect.stringMatching(/^gateway\//), hint: expect.any(String) })
    return answer
  }
  if (path === '/x402/verify') {
    expect(typeof answer.isValid).toBe('boolean')
    if (!answer.isValid) expect(answer.invalidReason).toMatch(/^[a-z0-9_]+$/)
  } else {
    expect([typeof answer.success, typeof answer.transaction, typeof answer.network]).toEqual([
      'boolean',
      'string',
      'string',
    ])
    if (!answer.success) expect(answer.errorReason).toMatch(/^[a-z0-9_]+$/)
  }
  expect(JSON.stringify(answer)).not.toContain('null')
  return answer
}

it('T32 answers any text', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/x402/verify', '/x402/settle'),
      fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
      async (path, body) => {
        await expectTyped(path, body)
      },
    ),
    { numRuns },
  )
})

it('T32 answers a payment with anything in the place of anything, and moves money only as it says', async () => {
  const sound = createPayment({ payer, payee, now: node.now, identifier: 'fuzz_identifier_0' })
  const calls = fc.record({
    path: fc.constantFrom('/x402/verify', '/x402/settle'),
    place: fc.constantFrom(...pathsOf(sound)),
    value: fc.option(wild, { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(calls, async ({ path, place, value }) => {
      const before = await node.balance(payer.address)
      const answer = await expectTyped(path, JSON.stringify(replaceAt(sound, place, value)) ?? 'null')
      const { success = false, isValid = false } = answer as { readonly success?: boolean; readonly isValid?: boolean }
      if (!success && !isValid) expect(await node.balance(payer.address)).toBe(before)
    }),
    { numRuns },
  )
})
