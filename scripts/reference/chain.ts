// The pages about the chain: messages, events, codes, params, queries; with examples from the chain of the vectors.
import { answer, parseQuestion, viewOf } from '@turnpike/chain'
import type { Module, Query } from '@turnpike/chain'
import { eventToJson, opToJson } from '@turnpike/chain/wire'
import type { codec, Definition, Shape } from '@turnpike/chain/wire'
import * as policyWire from '@turnpike/chain/wire/policy'
import { dollar, genesisDocument } from '@turnpike/chain/testing'
import { historyQuestions, reasonOf } from '@turnpike/node'
import type { Recording } from '../vectors/recording.ts'
import { agent, people } from '../vectors/scenario.ts'
import { clientCodes, gatewayCodes, nodeCodes } from './edgeCodes.ts'
import { code, json, page, table, textsFor } from './markdown.ts'
import { leavesOf, shapeWords } from './shape.ts'
import { eventTexts, messageTexts, paramTexts, queryTexts } from './texts.ts'

/** What is signed and sent. */
export function messagesPage(chain: Recording): string {
  const { definitions } = chain.app
  const textOf = textsFor(
    'messages',
    messageTexts,
    definitions.map(({ type }) => type),
  )
  return page(
    'Messages',
    'What people sign and the chain executes at most once. An operation in JSON is a message with its `type`, `signatures` (65 bytes each), and where the table says so `attempt` (16 bytes); `alias` (32 bytes) may stand beside any. Bytes of whole operations, digests and typed data for wallets lie in [vectors/](../../vectors/README.md). For which reasons each is refused, in which order, says the README of its module.',
    "Control messages execute before all others of their block. Anybody may hand in what is *relayable*; everything else acts for its signer. What moves no money counts as free, and an account has a bounded number of free operations per minute. Native messages are signed under the domain `Turnpike`, version `1`, and the chain's id, their times in ms; authorizations under the domain of the token, their times in seconds.",
    table(
      ['type', 'number', 'what it does', 'control', 'relayable', 'moves money'],
      definitions.map(({ type, number, family, control, moves }) => [
        `[${code(type)}](#${anchor(type)})`,
        String(number),
        textOf(type),
        ...[control, family === 'authorization', moves].map((is) => (is ? 'yes' : '')),
      ]),
    ),
    ...definitions.map((definition) => messagePart(chain, definition)),
    '## The policy document',
    'It travels beside `policy`, the SHA-256 of its canonical bytes, and `words`, the same in plain words. [Budgets](../concepts/budgets.md) says what each field means.',
    shapeTable(policyWire.documentCodec.shape),
  )
}

/** The heading of a name, as links write it. */
function anchor(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_-]/g, '')
}

function messagePart({ blocks }: Recording, { type, struct, proofs, codec: of, attempt }: Definition): string {
  const module = type.slice(0, type.indexOf('/'))
  const signed = new Map(struct.fields.map((field) => [field.name, field.type]))
  const fields = of.shape.is === 'record' ? Object.entries(of.shape.of) : []
  const example = blocks.flatMap(({ ops }) => ops).find((op) => op.definition.type === type)!
  const further = proofs.map((proof) => `a second signature, of its signer over ${code(proof.struct.typeString)}`)
  const carries = [...further, ...(attempt ? ['`attempt`'] : [])]
  return [
    `## ${type}`,
    `Signed as ${code(struct.typeString)}.${carries.length === 0 ? '' : ` It carries ${carries.join(', ')}.`} Refused when: [${module}](../../packages/chain/src/modules/${module}/README.md#messages).`,
    table(
      ['field', 'in JSON', 'signed as'],
      fields.map(([name, shape]) => [
        code(name),
        name === 'document' ? '[a policy](#the-policy-document)' : shapeWords(shape),
        signed.get(name) ?? 'not signed',
      ]),
    ),
    json(opToJson(example)),
  ].join('\n\n')
}

function shapeTable(shape: Shape): string {
  return table(
    ['field', 'in JSON'],
    leavesOf(shape).map(({ path, words }) => [code(path), words]),
  )
}

/** Facts that receipts commit to. */
export function eventsPage({ app, blocks }: Recording): string {
  const events = app.modules.flatMap((module: Module) => module.events ?? [])
  const textOf = textsFor(
    'events',
    eventTexts,
    events.map(({ type }) => type),
  )
  const stated = blocks.flatMap(({ receipts }) => receipts.flatMap((receipt) => receipt.events))
  return page(
    'Events',
    "What a successful operation states. The SHA-256 of their canonical bytes (u16 their number, then of each u16 its number and its fields) is part of the receipt's leaf. `GET /receipts` shows them; what `GET /events` sends is summed up from receipts ([shapes 9](../internals/shapes.md#9-events)).",
    ...events.map(({ type, number, codec: of }) =>
      [
        `## ${type}`,
        `Number ${number}. ${textOf(type)}`,
        shapeTable(of.shape),
        json(eventToJson(stated.find(({ definition }) => definition.type === type)!)),
      ].join('\n\n'),
    ),
  )
}

