// A development chain in a directory of its own, with the real log, history, threads and signatures; and its operations.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChain, createState, developmentModules, findAsset, protocolOf, viewOf } from '@turnpike/chain'
import type { App, State } from '@turnpike/chain'
import { dollar, freshNonce, genesisDocument, operator } from '@turnpike/chain/testing'
import type { Person } from '@turnpike/chain/testing'
import { createOp, digestOf, Hash, Hex, proofsOf, recoverSigner } from '@turnpike/chain/wire'
import type { Address, Definition, Op, Protocol, Relay } from '@turnpike/chain/wire'
import { agentAddress } from '@turnpike/chain/wire/accounts'
import * as faucet from '@turnpike/chain/wire/faucet'
import * as payments from '@turnpike/chain/wire/payments'
import * as policy from '@turnpike/chain/wire/policy'
import type { CommittedBlock, Engine } from '../src/engine/Engine.ts'
import { openEmbeddedEngine } from '../src/engine/embedded/openEmbeddedEngine.ts'
import type { EmbeddedEngineOptions } from '../src/engine/embedded/openEmbeddedEngine.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { openLedger } from '../src/ledger/openLedger.ts'
import type { EngineHooks, OpenLedgerOptions } from '../src/ledger/openLedger.ts'
import { createMachine } from '../src/machine/createMachine.ts'
import type { Machine, Ms } from '../src/machine/Machine.ts'
import { createVerifier } from '../src/signatures/pool.ts'
import type { Verifier } from '../src/signatures/pool.ts'
import type { Signers } from '../src/engine/Engine.ts'

export const app: App = createChain(developmentModules)
/** Small, so that tests fill several. */
const SEGMENT_BYTES = 1_048_576

/** The development genesis of the tests, begun at a time. */
export function genesisAt(time: Ms, params: { readonly [name: string]: unknown } = {}): unknown {
  return { ...(genesisDocument(params) as object), time }
}

/** What it takes to make operations of a chain. */
export type Signing = { readonly protocol: Protocol; readonly origin: State; readonly now: () => Ms }

/** What it takes to make operations of the chain of a genesis document. */
export function signingFor(genesis: unknown, now: () => Ms = () => Date.now()): Signing {
  const origin = createState(app, genesis, [0, 0])
  return { protocol: protocolOf(app, origin), origin, now }
}

type More = { readonly proofs?: readonly Person[]; readonly relay?: Relay }

/** A signed operation; fields that it lacks (account, nonce, validBefore) are filled in for native messages. */
export function sign(
  { protocol, now }: Signing,
  by: Person,
  definition: Definition,
  fields: { readonly [name: string]: unknown },
  more: More = {},
): Op {
  const native = { account: by.address, nonce: freshNonce(), validBefore: now() + 60_000 }
  const message = { type: definition.type, ...(definition.family === 'native' && native), ...fields }
  const first = { kind: 1 as const, bytes: by.sign(digestOf(protocol.domains, definition, message)) }
  const further = proofsOf(protocol.domains, definition, message).map(({ digest }, i) => ({
    kind: 1 as const,
    bytes: more.proofs![i]!.sign(digest),
  }))
  return createOp(protocol.domains, { definition, message, signatures: [first, ...further], relay: more.relay ?? {} })
}

/** Money from the faucet. */
export function drip(signing: Signing, to: Person | Address.Address, amount = 1_000_000n): Op {
  return sign(signing, operator, faucet.drip, { to: typeof to === 'string' ? to : to.address, asset: dollar, amount })
}

type Paying = {
  readonly from: Person
  readonly to: Person | Address.Address
  readonly amount: bigint
  readonly nonce?: Hash.Hash
  readonly validBefore?: Ms
}

/** A native payment. */
export function charge(signing: Signing, { from, to, amount, ...more }: Paying): Op {
  return sign(signing, from, payments.charge, {
    payee: typeof to === 'string' ? to : to.address,
    asset: dollar,
    amount,
    reference: Hash.zero,
    ...more,
  })
}

/** A stock authorization (EIP-3009); `validBefore` in ms here, cut to seconds. */
export function authorize(
  signing: Signing,
  { from, to, amount, nonce = freshNonce(), validBefore = signing.now() + 60_000 }: Paying,
): Op {
  const payee = typeof to === 'string' ? to : to.address
  const seconds = Math.floor(validBefore / 1000)
  const fields = {
    asset: dollar,
    from: from.address,
    to: payee,
    value: amount,
    validAfter: 0,
    validBefore: seconds,
    nonce,
  }
  return sign(signing, from, payments.transferWithAuthorization, fields)
}

