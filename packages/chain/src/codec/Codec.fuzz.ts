// Every combinator: bytes and JSON give the value back, nothing but its one encoding is read, and whatever comes in, only Malformed
// comes out.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as codec from './Codec.ts'
import type { Codec } from './Codec.ts'
import { Malformed } from './Cursor.ts'
import * as Hex from './Hex.ts'

type Case = { readonly name: string; readonly of: Codec<unknown>; readonly values: fc.Arbitrary<unknown> }

function caseOf<T>(name: string, of: Codec<T>, values: fc.Arbitrary<T>): Case {
  return { name, of, values }
}

const hexOf = (length: number): fc.Arbitrary<Hex.Hex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Hex.fromBytes(bytes))
const amounts = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 96n, 2n ** 128n - 1n),
)
const times = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1))
const longs = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32, 2 ** 53 - 1))
const texts = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter((text) => text.isWellFormed() && new TextEncoder().encode(text).length <= 40)
const point = codec.record({ x: codec.u16, label: codec.optional(codec.text(40)), at: codec.optional(codec.u8) })
const points = fc.record({ x: fc.nat(65_535), label: texts, at: fc.nat(255) }, { requiredKeys: ['x'] }) as fc.Arbitrary<
  codec.Infer<typeof point>
>
const shape = codec.union('kind', { dot: codec.record({}), line: codec.record({ to: point }), far: point })
const shapes = fc.oneof(
  fc.constant({ kind: 'dot' as const }),
  points.map((to) => ({ kind: 'line' as const, to })),
  points.map((of) => ({ kind: 'far' as const, ...of })),
)

const cases: readonly Case[] = [
  caseOf('u8', codec.u8, fc.nat(255)),
  caseOf('u16', codec.u16, fc.nat(65_535)),
  caseOf('u32', codec.u32, fc.nat(2 ** 32 - 1)),
  caseOf('u64', codec.u64, longs),
  caseOf('ms', codec.ms, times),
  caseOf('units', codec.units, amounts),
  caseOf('address', codec.address, hexOf(20) as fc.Arbitrary<codec.Infer<typeof codec.address>>),
  caseOf('hash', codec.hash, hexOf(32) as fc.Arbitrary<codec.Infer<typeof codec.hash>>),
  caseOf('flag', codec.flag, fc.boolean()),
  caseOf('choice', codec.choice(['red', 'green', 'blue']), fc.constantFrom('red', 'green', 'blue')),
  caseOf('bytes', codec.bytes(32), fc.uint8Array({ maxLength: 32 })),
  caseOf('text', codec.text(40), texts),
  caseOf('list', codec.list(codec.units, 5), fc.array(amounts, { maxLength: 5 })),
  caseOf('record', point, points),
  caseOf('union', shape, shapes),
  caseOf(
    'nested',
    codec.list(codec.record({ shape, amount: codec.units }), 4),
    fc.array(fc.record({ shape: shapes, amount: amounts }), { maxLength: 4 }),
  ),
]

/** What a function throws must be Malformed; undefined when it does throw it. */
function orMalformed<T>(run: () => T): { readonly value: T } | undefined {
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

const oddKeys = fc.constantFrom(
  'kind',
  'x',
  'label',
  'at',
  'to',
  '__proto__',
  'toString',
  'valueOf',
  'constructor',
  'length',
)
const odd: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      null,
      true,
      '',
      '0',
      '01',
      '-1',
      '1e3',
      '0x',
      '0xzz',
      'dot',
      'line',
      'red',
      -1,
      0.5,
      1e300,
      2 ** 53,
    ),
    fc.string(),
    fc.integer(),
    fc.array(tie('value'), { maxLength: 4 }),
    // Through text, so that __proto__ is an own property as JSON.parse makes it.
    fc.array(fc.tuple(oddKeys, tie('value')), { maxLength: 4 }).map((entries) => {
      const body = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')
      return JSON.parse(`{${body}}`) as unknown
    }),
  ),
})).value

describe.each(cases)('T32 $name', ({ of, values }) => {
  test('bytes give the value back, within the size that the codec states', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = codec.encode(of, value)
        expect(codec.decode(of, bytes)).toEqual(value)
        expect(bytes.length).toBeLessThanOrEqual(of.max)
        if (of.size !== undefined) expect(bytes.length).toBe(of.size)
      }),
    )
  })

  test('JSON gives the value back', () => {
    fc.assert(
      fc.property(values, (value) => {
        const json: unknown = JSON.parse(JSON.stringify(of.toJson(value)))
        expect(of.fromJson(json, '')).toEqual(value)
      }),
    )
  })

  test('trailing bytes and every shorter piece are refused', () => {
    fc.assert(
      fc.property(values, fc.nat(255), fc.nat(), (value, extra, cut) => {
        const bytes = codec.encode(of, value)
        expect(() => codec.decode(of, Uint8Array.from([...bytes, extra]))).toThrow(Malformed)
        if (bytes.length === 0) return
        expect(() => codec.decode(of, bytes.subarray(0, cut % bytes.length))).toThrow(Malformed)
      }),
    )
  })

  test('any bytes are either one value, with this encoding and no other, or Malformed', () => {
    const near = fc.tuple(values, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
      const bytes = codec.encode(of, value).slice()
      if (bytes.length > 0) bytes[at % bytes.length] = byte
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), near), (bytes) => {
        const read = orMalformed(() => codec.decode(of, bytes))
        if (read !== undefined) expect(codec.encode(of, read.value)).toEqual(bytes)
      }),
    )
  })

  test('any JSON is either a value or Malformed', () => {
    fc.assert(
      fc.property(odd, (json) => {
        const read = orMalformed(() => of.fromJson(json, ''))
        if (read !== undefined) expect(codec.decode(of, codec.encode(of, read.value))).toEqual(read.value)
      }),
    )
  })
})

test('T112 integers and amounts outside their width are refused on both ways in', () => {
  const widths = [
    [codec.u8, 2 ** 8],
    [codec.u16, 2 ** 16],
    [codec.u32, 2 ** 32],
    [codec.ms, 2 ** 48],
    [codec.u64, 2 ** 53],
  ] as const
  for (const [of, above] of widths) {
    expect(codec.decode(of, codec.encode(of, above - 1))).toBe(above - 1)
    for (const wrong of [above, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => codec.encode(of, wrong)).toThrow(Malformed)
      expect(() => of.fromJson(wrong, 'field')).toThrow(Malformed)
    }
  }
  for (const wrong of [-1n, 2n ** 128n]) expect(() => codec.encode(codec.units, wrong)).toThrow(Malformed)
  for (const wrong of ['-1', '01', '+1', '1.0', '1e3', '0x1', ' 1', '', (2n ** 128n).toString(), 1, null]) {
    expect(() => codec.units.fromJson(wrong, 'amount')).toThrow(/^amount: /)
  }
})
