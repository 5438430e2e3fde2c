// The decoder of operations: real ones of every message come back byte for byte and field for field, and whatever else comes in,
// only Malformed (of which UnknownAsset is one kind) comes out.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dollar, fuzzJsonParser, fuzzParser, given, person } from '../../testing/index.ts'
import type { Shape } from '../codec/Codec.ts'
import { Malformed } from '../codec/Cursor.ts'
import * as Hex from '../codec/Hex.ts'
import { completeDocument } from '../modules/policy/document.ts'
import type { Definition } from './message.ts'
import {
  createOp,
  decodeOp,
  decodeRecordedOp,
  digestOf,
  opFromJson,
  opToJson,
  type AnyMessage,
  type Op,
  type Relay,
} from './op.ts'

const { protocol } = given()
const signer = person('signer')
const other = person('other')

const hexOf = (length: number): fc.Arbitrary<Hex.Hex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Hex.fromBytes(bytes))

/** Values of the fields that messages have, by what their codec says of itself. */
function valuesOf(shape: Shape): fc.Arbitrary<unknown> {
  if (shape.is === 'address') return fc.oneof(fc.constantFrom(signer.address, other.address, dollar), hexOf(20))
  if (shape.is === 'hash') return hexOf(32)
  if (shape.is === 'amount') return fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })
  if (shape.is === 'integer') return shape.bits === 64 ? fc.maxSafeNat() : fc.nat(2 ** (shape.bits ?? 8) - 1)
  if (shape.is === 'text') return fc.string({ maxLength: 40 }).filter((text) => text.isWellFormed())
  throw new Error(`No values for a field that is a ${shape.is}.`)
}

const documents = fc
  .record({ maxAmount: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), payees: fc.array(hexOf(20), { maxLength: 3 }) })
  .map(({ maxAmount, payees }) =>
    completeDocument(
      {
        caps: [
          {
            id: 'life',
            scope: { kind: 'all' },
            denom: { currency: 'USD' },
            per: { kind: 'lifetime' },
            maxAmount: maxAmount.toString(),
            onBreach: 'deny',
          },
        ],
        payees: { mode: 'deny', list: payees.map((payee) => ({ payee })), firstSeen: 'allow' },
      },
      dollar,
    ),
  )

function messagesOf(definition: Definition): fc.Arbitrary<AnyMessage> {
  const { shape } = definition.codec
  if (shape.is !== 'record') throw new Error('A message is a record.')
  const fields = Object.entries(shape.of).map(([name, field]): [string, fc.Arbitrary<unknown>] => {
    if (name === 'document') return [name, documents]
    if (name === 'asset' && definition.family === 'authorization') return [name, fc.constant(dollar)]
    return [name, valuesOf(field)]
  })
  return fc.record(Object.fromEntries(fields)).map((message) => ({ ...message, type: definition.type }))
}

function relaysOf(definition: Definition): fc.Arbitrary<Relay> {
  const attempts = definition.attempt
    ? fc.uint8Array({ minLength: 16, maxLength: 16 }).map((attempt) => ({ attempt }))
    : fc.constant({})
  const aliases = fc.oneof(
    fc.constant({}),
    hexOf(32).map((alias) => ({ alias: alias as NonNullable<Relay['alias']> })),
  )
  return fc.tuple(attempts, aliases).map(([attempt, alias]) => ({ ...attempt, ...alias }))
}

const definitions = fc.constantFrom(...protocol.definitions)
const operationsOf = (definition: Definition): fc.Arbitrary<Op> =>
  fc.tuple(messagesOf(definition), relaysOf(definition)).map(([message, relay]) => {
    const first = signer.sign(digestOf(protocol.domains, definition, message))
    const signatures = [first, ...definition.proofs.map(() => first)].map((bytes) => ({ kind: 1 as const, bytes }))
    return createOp(protocol.domains, { definition, message, signatures, relay })
  })
const operations = definitions.chain(operationsOf)

/** The operation, or undefined; anything else thrown fails the test. */
function tryTo(read: () => Op): Op | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

function expectCanonical(op: Op, bytes: Uint8Array): void {
  const { definition, message, signatures, relay } = op
  const again = createOp(protocol.domains, { definition, message, signatures, relay })
  expect(again.bytes).toEqual(bytes)
  expect(again.id).toBe(op.id)
}

