// A chain with one module more: everything that a module brings works without a change to any file of the chain.
import { answer, createChain, developmentModules, modules, paramsOf, parseQuestion, violations } from '@turnpike/chain'
import { Hash, decodeLeaf, decodeOp, opFromJson, opToJson } from '@turnpike/chain/wire'
import { freshNonce, given, person } from '@turnpike/chain/testing'
import { expect, test } from 'vitest'
import { notes } from './notes.ts'
import { write } from './wire.ts'

const ada = person('ada')
const note = Hash.parse(`0x${'ab'.repeat(32)}`)!

function givenNotes(params: { readonly [name: string]: unknown } = {}): ReturnType<typeof given> {
  const chain = given({ modules: [...developmentModules, notes], params })
  chain.fund(ada, 10n)
  return chain
}

test('its message is signed, executed once, and committed with its event', () => {
  const chain = givenNotes()
  const op = chain.native(write, { note, length: 280 }, ada)
  const { leaves, receipts } = chain.block(op)
  const leaf = decodeLeaf(leaves[0]!)
  expect({ ...leaf }).toMatchObject({ kind: 'other', type: 0x6401, code: 0, op: op.id, reference: note })
  expect(receipts[0]!.events.map((stated) => stated.fields)).toEqual([{ account: ada.address, note }])
  expect(chain.run(op)).toEqual({ repeats: leaf.sequence })
})

test('its bytes and JSON are read by the same decoder as every other', () => {
  const chain = givenNotes()
  const op = chain.native(write, { note, length: 1 }, ada)
  expect(decodeOp(chain.protocol, op.bytes)).toEqual(op)
  expect(opFromJson(chain.protocol, JSON.parse(JSON.stringify(opToJson(op))))).toEqual(op)
  expect(opToJson(op)).toMatchObject({ type: 'notes/write', account: ada.address, note, length: 1 })
})

test('its refusal undoes the operation and carries code, number and hint', () => {
  const chain = givenNotes({ noteLengthMax: 5 })
  const refusal = chain.refused(chain.native(write, { note, length: 6 }, ada))
  expect(refusal).toMatchObject({ code: 'notes/too_long', number: 0x6401, values: { length: 6, max: 5 } })
  expect(chain.app.codes.get(0x6401)?.code).toBe('notes/too_long')
})

test('its query answers by name and its parameter shows among the others', () => {
  const chain = givenNotes()
  const ask = (): unknown => answer(chain.view(), parseQuestion(chain.app, 'notes/note', { account: ada.address }))
  expect(ask()).toEqual({ status: 'none' })
  chain.succeed(chain.native(write, { note, length: 7 }, ada))
  expect(ask()).toEqual({ status: 'written', note, length: 7 })
  expect(paramsOf(chain.app, chain.view())['noteLengthMax']).toBe(280)
})

test('its invariant is checked with all others', () => {
  const chain = givenNotes()
  chain.succeed(chain.native(write, { note, length: 200 }, ada))
  expect(violations(chain.app, chain.view())).toEqual([])
  const strict = givenNotes({ noteLengthMax: 100 })
  expect(strict.refused(strict.native(write, { note, length: 101 }, ada)).code).toBe('notes/too_long')
  expect(chain.app.invariants.map(({ name }) => name)).toContain('notes/length')
})

test('it is authenticated and bounded like every message that moves no money', () => {
  const chain = givenNotes({ freePerMinute: 2 })
  const writing = (): ReturnType<typeof chain.native> => chain.native(write, { note, length: 1 }, ada)
  chain.succeed(writing())
  chain.succeed(writing())
  expect(chain.refused(writing()).code).toBe('accounts/too_many')
  const stranger = person('stranger')
  const foreign = chain.native(write, { note, length: 1, nonce: freshNonce() }, stranger, { account: ada.address })
  expect(chain.refused(foreign).code).toBe('accounts/key_not_allowed')
})

test('a second module with its number is refused when the chain is put together', () => {
  expect(() => createChain([...modules, notes, { ...notes, name: 'copy' }])).toThrow('is declared twice')
})
