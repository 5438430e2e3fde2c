// createApp: a list of modules becomes a machine that an engine can run. The kernel knows no module by name.
import type { Address } from '../codec/Address.ts'
import type { Json } from '../codec/Codec.ts'
import { encode } from '../codec/Codec.ts'
import { Malformed } from '../codec/Cursor.ts'
import * as Hash from '../codec/Hash.ts'
import { createDomain, type Domain, type DomainFields } from '../crypto/eip712.ts'
import { emptyMmr } from '../merkle/mmr.ts'
import { blockHash } from '../wire/block.ts'
import type { Definition } from '../wire/message.ts'
import { nativeDomain, type Op, type Protocol } from '../wire/op.ts'
import { wireRefusals, type CodeDefinition } from '../wire/refusal.ts'
import type { Context, View } from './context.ts'
import { createRun, type Authenticate, type OpOutcome, type Verify } from './dispatch.ts'
import { genesisHash, parseGenesis } from './genesis.ts'
import type { ImageTable } from './image.ts'
import type { Binding, Invariant, Module } from './module.ts'
import { paramsBytes, paramsToJson, setParams, values as paramValues, type Param } from './params.ts'
import type { Query } from './query.ts'
import { viewOf, type State } from './state.ts'
import { Store, type Seed } from './store.ts'
import type { Table } from './table.ts'

/** All that an engine, a ledger or a bench needs to know of the chain. */
export type App = {
  readonly modules: readonly Module[]
  readonly definitions: readonly Definition[]
  readonly bindings: ReadonlyMap<Definition, Binding>
  readonly authenticate: Authenticate
  readonly params: readonly Param[]
  readonly queries: ReadonlyMap<string, Query>
  /** Codes by number, as receipts carry them. */
  readonly codes: ReadonlyMap<number, CodeDefinition>
  readonly invariants: readonly Invariant[]
  readonly tokenDomain: TokenDomain
}

/** The EIP-712 domain of a token, from the module that keeps assets. */
export type TokenDomain = (view: View, asset: Address) => Omit<DomainFields, 'chainId'> | undefined

type AppParts = {
  readonly modules: readonly Module[]
  readonly authenticate: Authenticate
  readonly tokenDomain: TokenDomain
}

function unique<T>(entries: readonly T[], keyOf: (entry: T) => string | number): ReadonlyMap<string | number, T> {
  const map = new Map<string | number, T>()
  for (const entry of entries) {
    if (map.has(keyOf(entry))) throw new Error(`${keyOf(entry)} is declared twice.`)
    map.set(keyOf(entry), entry)
  }
  return map
}

/** Puts a chain together. Throws when two modules claim one number, message, code, table, query or parameter. */
export function createApp({ modules, authenticate, tokenDomain }: AppParts): App {
  const rules = modules.flatMap((module) => module.rules ?? [])
  const codes = modules.flatMap((module) => module.codes ?? [])
  const queries = modules.flatMap((module) => module.queries ?? [])
  const params = modules.flatMap((module) => module.params ?? [])
  unique(modules, (module) => module.number)
  unique(rules, (rule) => rule.definition.number)
  unique(tablesOf(modules), (table) => table.number)
  unique(params, (of) => of.name)
  return {
    modules,
    definitions: rules.map((rule) => rule.definition),
    bindings: new Map(rules.map((rule) => [rule.definition, rule])),
    authenticate,
    params,
    queries: unique(queries, (query) => query.name) as ReadonlyMap<string, Query>,
    codes: unique([...wireRefusals.table, ...codes], (code) => code.number) as ReadonlyMap<number, CodeDefinition>,
    invariants: modules.flatMap((module) => module.invariants ?? []),
    tokenDomain,
  }
}

function tablesOf(modules: readonly Module[]): readonly Table[] {
  return [paramValues, ...modules.flatMap((module) => module.tables ?? [])]
}

/**
 * The state at height 0. `seed` is random per process; it changes no outcome.
 * @throws Malformed when the document is not valid.
 */