test('T32 bytes and JSON give every operation back', () => {
  fc.assert(
    fc.property(operations, (op) => {
      expect(decodeOp(protocol, op.bytes)).toEqual(op)
      expect(decodeRecordedOp(protocol, op)).toEqual(op)
      const json: unknown = JSON.parse(JSON.stringify(opToJson(op)))
      expect(opFromJson(protocol, json)).toEqual(op)
    }),
  )
})

test('T83 the id is that of the content: other signature bytes change nothing of it', () => {
  fc.assert(
    fc.property(operations, fc.uint8Array({ minLength: 65, maxLength: 65 }), (op, bytes) => {
      const { definition, message, relay } = op
      const signatures = op.signatures.map(() => ({ kind: 1 as const, bytes }))
      expect(createOp(protocol.domains, { definition, message, relay, signatures }).id).toBe(op.id)
    }),
  )
})

test('T32 any bytes are an operation in its one encoding, or Malformed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const op = tryTo(() => decodeOp(protocol, bytes))
      if (op !== undefined) expectCanonical(op, bytes)
    }),
  )
})

test('T32 operations with changed, lost, doubled or added bytes', () => {
  const changes = fc.array(fc.tuple(fc.constantFrom('set', 'cut', 'double', 'add'), fc.nat(), fc.nat(255)), {
    minLength: 1,
    maxLength: 4,
  })
  fc.assert(
    fc.property(operations, changes, (original, edits) => {
      let bytes = [...original.bytes]
      for (const [edit, place, byte] of edits) {
        const at = place % bytes.length
        if (edit === 'set') bytes[at] = byte
        else if (edit === 'cut') bytes = bytes.toSpliced(at, 1 + (byte % 40))
        else if (edit === 'double') bytes = bytes.toSpliced(at, 0, ...bytes.slice(at, at + (byte % 40)))
        else bytes.push(byte)
        if (bytes.length === 0) return
      }
      const changed = Uint8Array.from(bytes)
      const op = tryTo(() => decodeOp(protocol, changed))
      if (op !== undefined) expectCanonical(op, changed)
    }),
  )
})

test('T32 JSON of operations with changed, missing and unknown fields', () => {
  const odd = fc.oneof(
    fc.constantFrom(null, '', '0x', '-1', 0.5, true),
    fc.jsonValue(),
    fc.constant({ toString: null, valueOf: null }),
  )
  fc.assert(
    fc.property(operations, fc.nat(), odd, fc.string(), fc.boolean(), (op, place, value, name, isAdded) => {
      const json = opToJson(op) as { readonly [field: string]: unknown }
      const names = Object.keys(json)
      const field = isAdded ? name : names[place % names.length]!
      const changed = JSON.parse(JSON.stringify({ ...json, [field]: value })) as unknown
      const read = tryTo(() => opFromJson(protocol, changed))
      if (read !== undefined) expectCanonical(read, read.bytes)
      expect(tryTo(() => opFromJson(protocol, value))).toBeUndefined()
    }),
  )
})

const seedOps = protocol.definitions.map(
  (definition) => fc.sample(operationsOf(definition), { numRuns: 1, seed: 1 })[0]!,
)

function expectAllMessages(outcomes: ReadonlySet<string>): void {
  expect(protocol.definitions.filter(({ type }) => !outcomes.has(type))).toEqual([])
}

test('T32 T83 bytes grown from every message, and from what was found before', async () => {
  const judge = (bytes: Uint8Array): string => {
    const op = decodeOp(protocol, bytes)
    expectCanonical(op, bytes)
    return op.definition.type
  }
  const seeds = seedOps.map(({ bytes }) => bytes)
  expectAllMessages(await fuzzParser({ name: 'operation', seeds, errors: [Malformed], judge }))
})

test('T32 T83 JSON grown from every message, and from what was found before', async () => {
  const judge = (json: unknown): string => {
    const op = opFromJson(protocol, json)
    expectCanonical(op, op.bytes)
    return op.definition.type
  }
  expectAllMessages(
    await fuzzJsonParser({ name: 'operationJson', seeds: seedOps.map(opToJson), errors: [Malformed], judge }),
  )
})
