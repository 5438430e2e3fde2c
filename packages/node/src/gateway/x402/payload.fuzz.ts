// The outline read by hand and the shapes that OpenAPI shows: one is a request exactly when the other fits.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { callShape, readOutline } from './payload.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 2_000)

const text = fc.oneof(fc.constantFrom('exact', 'eip155:402402', '1000', 'x'.repeat(128), 'x'.repeat(129)), fc.string())
const value = fc.oneof({ weight: 6, arbitrary: text }, { weight: 1, arbitrary: fc.jsonValue() })
const some = <T>(model: { readonly [name: string]: fc.Arbitrary<T> }): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.record(model) },
    { weight: 1, arbitrary: fc.record(model, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.jsonValue() as never },
  )
const version = fc.oneof({ weight: 8, arbitrary: fc.constant<unknown>(2) }, { weight: 1, arbitrary: fc.jsonValue() })
const requirements = some<unknown>({
  scheme: value,
  network: value,
  amount: value,
  asset: value,
  payTo: value,
  extra: fc.jsonValue(),
})
const payload = some<unknown>({
  x402Version: version,
  accepted: some<unknown>({ scheme: value, network: value }),
  payload: some<unknown>({ authorization: fc.jsonValue() }),
})
const body = some<unknown>({ x402Version: version, paymentPayload: payload, paymentRequirements: requirements })

it('T32 agree on any body', () => {
  let requests = 0
  fc.assert(
    fc.property(body, (candidate) => {
      // As it comes from the wire: no undefined, and __proto__ as a field like any other.
      const parsed: unknown = JSON.parse(JSON.stringify(candidate) ?? 'null')
      const outline = readOutline(parsed)
      const isRequest = outline !== undefined && 'request' in outline
      if (isRequest) requests++
      expect(isRequest).toBe(callShape.safeParse(parsed).success)
    }),
    { numRuns },
  )
  expect(requests).toBeGreaterThan(numRuns / 20)
})