export function createState(app: App, document: unknown, seed: Seed): State {
  const genesis = parseGenesis(document)
  const store = new Store(tablesOf(app.modules), seed)
  const context: Context = {
    chainId: genesis.chainId,
    height: 0,
    time: genesis.time,
    store,
    sequence: 0,
    emit: () => {},
    verify: () => undefined,
  }
  setParams(context, app.params, genesis.params)
  for (const module of app.modules) module.genesis?.(context, genesis)
  store.keep()
  store.next()
  const hash = genesisHash(genesis, paramsBytes(context, app.params))
  const header = { genesis: hash, height: 0, time: genesis.time, previous: Hash.zero, appHash: Hash.zero }
  return {
    chainId: genesis.chainId,
    genesis: hash,
    store,
    head: { height: 0, time: genesis.time, blockHash: blockHash(header), appHash: Hash.zero, receipts: emptyMmr },
  }
}

/** Every table of the chain, in the order in which an image holds them. */
export function imageTables(app: App): readonly ImageTable[] {
  return tablesOf(app.modules).map(({ number, kind, keyBytes, valueBytes }) => ({ number, kind, keyBytes, valueBytes }))
}

/** An empty store of the chain, for an image to be loaded into. */
export function createStore(app: App, seed: Seed): Store {
  return new Store(tablesOf(app.modules), seed)
}

/** What it takes to read operations of this chain: its messages, and its domains, of which a token's never changes. */
export function protocolOf(app: App, state: State): Protocol {
  const tokens = new Map<Address, Domain>()
  return {
    definitions: app.definitions,
    domains: {
      native: nativeDomain(state.chainId),
      token(asset) {
        const known = tokens.get(asset)
        if (known !== undefined) return known
        const fields = app.tokenDomain(viewOf(state, 0), asset)
        if (fields === undefined) return undefined
        const domain = createDomain({ ...fields, chainId: state.chainId })
        tokens.set(asset, domain)
        return domain
      },
    },
  }
}

/** A parsed question: its row, its arguments, and their canonical bytes, which a private question's asker has signed. */
export type Question = { readonly query: Query; readonly args: unknown; readonly argsBytes: Uint8Array }

/** @throws Refusal for an unknown name or arguments that do not fit. */
export function parseQuestion(app: App, name: unknown, args: unknown): Question {
  const query = typeof name === 'string' ? app.queries.get(name) : undefined
  if (query === undefined)
    return wireRefusals.refuse('not_found', {
      what: 'query',
      name: typeof name === 'string' ? name.slice(0, 64) : typeof name,
    })
  try {
    const parsed = query.args.fromJson(args ?? {}, 'args')
    return { query, args: parsed, argsBytes: encode(query.args, parsed) }
  } catch (error) {
    if (error instanceof Malformed) return wireRefusals.refuse('malformed', { problem: error.message })
    throw error
  }
}

/** The answer to a parsed question. */
export function answer(view: View, { query, args }: Question): Json {
  return query.run(view, args)
}

/** What an operation would come to at this time, on the newest state; nothing is kept. */
export function check(
  app: App,
  state: State,
  op: Op,
  { time, verify }: { readonly time: number; readonly verify: Verify },
): OpOutcome {
  const mark = state.store.mark()
  try {
    return createRun(app, { state, height: state.head.height + 1, time: viewOf(state, time).time, verify }).execute(op)
  } finally {
    state.store.revert(mark)
  }
}

/** Every parameter of the chain, as `turnpike_params` shows them. */
export function paramsOf(app: App, view: View): { readonly [name: string]: Json } {
  return paramsToJson(view, app.params)
}

/** All invariants over the whole state: name and finding of those that do not hold. */
export function violations(app: App, view: View): readonly { readonly name: string; readonly finding: string }[] {
  return app.invariants.flatMap(({ name, check: judge }) => {
    const finding = judge(view)
    return finding === undefined ? [] : [{ name, finding }]
  })
}
