// A chain for tests of modules: real genesis, real store, real signatures; blocks at times of the test's choosing.
import type { Address } from '../src/codec/Address.ts'
import { createChain, developmentModules } from '../src/app.ts'
import { createState, protocolOf, violations, type App } from '../src/kernel/app.ts'
import type { Context, View } from '../src/kernel/context.ts'
import type { OpOutcome, ReceiptWithEvents } from '../src/kernel/dispatch.ts'
import { advance, executeBlock, unmake, type BlockResult } from '../src/kernel/execute.ts'
import type { Module } from '../src/kernel/module.ts'
import { viewOf, type State } from '../src/kernel/state.ts'
import { recoverSigner } from '../src/crypto/verifier.ts'
import { createOp, digestOf, proofsOf, type AnyMessage, type Op, type Protocol, type Relay } from '../src/wire/op.ts'
import type { Definition, Message } from '../src/wire/message.ts'
import { Refusal } from '../src/wire/refusal.ts'
import * as faucet from '../src/modules/faucet/wire.ts'
import { freshNonce, person, type Person } from './people.ts'

/** The dollar asset of the development chain, 6 decimals. */
export const dollar = '0x7474747474747474747474747474747474747401' as Address
/** The test dollar with 18 decimals, of the same currency. */
export const testDollar = '0x7474747474747474747474747474747474747402' as Address
/** When every test chain begins: 2027-01-15T08:00:00Z. */
export const begin = 1_800_000_000_000

export const operator = person('operator')

/** The development genesis with the operator of the tests. */
export function genesisDocument(params: { readonly [name: string]: unknown } = {}): unknown {
  return {
    format: 1,
    chainId: 402402,
    time: begin,
    sequencer: `0x${'11'.repeat(32)}`,
    operator: operator.address,
    tollAccount: operator.address,
    assets: [
      { symbol: 'pUSD', name: 'Turnpike USD', version: '1', decimals: 6, currency: 'USD', address: dollar },
      { symbol: 'tUSD', name: 'Turnpike Test USD', version: '1', decimals: 18, currency: 'USD', address: testDollar },
    ],
    params,
  }
}

export type Given = {
  readonly app: App
  readonly state: State
  readonly protocol: Protocol
  /** The clock of the next block; tests move it. */
  time: number
  view(): View
  /** An operation signed by a person (and by the keys of its proofs). */
  op<D extends Definition>(
    definition: D,
    message: Omit<Message<D>, 'type'>,
    by: Person,
    more?: { readonly proofs?: readonly Person[]; readonly relay?: Relay },
  ): Op
  /** A native operation: account, nonce and validBefore filled in. */
  native(
    definition: Definition,
    fields: { readonly [name: string]: unknown },
    by: Person,
    more?: { readonly proofs?: readonly Person[]; readonly account?: Address },
  ): Op
  /** Executes one block of these operations and makes it part of the state. */
  block(...ops: readonly Op[]): BlockResult
  /** Executes one operation in a block of its own. */
  run(op: Op): OpOutcome
  /** The receipt of an operation that must succeed. */
  succeed(op: Op): ReceiptWithEvents
  /** The refusal of an operation that must be refused. */
  refused(op: Op): Refusal
  /** Money from the faucet. */
  fund(who: Person | Address, amount: bigint, asset?: Address): void
  /** Writes to the state without a block: what thousands of operations would leave, or what no operation ever should. */
  arrange(write: (context: Context) => void): void
}

type Options = { readonly params?: { readonly [name: string]: unknown }; readonly modules?: readonly Module[] }

/** A development chain at height 0. Every block checks every invariant. */
export function given({ params = {}, modules = developmentModules }: Options = {}): Given {
  const app = createChain(modules)
  const state = createState(app, genesisDocument(params), [0x1234_5678, 0x9abc_def0])
  const protocol = protocolOf(app, state)
  const self: Given = {
    app,
    state,
    protocol,
    time: begin + 1,
    view: () => viewOf(state, self.time),
    op: (definition, message, by, more = {}) =>
      signed(protocol, {
        definition,
        message: { ...message, type: definition.type },
        by,
        proofs: more.proofs ?? [],
        relay: more.relay ?? {},
      }),
    native(definition, fields, by, more = {}) {
      const message = {
        account: more.account ?? by.address,
        nonce: freshNonce(),
        validBefore: self.time + 60_000,
        ...fields,
      }
      return signed(protocol, {
        definition,
        message: { ...message, type: definition.type },
        by,
        proofs: more.proofs ?? [],
        relay: {},
      })
    },
    block: (...ops) => execute(self, ops),
    run: (op) => execute(self, [op]).outcomes[0]!,
    succeed(op) {
      const outcome = self.run(op)
      if (outcome instanceof Refusal) throw new Error(`refused with ${outcome.code}: ${outcome.message}`)
      if ('repeats' in outcome) throw new Error(`repeats receipt ${outcome.repeats}`)
      return outcome
    },
    refused(op) {
      const outcome = self.run(op)
      if (!(outcome instanceof Refusal)) throw new Error('was not refused')
      return outcome
    },
    fund(who, amount, asset = dollar) {
      const to = typeof who === 'string' ? who : who.address
      self.succeed(self.native(faucet.drip, { to, asset, amount }, operator))
    },
    arrange(write) {
      write({ ...self.view(), sequence: state.head.receipts.size, emit: () => {}, verify: () => undefined })
      state.store.keep()
      state.store.next()
    },
  }
  return self
}

type Signing = {
  readonly definition: Definition
  readonly message: AnyMessage
  readonly by: Person
  readonly proofs: readonly Person[]
  readonly relay: Relay
}

function signed(protocol: Protocol, { definition, message, by, proofs, relay }: Signing): Op {
  const first = { kind: 1 as const, bytes: by.sign(digestOf(protocol.domains, definition, message)) }
  const further = proofsOf(protocol.domains, definition, message).map(({ digest }, i) => ({
    kind: 1 as const,
    bytes: proofs[i]!.sign(digest),
  }))
  return createOp(protocol.domains, { definition, message, signatures: [first, ...further], relay })
}

function execute(self: Given, ops: readonly Op[]): BlockResult {
  const { app, state } = self
  const result = executeBlock(
    app,
    state,
    { height: state.head.height + 1, time: Math.max(self.time, state.head.time), ops },
    recoverSigner,
  )
  if (result.idle) unmake(state, result)
  else {
    advance(state, result)
    state.store.keep()
  }
  const broken = violations(app, self.view())
  if (broken.length > 0)
    throw new Error(
      `after height ${state.head.height}: ${broken.map(({ name, finding }) => `${name}: ${finding}`).join('; ')}`,
    )
  return result
}