/** What a verify submits: the same authorization, set aside for a while. */
export function hold(signing: Signing, { holdMs, ...paying }: Paying & { readonly holdMs: number }): Op {
  const { message } = authorize(signing, paying)
  const attempt = Hex.toBytes(freshNonce()).subarray(16)
  return sign(
    signing,
    paying.from,
    payments.hold,
    { ...message, type: 'payments/hold', holdMs },
    { relay: { attempt } },
  )
}

/** An agent under the default policy; its address follows from owner and salt. */
export function createAgent(
  signing: Signing,
  { owner, key }: { readonly owner: Person; readonly key: Person },
): { readonly op: Op; readonly agent: Address.Address } {
  const document = policy.defaultDocument(dollar)
  const words = policy.renderWords(document, (asset) => findAsset(viewOf(signing.origin, 0), asset))
  const salt = freshNonce()
  const fields = { salt, key: key.address, policy: policy.hashDocument(document), words, document }
  return {
    op: sign(signing, owner, policy.createAgent, fields, { proofs: [key] }),
    agent: agentAddress(owner.address, salt),
  }
}

/** Money back for a payment. */
export function refund(signing: Signing, { from, to, amount, payment }: Paying & { readonly payment: Hash.Hash }): Op {
  const payer = typeof to === 'string' ? to : to.address
  return sign(signing, from, payments.refund, { payer, asset: dollar, amount, payment })
}

/** An authorization taken back. */
export function cancel(signing: Signing, by: Person, nonce: Hash.Hash): Op {
  return sign(signing, by, payments.cancelAuthorization, { asset: dollar, authorizer: by.address, nonce })
}

/** The owner stops an agent. */
export function freeze(signing: Signing, owner: Person, agent: Address.Address): Op {
  return sign(signing, owner, policy.freeze, { agent })
}

/** Who made the signatures of an operation, by the reference verifier. */
export function signersOf(op: Op): Signers {
  return op.signatures.map(recoverSigner)
}

/** A directory of its own for one test. */
export async function givenHome(): Promise<{ readonly home: string; remove(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'turnpike-'))
  return { home, remove: () => rm(home, { recursive: true, force: true }) }
}

export type EngineOptions = Partial<EmbeddedEngineOptions> & { readonly home: string; readonly genesis: unknown }

/** Opens the embedded engine; a fatal error is thrown into the test run unless the options say otherwise. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const machine = options.machine ?? (await createMachine({ level: 'error' }))
  return openEmbeddedEngine({ app, machine, segmentBytes: SEGMENT_BYTES, onFatal: rethrow, ...options })
}

/** Ends the test run: nothing that is fatal to a node may pass unnoticed. */
function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

export type OpenNode = {
  readonly ledger: Ledger
  readonly engine: Engine
  readonly machine: Machine
  readonly verifier: Verifier
  readonly replayed: readonly CommittedBlock[]
  close(): Promise<void>
}

export type NodeOptions = Omit<EngineOptions, 'machine'> &
  Pick<OpenLedgerOptions, 'retention' | 'historySizes' | 'historyLimits' | 'historyUnwrittenMax'> & {
    readonly clock?: Machine['clock']
    readonly disk?: Machine['disk']
  }

/** Opens a whole ledger. */
export async function openNode(all: NodeOptions): Promise<OpenNode> {
  const { clock, disk, retention, historySizes, historyLimits, historyUnwrittenMax, ...options } = all
  const machine: Machine = {
    ...(await createMachine({ level: 'error' })),
    ...(clock && { clock }),
    ...(disk && { disk }),
  }
  const verifier = createVerifier({ threads: machine.threads, clock: machine.clock, workers: 1, onFailure: rethrow })
  const replayed: CommittedBlock[] = []
  let engine: Engine | undefined
  const open = async ({ onReplay, ...hooks }: EngineHooks): Promise<Engine> => {
    const hear = (block: CommittedBlock): Promise<void> | undefined => {
      replayed.push(block)
      return onReplay(block)
    }
    engine = await openEngine({ machine, ...options, ...hooks, onReplay: hear })
    return engine
  }
  const { home, genesis } = options
  const kept = { retention, historySizes, historyLimits, historyUnwrittenMax }
  const ledger = await openLedger({
    app,
    genesis,
    home,
    machine,
    verifier,
    onFatal: rethrow,
    openEngine: open,
    ...kept,
  })
  const close = async (): Promise<void> => {
    await ledger.close()
    await verifier.close()
  }
  return { ledger, engine: engine!, machine, verifier, replayed, close }
}
