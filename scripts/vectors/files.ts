// What vectors/ holds: one JSON file per kind of shape, made by the code under the recorded chain.
import { genesisDocument } from '@turnpike/chain/testing'
import {
  codec,
  decodeLeaf,
  digest,
  encode,
  encodeEvents,
  encodeHeader,
  eventToJson,
  Hash,
  Hex,
  opToJson,
  recoverSigner,
  sha256,
  typedData,
} from '@turnpike/chain/wire'
import type { Domain, Header, Op, Struct } from '@turnpike/chain/wire'
import { keyProof, queryStruct } from '@turnpike/chain/wire/accounts'
import { documentCodec, hashDocument, renderWords } from '@turnpike/chain/wire/policy'
import type { PolicyDocument } from '@turnpike/chain/wire/policy'
import type { Files } from '../generated.ts'
import { agentDocument, emptyDocument, findAsset, fullDocument, slowDocument, tighterDocument } from './documents.ts'
import type { RecordedBlock, Recording } from './recording.ts'
import { agent, people, recordChain, salt } from './scenario.ts'

/** Every file of vectors/ and its text. */
export function createVectors(): Files {
  const chain = recordChain()
  const files: { readonly [name: string]: unknown } = {
    'identity.json': identity(chain),
    'operations.json': operations(chain),
    'chain.json': recordedChain(chain),
    'refusals.json': refusals(chain),
    'policies.json': policies(),
    'numbers.json': numbers(chain),
  }
  const texts = Object.entries(files).map(
    ([name, value]) => [name, `${JSON.stringify(value, undefined, 2)}\n`] as const,
  )
  return new Map([...texts, ['README.md', readme(Object.keys(files))]])
}

const contents: { readonly [file: string]: string } = {
  'identity.json':
    "keys and their addresses, an agent's address, the domain of native messages, and the two structs that are signed beside messages: a key's proof and a private question",
  'operations.json': 'every message: JSON, bytes, what a wallet is shown, digest, id, signatures, who signed',
  'chain.json':
    'a short chain: genesis, the bytes of its parameters, its hash; of each block the write set, the receipts with leaf and events, the root of all receipts so far, app hash, header and block hash',
  'refusals.json': 'operations that are refused after a height, and what their sender is told',
  'policies.json': 'policy documents: JSON, bytes, hash, words',
  'numbers.json': 'the numbers of messages, events, codes and tables, which are never given to another',
}

function readme(names: readonly string[]): string {
  return [
    '# Golden vectors',
    '',
    'The bytes of every public shape, for whoever implements them in another language. `npm run vectors` writes this folder anew; a test',
    'holds the code against it, and a commit that changes a byte here says why. The shapes themselves are described in',
    '[docs/internals/shapes.md](../docs/internals/shapes.md), the fields in [docs/reference](../docs/reference/messages.md).',
    '',
    '| file | holds |',
    '|---|---|',
    ...names.map((name) => `| [${name}](${name}) | ${contents[name]!} |`),
    '',
    'The folder [wycheproof](wycheproof) has the vectors that Project Wycheproof (C2SP/wycheproof, commit dac1dd4) publishes for ECDSA',
    'over secp256k1, unchanged and under their own licence, Apache-2.0. The folder [fuzz](fuzz) has what fuzzing found worth trying again:',
    'a file for each parser, to which `npm run fuzz` adds, and which every run of the tests tries.',
    '',
    'Private keys are the SHA-256 of a text, so that anybody can sign the same. Never send money to their addresses.',
    '',
  ].join('\n')
}

function identity(chain: Recording): unknown {
  const { domains } = chain.protocol
  const args = encode(codec.record({ account: codec.address }), { account: agent })
  const question = [agent, 'policy/agent', Hash.fromBytes(sha256(args)), BigInt(chain.time)]
  return {
    people: Object.fromEntries(
      Object.entries(people).map(([role, { name, key, address }]) => [
        role,
        { keyIsSha256Of: `turnpike test ${name}`, key: Hex.fromBytes(key), address },
      ]),
    ),
    agent: { owner: people.owner.address, salt, saltIsKeccak256Of: 'helper', address: agent },
    domains: {
      native: domainJson(domains.native),
      tokens: assetAddresses().map((asset) => ({ asset, ...domainJson(domains.token(asset)!) })),
    },
    keyProof: signedStruct(domains.native, keyProof, [people.owner.address, salt, people.agentKey.address], 'agentKey'),
    query: {
      name: 'policy/agent',
      args: { account: agent },
      argsBytes: Hex.fromBytes(args),
      ...signedStruct(domains.native, queryStruct, question, 'owner'),
    },
  }
}

