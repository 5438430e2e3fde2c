// Questions by name: those of the modules, answered from the state, and the ledger's own, answered from history.
// Private ones are answered to the operator, and to whoever signs as the account or its owner (shapes 8).
import { answer, maySee, parseQuestion, resolve } from '@turnpike/chain'
import { codec, digest, encode, Hash, Malformed, sha256, wireRefusals } from '@turnpike/chain/wire'
import type { Address } from '@turnpike/chain/wire'
import { accountsRefusals, queryStruct } from '@turnpike/chain/wire/accounts'
import type { Engine } from '../engine/Engine.ts'
import type { Verifier } from '../signatures/pool.ts'
import type { History } from './history.ts'
import { cursorBytes, decodeCursor, tooSlow } from './historyBudget.ts'
import { agentsMax, listMax } from './historyPages.ts'
import type { Page, PageQuestion } from './historyPages.ts'
import { ringSize } from './refusalRings.ts'

/** Who asks. `validBefore` in ms. */
export type Asker =
  | { readonly operator: true }
  | { readonly signature: Uint8Array; readonly validBefore: number }
  | Record<string, never>

type Parts = { readonly engine: Engine; readonly history: History; readonly verifier: Verifier }
type Asked = { readonly name: string; readonly args: unknown; readonly asker: Asker }

/** A signed question holds no longer than this: it can be repeated by whoever sees it. */
const askingMaxMs = 3_600_000

/** A question to history. */
type OwnQuestion = {
  readonly args: codec.Codec<codec.Some>
  readonly subject?: (args: codec.Some) => Address.Address
  readonly run: (parts: Parts, args: codec.Some) => Promise<codec.Json>
}

function own<A>(
  args: codec.Codec<A>,
  run: (parts: Parts, args: A) => Promise<codec.Json>,
  subject?: (args: A) => Address.Address,
): OwnQuestion {
  return { args, run, ...(subject && { subject }) }
}

const limit = codec.optional(codec.u32)
/** `cursor` is the `next` of an answer before. */
const paging = { limit, cursor: codec.optional(codec.bytes(cursorBytes)) }
type Paging = { readonly limit?: number | undefined; readonly cursor?: Uint8Array | undefined }

/** @throws Refusal wire/malformed for a cursor that is none of ours. */
function pageOf({ limit: asked, cursor }: Paging, { most }: { readonly most: number }): PageQuestion {
  if (cursor === undefined) return { limit: asked ?? most, before: Number.MAX_SAFE_INTEGER }
  const before = decodeCursor(cursor)
  if (before === undefined)
    return wireRefusals.refuse('malformed', { problem: 'args.cursor: must be the `next` of an answer' })
  return { limit: asked ?? most, before }
}

/** An account as asked for and resolved. */
function namesOf(engine: Engine, account: Address.Address): readonly Address.Address[] {
  return [...new Set([account, resolve(engine.view(), account)])]
}

/** @throws Refusal history/too_slow */
async function answerOf(asked: Promise<Page>): Promise<codec.Json> {
  const page = await asked
  if ('cursor' in page) throw tooSlow(page.cursor)
  return page.answer
}

/** By name: what history answers. */
export const ownQuestions: ReadonlyMap<string, OwnQuestion> = new Map<string, OwnQuestion>([
  [
    'history/recent',
    own(codec.record(paging), async ({ history }, args) =>
      answerOf(history.ask('recent', pageOf(args, { most: listMax }))),
    ),
  ],
  [
    'history/account',
    own(
      codec.record({
        account: codec.address,
        role: codec.optional(codec.choice(['payer', 'payee', 'any'])),
        limit,
        before: codec.optional(codec.u64),
        cursor: paging.cursor,
      }),
      async ({ engine, history }, { account, role = 'any', before, ...paged }) => {
        const page = pageOf(paged, { most: listMax })
        const asks = {
          addresses: namesOf(engine, account),
          role,
          ...page,
          before: Math.min(page.before, before ?? page.before),
        }
        return answerOf(history.ask('account', asks))
      },
    ),
  ],
  [
    'history/refunds',
    own(
      codec.record({ ...paging, operation: codec.hash, account: codec.address }),
      async ({ engine, history }, { operation, account, ...paged }) => {
        const asks = { operation, addresses: namesOf(engine, account), ...pageOf(paged, { most: listMax }) }
        return answerOf(history.ask('refunds', asks))
      },
    ),
  ],
  [
    'history/seller',
    own(codec.record({ payee: codec.address }), ({ engine, history }, { payee }) =>
      history.ask('seller', { payee, now: engine.now() }),
    ),
  ],
  [
    'history/agents',
    own(codec.record({ ...paging, owner: codec.optional(codec.address) }), async ({ history }, { owner, ...paged }) =>
      answerOf(history.ask('agents', { ...pageOf(paged, { most: agentsMax }), owner })),
    ),
  ],
  [
    'policy/refusals',
    own(
      codec.record({ account: codec.address, limit }),
      ({ engine, history }, args) =>
        history.ask('refusals', { account: resolve(engine.view(), args.account), limit: args.limit ?? ringSize }),
      ({ account }) => account,
    ),
  ],
])

/**
 * Answers a question. The answer leaves only when what it was computed from is durable.
 *
 * @throws Refusal wire/not_found, wire/malformed, accounts/not_yours, history/too_slow
 */
export async function askQuestion(parts: Parts, { name, args, asker }: Asked): Promise<codec.Json> {
  const question = ownQuestions.get(name)
  if (question === undefined) return askModule(parts, { name, args, asker })
  const { parsed, argsBytes } = parseArgs(question.args, args)
  if (question.subject !== undefined)
    await requireRight(parts, { name, asker, argsBytes, account: question.subject(parsed) })
  return question.run(parts, parsed)
}

async function askModule(parts: Parts, { name, args, asker }: Asked): Promise<codec.Json> {
  const question = parseQuestion(parts.engine.app, name, args)
  const { query, argsBytes } = question
  if (query.subject !== undefined)
    await requireRight(parts, { name, asker, argsBytes, account: query.subject(question.args) })
  return answer(parts.engine.view(), question)
}

function parseArgs(
  args: codec.Codec<codec.Some>,
  json: unknown,
): { readonly parsed: codec.Some; readonly argsBytes: Uint8Array } {
  try {
    const parsed = args.fromJson(json ?? {}, 'args')
    return { parsed, argsBytes: encode(args, parsed) }
  } catch (error) {
    if (error instanceof Malformed) return wireRefusals.refuse('malformed', { problem: error.message })
    throw error
  }
}

type Right = {
  readonly name: string
  readonly asker: Asker
  readonly argsBytes: Uint8Array
  readonly account: Address.Address
}

/** @throws Refusal accounts/not_yours */
async function requireRight({ engine, verifier }: Parts, { name, asker, argsBytes, account }: Right): Promise<void> {
  if ('operator' in asker) return
  const { signature, validBefore } = asker
  if (signature !== undefined && isTimely(validBefore, engine.now())) {
    const values = [account, name, Hash.fromBytes(sha256(argsBytes)), BigInt(validBefore)]
    const signed = Hash.fromBytes(digest(engine.protocol.domains.native, queryStruct.hash(values)))
    const [signer] = await verifier.verify([{ kind: 1, digest: signed, bytes: signature }])
    const view = engine.view()
    if (signer !== undefined && maySee(view, signer, resolve(view, account))) return
  }
  accountsRefusals.refuse('not_yours', { account })
}

function isTimely(validBefore: number | undefined, now: number): validBefore is number {
  return Number.isSafeInteger(validBefore) && validBefore! > now && validBefore! - now <= askingMaxMs
}