/** Why something is turned down. */
export function codesPage({ app }: Recording): string {
  const edge = (codes: { readonly [name: string]: string }): string =>
    table(
      ['code', 'when'],
      Object.entries(codes).map(([name, text]) => [code(name), text]),
    )
  return page(
    'Codes',
    'Stable for ever, and the same string at every door. `retry` says whether the same bytes may succeed: `never`, `later` (by waiting or funding), `approval`, `owner` (after a change by the owner). An x402 client hears the reason in the last column and never the values.',
    '## Of the ledger',
    table(
      ['code', 'number', 'retry', 'text', 'hint', 'x402 reason'],
      [...app.codes.values()].map(({ code: name, number, retry, text, hint }) => [
        code(name),
        String(number),
        retry,
        text,
        hint,
        code(reasonOf(name)),
      ]),
    ),
    "## Of the node's doors",
    'As `application/problem+json` with `code`, `detail` and `hint`. Refusals of the ledger come with 422, but `wire/malformed` and `wire/amount_invalid` with 400, `accounts/not_yours` with 403, `wire/not_found` and `wire/unsupported` with 404, `accounts/too_many` with 429.',
    edge(gatewayCodes),
    '## Of a node that does not run',
    edge(nodeCodes),
    '## Of the client and the command line',
    "An answer that is no JSON of a node, for instance a proxy's, is `http/status_` and its number.",
    edge(clientCodes),
  )
}

/** What genesis may set. */
export function paramsPage({ app }: Recording): string {
  const textOf = textsFor(
    'params',
    paramTexts,
    app.params.map(({ name }) => name),
  )
  return page(
    'Params',
    'Set by genesis, within bounds; `turnpike_params` and `GET /chain` answer the values in force. Those of the faucet exist on development chains only.',
    table(
      ['name', 'default', 'bounds', 'what it is', 'in JSON'],
      app.params.map(({ name, initial, bounds, codec: of }) => [
        code(name),
        initial === undefined ? 'none' : JSON.stringify(of.toJson(initial)).replaceAll('"', ''),
        bounds,
        textOf(name),
        shapeWords(of.shape),
      ]),
    ),
  )
}

/** What a chain begins with. */
export function genesisPage(): string {
  return page(
    'The genesis document',
    'What `turnpike up --genesis FILE` reads at the first start. A node fills in `time` (ms) and `sequencer` (its Ed25519 key) where they are absent; a development chain brings its own document. Any other field is refused. The SHA-256 of its canonical bytes is the identity of the chain ([shapes 10](../internals/shapes.md#10-genesis-assets-params), [an example with its bytes](../../vectors/chain.json)).',
    json(genesisDocument({ tollBasisPoints: 10, verifyHolds: true })),
    "This one is of a development chain; any other has a `chainId` of its own, which is neither 402402 nor a public chain's. `operator` and `tollAccount` are ordinary owner accounts, opened by genesis without money. At most 16 assets; `decimals` is at most 36, and caps in a `currency` count all its assets at par. `params` holds what differs from the defaults of [params](params.md).",
  )
}

type Asked = Pick<Query, 'name' | 'args' | 'subject'>

/** What may be asked. */
export function queriesPage(chain: Recording): string {
  const own = [...historyQuestions].map(([name, { args, subject }]): Asked => ({
    name,
    args,
    ...(subject && { subject }),
  }))
  const queries: readonly Asked[] = [...chain.app.queries.values(), ...own]
  const textOf = textsFor(
    'queries',
    queryTexts,
    queries.map(({ name }) => name),
  )
  return page(
    'Queries',
    "Asked with `turnpike_query` `[name, args, auth?]`. Private ones are answered to the operator, or with `auth` `{signature, validBefore}`: a signature of the account or its owner over `Query(address account,string name,bytes32 args,uint64 validBefore)`, `args` being the SHA-256 of the arguments' canonical bytes ([an example](../../vectors/identity.json)); to everybody else `accounts/not_yours`. Amounts are base units, times ms.",
    table(
      ['name', 'who may ask', 'what it answers'],
      queries.map(({ name, subject }) => [
        `[${code(name)}](#${anchor(name)})`,
        subject === undefined ? 'anybody' : 'the account, its owner, the operator',
        textOf(name),
      ]),
    ),
    ...queries.map((query) =>
      [`## ${query.name}`, shapeTableOrNone(query.args.shape), ...exampleOf(chain, query.name)].join('\n\n'),
    ),
  )
}

function shapeTableOrNone(shape: Shape): string {
  return shape.is === 'record' && Object.keys(shape.of).length === 0 ? 'No arguments.' : shapeTable(shape)
}

/** Question and answer at the end of the vectors' chain; history is no part of it. */
function exampleOf({ app, state, blocks, time }: Recording, name: string): readonly string[] {
  if (!app.queries.has(name)) return []
  const { asset, from, nonce } = blocks[4]!.ops[0]!.message
  const known: { readonly [field: string]: codec.Json } = {
    account: agent,
    address: people.agentKey.address,
    asset: dollar,
    payee: people.shop.address,
    amount: '1000',
    key: people.agentKey.address,
  }
  const payment: { readonly [field: string]: codec.Json } = { asset, payer: from, nonce }
  const { shape } = app.queries.get(name)!.args
  const fields = shape.is === 'record' ? Object.keys(shape.of) : []
  const args = Object.fromEntries(
    fields.map((field) => [field, (name === 'payments/payment' ? payment : known)[field]]),
  )
  return [
    `${code(JSON.stringify([name, args]))} is answered by`,
    json(answer(viewOf(state, time), parseQuestion(app, name, args))),
  ]
}