const assetAddresses = () =>
  (
    genesisDocument() as { readonly assets: readonly { readonly address: Parameters<typeof findAsset>[0] }[] }
  ).assets.map(({ address }) => address)

function domainJson({ struct, separator, ...fields }: Domain): object {
  return { ...fields, type: struct.typeString, separator: Hex.fromBytes(separator) }
}

function signedStruct(domain: Domain, struct: Struct, values: readonly unknown[], signer: keyof typeof people): object {
  const signedDigest = Hash.fromBytes(digest(domain, struct.hash(values)))
  return {
    typedData: typedData(struct, domain, values),
    digest: signedDigest,
    signer: people[signer].address,
    signature: Hex.fromBytes(people[signer].sign(signedDigest)),
  }
}

function operations(chain: Recording): unknown {
  return chain.blocks.flatMap(({ ops }) => ops.map((op) => operationJson(chain, op)))
}

function operationJson({ protocol: { domains } }: Recording, op: Op): object {
  const { definition, message } = op
  const domain = definition.family === 'native' ? domains.native : domains.token(message['asset'])!
  return {
    id: op.id,
    type: definition.number,
    family: definition.family,
    control: definition.control,
    json: opToJson(op),
    bytes: Hex.fromBytes(op.bytes),
    typedData: typedData(definition.struct, domain, definition.signedValues(message)),
    digest: op.digest,
    signers: op.signatures.map((signature) => recoverSigner(signature)),
  }
}

function recordedChain({ app, state, blocks }: Recording): unknown {
  const named = app.params.map(({ name, codec: of, initial }) => [
    ...encode(codec.text(64), name),
    ...encode(of, initial),
  ])
  const params = Hex.fromBytes(Uint8Array.from(named.flat()))
  return {
    genesis: { document: genesisDocument(), params, hash: state.genesis },
    blocks: blocks.map((block) => blockJson(block, state.genesis)),
  }
}

function blockJson(block: RecordedBlock, genesis: Hash.Hash): unknown {
  const { height, time, previous, appHash } = block
  const header: Header = { genesis, height, time, previous, appHash }
  return {
    height,
    time,
    operations: block.ops.map(({ id }) => id),
    receipts: block.receipts.map((receipt, i) => ({
      receipt: leafJson(block.leaves[i]!),
      events: receipt.events.map(eventToJson),
      eventsBytes: Hex.fromBytes(encodeEvents(receipt.events)),
      leaf: Hex.fromBytes(block.leaves[i]!),
    })),
    receiptsRoot: block.receiptsRoot,
    writeSet: Hex.fromBytes(block.writeSet),
    writes: block.writes,
    appHash,
    header: Hex.fromBytes(encodeHeader(header)),
    blockHash: block.blockHash,
  }
}

/** The fields of a leaf, amounts as decimal text. */
function leafJson(leaf: Uint8Array): unknown {
  return plain(decodeLeaf(leaf))
}

function refusals({ refusals: recorded }: Recording): unknown {
  return recorded.map(({ height, op, refusal }) => ({
    afterHeight: height,
    operation: opToJson(op),
    refusal: plain({
      code: refusal.code,
      number: refusal.number,
      message: refusal.message,
      values: refusal.values,
      hint: refusal.hint,
      retry: refusal.retry,
    }),
  }))
}

function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value, (_, entry: unknown) => (typeof entry === 'bigint' ? String(entry) : entry)))
}

function policies(): unknown {
  const documents: { readonly [name: string]: PolicyDocument } = {
    default: agentDocument,
    tighter: tighterDocument,
    slow: slowDocument,
    full: fullDocument,
    empty: emptyDocument,
  }
  return Object.entries(documents).map(([name, document]) => ({
    name,
    json: documentCodec.toJson(document),
    bytes: Hex.fromBytes(encode(documentCodec, document)),
    hash: hashDocument(document),
    words: renderWords(document, findAsset).split('\n'),
  }))
}

function numbers({ app }: Recording): unknown {
  const byNumber = (entries: readonly { readonly number: number; readonly name: string }[]): unknown =>
    Object.fromEntries(entries.toSorted((a, b) => a.number - b.number).map(({ number, name }) => [name, number]))
  const { modules } = app
  return {
    modules: byNumber(modules),
    messages: byNumber(app.definitions.map(({ type, number }) => ({ name: type, number }))),
    events: byNumber(modules.flatMap(({ events = [] }) => events.map(({ type, number }) => ({ name: type, number })))),
    codes: byNumber([...app.codes.values()].map(({ code, number }) => ({ name: code, number }))),
    tables: byNumber(
      modules.flatMap(({ name: module, tables = [] }) =>
        tables.map(({ name, number }) => ({ name: name.includes('/') ? name : `${module}/${name}`, number })),
      ),
    ),
  }
}
