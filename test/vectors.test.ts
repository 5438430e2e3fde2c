// The code against the committed bytes of every public shape, and these against programs that are not ours: viem for what wallets
// sign, node:crypto for SHA-256, and the layouts of docs/internals/shapes.md written out by hand.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  advance,
  createChain,
  createState,
  developmentModules,
  executeBlock,
  protocolOf,
  unmake,
  type State,
} from '@turnpike/chain'
import { decode, decodeOp, encode, Hex, opFromJson, opToJson, recoverSigner } from '@turnpike/chain/wire'
import type { Op, Refusal } from '@turnpike/chain/wire'
import { documentCodec } from '@turnpike/chain/wire/policy'
import {
  concat,
  hashTypedData,
  keccak256,
  numberToHex,
  pad,
  recoverAddress,
  stringToHex,
  type TypedDataDefinition,
} from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { folderAt, listFiles } from '../scripts/generated.ts'
import { createVectors } from '../scripts/vectors/files.ts'

type Hash = `0x${string}`
type Signed = {
  readonly typedData: TypedDataDefinition
  readonly digest: Hash
  readonly signature: Hash
  readonly signer: Hash
}
type Operation = {
  readonly id: Hash
  readonly type: number
  readonly json: { readonly type: string; readonly signatures: readonly Hash[]; readonly attempt?: Hash }
  readonly bytes: Hash
  readonly typedData: TypedDataDefinition
  readonly digest: Hash
  readonly signers: readonly Hash[]
}
type Block = {
  readonly height: number
  readonly time: number
  readonly operations: readonly Hash[]
  readonly receipts: readonly {
    readonly events: readonly { readonly type: string }[]
    readonly eventsBytes: Hash
    readonly leaf: Hash
  }[]
  readonly receiptsRoot: Hash
  readonly writeSet: Hash
  readonly writes: Hash
  readonly appHash: Hash
  readonly header: Hash
  readonly blockHash: Hash
}
type Asset = Record<'symbol' | 'name' | 'version' | 'currency', string> & {
  readonly decimals: number
  readonly address: Hash
}
type Genesis = {
  readonly document: Record<'sequencer' | 'operator' | 'tollAccount', Hash> & {
    readonly chainId: number
    readonly time: number
    readonly assets: readonly Asset[]
  }
  readonly params: Hash
  readonly hash: Hash
}
type Numbers = Readonly<
  Record<'modules' | 'messages' | 'events' | 'codes' | 'tables', Readonly<Record<string, number>>>
>

const folder = folderAt('vectors')
const read = (name: string): unknown => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'))

const operations = read('operations.json') as readonly Operation[]
const chain = read('chain.json') as { readonly genesis: Genesis; readonly blocks: readonly Block[] }
const refusals = read('refusals.json') as readonly {
  readonly afterHeight: number
  readonly operation: unknown
  readonly refusal: unknown
}[]
const policies = read('policies.json') as readonly {
  readonly json: unknown
  readonly bytes: Hash
  readonly hash: Hash
}[]
const numbers = read('numbers.json') as Numbers
const identity = read('identity.json') as {
  readonly people: Readonly<
    Record<string, { readonly keyIsSha256Of: string; readonly key: Hash; readonly address: Hash }>
  >
  readonly agent: {
    readonly owner: Hash
    readonly salt: Hash
    readonly saltIsKeccak256Of: string
    readonly address: Hash
  }
  readonly keyProof: Signed
  readonly query: Signed & { readonly argsBytes: Hash }
}

const sha256 = (...parts: readonly Hash[]): Hash =>
  `0x${createHash('sha256')
    .update(Hex.toBytes(concat(parts)))
    .digest('hex')}`
const integer = (value: number, size: number): Hash => numberToHex(value, { size })
const text = (value: string): Hash => concat([integer(Buffer.byteLength(value), 4), stringToHex(value)])

/** RFC 6962 2.1, word for word. */
function treeHash(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return sha256('0x00', leaves[0]!)
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return sha256('0x01', treeHash(leaves.slice(0, half)), treeHash(leaves.slice(half)))
}

function begin(): { readonly app: ReturnType<typeof createChain>; readonly state: State } {
  const app = createChain(developmentModules)
  return { app, state: createState(app, chain.genesis.document, [5, 6]) }
}

test('vectors/ is what npm run vectors writes', async () => {
  const made = createVectors()
  expect((await listFiles(folder)).toSorted()).toEqual([...made.keys()].toSorted())
  for (const [name, content] of made)
    expect(
      readFileSync(`${folder}/${name}`, 'utf8') === content,
      `${name} differs: run npm run vectors, and say in the commit why bytes changed.`,
    ).toBe(true)
})

test('every message, event, code and table is in it', () => {
  const { app } = begin()
  const given = new Set(operations.map(({ json }) => json.type))
  expect([...given].toSorted()).toEqual(Object.keys(numbers.messages).toSorted())
  expect([...given].toSorted()).toEqual(app.definitions.map(({ type }) => type).toSorted())
  const stated = new Set(
    chain.blocks.flatMap(({ receipts }) => receipts.flatMap(({ events }) => events.map(({ type }) => type))),
  )
  expect([...stated].toSorted()).toEqual(Object.keys(numbers.events).toSorted())
  const declared = app.modules.flatMap((module) => ('events' in module ? (module.events ?? []) : []))
  expect([...stated].toSorted()).toEqual(declared.map(({ type }) => type).toSorted())
})

test('a number is its module’s times 256 and a place', () => {
  const owners = new Map(Object.entries(numbers.modules))
  owners.set('wire', 0)
  for (const kind of ['messages', 'events', 'codes', 'tables'] as const)
    for (const [name, number] of Object.entries(numbers[kind]))
      expect([name, number >> 8, number & 255 ? 'a place' : 'none']).toEqual([
        name,
        owners.get(name.split('/')[0]!),
        'a place',
      ])
})

describe('operations', () => {
  const { app, state } = begin()
  const protocol = protocolOf(app, state)
  test.each(operations.map((operation, i) => [i, operation.json.type, operation] as const))(
    '%i %s',
    async (_, __, of) => {
      const op = decodeOp(protocol, Hex.toBytes(of.bytes))
      expect(opToJson(op)).toEqual(of.json)
      expect(Hex.fromBytes(opFromJson(protocol, of.json).bytes)).toBe(of.bytes)
      expect(op.id).toBe(of.id)
      expect(of.digest).toBe(hashTypedData(of.typedData))
      expect(of.id).toBe(
        of.json.attempt === undefined
          ? of.digest
          : keccak256(concat([stringToHex('turnpike/hold/v1'), of.digest, of.json.attempt])),
      )
      const signer = await recoverAddress({ hash: of.digest, signature: of.json.signatures[0]! })
      expect(signer.toLowerCase()).toBe(of.signers[0])
      expect(op.signatures.map((signature) => recoverSigner(signature))).toEqual(of.signers)
    },
  )
})

test('keys, the agent’s address, a key’s proof and a private question are what other programs make of them', async () => {
  for (const { keyIsSha256Of, key, address } of Object.values(identity.people)) {
    expect(sha256(stringToHex(keyIsSha256Of))).toBe(key)
    expect(privateKeyToAddress(key).toLowerCase()).toBe(address)
  }
  const { owner, salt, saltIsKeccak256Of, address } = identity.agent
  expect(keccak256(stringToHex(saltIsKeccak256Of))).toBe(salt)
  expect(`0x${keccak256(concat([stringToHex('turnpike/agent/v1'), owner, salt])).slice(26)}`).toBe(address)
  for (const { typedData, digest, signature, signer } of [identity.keyProof, identity.query]) {
    expect(hashTypedData(typedData)).toBe(digest)
    expect((await recoverAddress({ hash: digest, signature })).toLowerCase()).toBe(signer)
  }
  expect((identity.query.typedData.message as { readonly args: Hash }).args).toBe(sha256(identity.query.argsBytes))
})

test('the genesis hash is that of the document’s bytes', () => {
  const { document, params, hash } = chain.genesis
  const { chainId, time, sequencer, operator, tollAccount, assets } = document
  const assetBytes = assets.map(({ symbol, name, version, decimals, currency, address }) =>
    concat([text(symbol), text(name), text(version), integer(decimals, 1), text(currency), address]),
  )
  const fields = concat([integer(1, 1), integer(chainId, 8), integer(time, 6), sequencer, operator, tollAccount])
  const paramsLength = integer((params.length - 2) / 2, 4)
  expect(sha256(fields, integer(assets.length, 2), ...assetBytes, paramsLength, params, '0x00')).toBe(hash)
  expect(begin().state.genesis).toBe(hash)
})

/** `varint length ‖ name ‖ 0x20 ‖ SHA-256(value)` */
const root = (name: string, value: Hash): Hash =>
  concat([integer(name.length, 1), stringToHex(name), '0x20', sha256(value)])

test('each block commits to its receipts, its writes and the block before', () => {
  const zero = pad('0x', { size: 32 })
  const { params, hash: genesis, document } = chain.genesis
  const first = sha256(concat([integer(1, 1), genesis, integer(0, 8), integer(document.time, 8), zero, zero]))
  let before = { appHash: zero, blockHash: first }
  const leaves: Hash[] = []
  for (const block of chain.blocks) {
    const { height, time, receipts, receiptsRoot, writeSet, writes, appHash, header, blockHash } = block
    for (const { leaf, eventsBytes } of receipts) {
      expect(leaf.length).toBe(2 + 2 * 250)
      expect(leaf.slice(6, 22)).toBe(genesis.slice(2, 18))
      expect(Number(`0x${leaf.slice(22, 38)}`)).toBe(leaves.length)
      expect(`0x${leaf.slice(-64)}`).toBe(sha256(eventsBytes))
      leaves.push(leaf)
    }
    expect(receiptsRoot).toBe(treeHash(leaves))
    expect(writes).toBe(sha256(writeSet))
    const roots = [
      root('params', params),
      root('previous', before.appHash),
      root('receipts', receiptsRoot),
      root('receipts-size', integer(leaves.length, 8)),
      root('state', zero),
      root('writes', writes),
    ]
    expect(appHash).toBe(treeHash(roots))
    expect(header).toBe(
      concat([integer(1, 1), genesis, integer(height, 8), integer(time, 8), before.blockHash, appHash]),
    )
    expect(blockHash).toBe(sha256(header))
    before = { appHash, blockHash }
  }
})

test('a write set is a list of entries, each of a known table', () => {
  const tables = new Set(Object.values(numbers.tables))
  for (const { writeSet, height } of chain.blocks) {
    const bytes = Hex.toBytes(writeSet)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let at = 0
    while (at < bytes.length) {
      expect(tables.has(view.getUint16(at)), `a table of block ${height}`).toBe(true)
      expect(view.getUint8(at + 6)).toBeLessThanOrEqual(1)
      at += 9 + view.getUint16(at + 7)
      at += 4 + view.getUint32(at)
    }
    expect(at).toBe(bytes.length)
  }
})

/** What the sender of a refused operation is told, with amounts as text. */
function told({ code, number, message, values, hint, retry }: Refusal): unknown {
  const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
  return JSON.parse(JSON.stringify({ code, number, message, values, hint, retry }, asText))
}

test('the committed bytes alone lead to every hash, and to every refusal', () => {
  const { app, state } = begin()
  const protocol = protocolOf(app, state)
  const bytesOf = new Map(operations.map(({ id, bytes }) => [id, Hex.toBytes(bytes)]))
  const run = (height: number, time: number, ops: readonly Op[]): ReturnType<typeof executeBlock> =>
    executeBlock(app, state, { height, time, ops }, recoverSigner)
  for (const { height, time, operations: ids, receipts, writes, appHash, blockHash } of chain.blocks) {
    const result = run(
      height,
      time,
      ids.map((id) => decodeOp(protocol, bytesOf.get(id)!)),
    )
    expect(result.leaves.map((leaf) => Hex.fromBytes(leaf))).toEqual(receipts.map(({ leaf }) => leaf))
    expect(result).toMatchObject({ writes, head: { appHash, blockHash } })
    advance(state, result)
    state.store.keep()
    for (const { operation, refusal } of refusals.filter(({ afterHeight }) => afterHeight === height)) {
      const tried = run(height + 1, time + 1_000, [opFromJson(protocol, operation)])
      unmake(state, tried)
      expect(told(tried.outcomes[0] as Refusal)).toEqual(refusal)
    }
  }
})

test('policies have the bytes and the hash of their JSON', () => {
  for (const { json, bytes, hash } of policies) {
    expect(Hex.fromBytes(encode(documentCodec, documentCodec.fromJson(json, '')))).toBe(bytes)
    expect(documentCodec.toJson(decode(documentCodec, Hex.toBytes(bytes)))).toEqual(json)
    expect(sha256(bytes)).toBe(hash)
  }
})
