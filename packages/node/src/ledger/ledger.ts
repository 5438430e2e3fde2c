// The ledger as every edge meets it: submit, check, query, look up, subscribe. Whatever an edge speaks, it ends here.
import { check, findAccount, findNonce, resolve } from '@turnpike/chain'
import type { App, Nonce, OpOutcome, View } from '@turnpike/chain'
import { Refusal } from '@turnpike/chain/wire'
import type { codec, Hash, Op, OpId, Protocol } from '@turnpike/chain/wire'
import { accountsRefusals } from '@turnpike/chain/wire/accounts'
import type { CommittedBlock, Engine, EngineStatus, Signers } from '../engine/Engine.ts'
import { EngineFailure } from '../engine/EngineFailure.ts'
import { createVerify } from '../engine/signers.ts'
import type { Machine, Ms } from '../machine/Machine.ts'
import type { Verifier, VerifierStatus } from '../signatures/pool.ts'
import type { BlockSummary, History, HistoryStatus } from './history.ts'
import { dropped } from './historyBudget.ts'
import { measureLedger } from './measure.ts'
import { findAmount, findPayee, nonceKeyOf } from './payer.ts'
import type { NonceKey } from './payer.ts'
import { askQuestion } from './questions.ts'
import type { Asker } from './questions.ts'
import { isAttributable, keptOf, RefusalCounts } from './refusals.ts'
import type { KeptRefusal } from './refusals.ts'
import type { StoredReceipt } from './StoredReceipt.ts'

export type { Asker } from './questions.ts'
export type { BlockSummary } from './history.ts'
export type { KeptRefusal } from './refusals.ts'
export type { StoredReceipt } from './StoredReceipt.ts'

/** A success: the receipt, and whether it is that of an earlier submission. */
export type Submitted = { readonly receipt: StoredReceipt; readonly repeated: boolean }

/** What happened, for those who listen; told after the disk and after the answer. */
export type Notice =
  | { readonly kind: 'block'; readonly block: CommittedBlock }
  | { readonly kind: 'refusal'; readonly refusal: KeptRefusal }

/** A payment by what its payer knows; the asset is zero for native messages. */
export type PaymentKey = {
  readonly asset: NonceKey['asset']
  readonly payer: NonceKey['address']
  readonly nonce: Hash.Hash
}

export type LedgerStatus = {
  readonly height: number
  readonly time: Ms
  readonly engine: EngineStatus
  readonly history: HistoryStatus
  readonly verifier: VerifierStatus
  /** Since the start. */
  readonly succeeded: number
  readonly repeated: number
  readonly refused: { readonly [code: string]: number }
}

export type Ledger = {
  readonly app: App
  readonly protocol: Protocol
  readonly chainId: number
  readonly genesis: Hash.Hash
  /** The newest state, at a lower bound of the next block's time. What is read of it leaves only after `durable()`. */
  view(): View
  /** Resolves when all that was computed until now can no longer be lost. @throws EngineFailure */
  durable(): Promise<void>
  /**
   * Hands an operation in; resolves when its success is durable. A known success is answered with its first receipt.
   *
   * @throws Refusal when the ledger turns it down.
   * @throws EngineFailure or VerifierError when it was not judged, or nobody knows: send the same bytes again.
   */
  submit(op: Op): Promise<Submitted>
  /** What the operation would come to now; nothing is kept. @throws EngineFailure, VerifierError */
  check(op: Op): Promise<OpOutcome>
  /** Answers a question of a module or of the ledger itself. @throws Refusal */
  query(name: string, args: unknown, asker: Asker): Promise<codec.Json>
  receiptOf(id: OpId): Promise<StoredReceipt | undefined>
  /** What is known of a payment: its live record, and the receipt of the operation that settled or cancelled it. */
  payment(key: PaymentKey): Promise<{ readonly row?: Nonce; readonly receipt?: StoredReceipt }>
  /** Durable blocks after a height, in order, at most `limit` of them. */
  blocks(range: { readonly after: number; readonly limit: number }): Promise<readonly BlockSummary[]>
  subscribe(listener: (notice: Notice) => void): () => void
  status(): LedgerStatus
  close(): Promise<void>
}

export type LedgerParts = {
  readonly engine: Engine
  readonly history: History
  readonly verifier: Verifier
  readonly machine: Pick<Machine, 'clock' | 'logger' | 'metrics'>
}

/** Puts the ledger together. Engine and history stand at the same height. */
export function createLedger(parts: LedgerParts): Ledger {
  return new OpenLedger(parts)
}

/** An operation on its way: exactly the same bytes share its outcome. */
type Submission = { readonly bytes: Uint8Array; readonly outcome: Promise<Submitted> }

class OpenLedger implements Ledger {
  readonly app: App
  readonly protocol: Protocol
  readonly chainId: number
  readonly genesis: Hash.Hash
  readonly #parts: LedgerParts
  readonly #submissions = new Map<OpId, Submission>()
  readonly #listeners = new Set<(notice: Notice) => void>()
  readonly #counts: RefusalCounts
  readonly #latency: ReturnType<typeof measureLedger>
  #succeeded = 0
  #repeated = 0

  constructor(parts: LedgerParts) {
    const { engine, machine } = parts
    this.#parts = parts
    this.app = engine.app
    this.protocol = engine.protocol
    this.chainId = engine.state.chainId
    this.genesis = engine.state.genesis
    this.#counts = new RefusalCounts(machine)
    this.#latency = measureLedger(machine.metrics, () => this.status())
    engine.subscribe((block) => this.#publish(block))
  }

  view(): View {
    return this.#parts.engine.view()
  }

  durable(): Promise<void> {
    return this.#parts.engine.durable()
  }

  submit(op: Op): Promise<Submitted> {
    const running = this.#submissions.get(op.id)
    if (running !== undefined) {
      // Never by the id alone: a forged copy of somebody's operation must not speak for the real one (decisions 7).
      return isSame(running.bytes, op.bytes)
        ? running.outcome.then(({ receipt }) => this.#repeat(receipt))
        : this.#submit(op)
    }
    const outcome = this.#submit(op).finally(() => this.#submissions.delete(op.id))
    this.#submissions.set(op.id, { bytes: op.bytes, outcome })
    return outcome
  }

  async check(op: Op): Promise<OpOutcome> {
    const { engine } = this.#parts
    const signers = await this.#verify(op)
    const outcome = check(this.app, engine.state, op, { time: engine.now(), verify: createVerify([{ op, signers }]) })
    await engine.durable()
    return outcome
  }

  async query(name: string, args: unknown, asker: Asker): Promise<codec.Json> {
    const { engine, history, verifier } = this.#parts
    const answer = await askQuestion({ engine, history, verifier }, { name, args, asker })
    await engine.durable()
    return answer
  }

  async receiptOf(id: OpId): Promise<StoredReceipt | undefined> {
    return this.#parts.history.find(id)
  }

  async payment({
    asset,
    payer,
    nonce,
  }: PaymentKey): Promise<{ readonly row?: Nonce; readonly receipt?: StoredReceipt }> {
    const { engine, history } = this.#parts
    const key = { address: payer, asset, nonce }
    const row = findNonce(engine.view(), key)
    await engine.durable()
    // A live record names its receipt; a pruned one is found by the hash of its key.
    const receipt = row === undefined ? await history.findByNonce(key) : await history.at(row.sequence)
    return { ...(row && { row }), ...(receipt && { receipt }) }
  }

  blocks(range: { readonly after: number; readonly limit: number }): Promise<readonly BlockSummary[]> {
    return this.#parts.history.blocks(range)
  }

  subscribe(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  status(): LedgerStatus {
    const { engine, history, verifier } = this.#parts
    const status = engine.status()
    return {
      height: status.height,
      time: status.time,
      engine: status,
      history: history.status(),
      verifier: verifier.status(),
      succeeded: this.#succeeded,
      repeated: this.#repeated,
      refused: this.#counts.byCode(),
    }
  }

  async close(): Promise<void> {
    await this.#parts.engine.close()
    await this.#parts.history.close()
  }

  async #submit(op: Op): Promise<Submitted> {
    const known = this.#findKnown(op)
    if (known !== undefined) {
      await this.durable()
      return this.#repeat(await this.#getAt(known))
    }
    const { engine, history, machine } = this.#parts
    // However far history is behind, the owner's stop gets as far as the queue.
    if (history.isBehind() && !op.definition.control) throw new EngineFailure('engine/overloaded')
    const startedAt = machine.clock.elapsed()
    try {
      this.#requirePayer(op)
      const outcome = await engine.submit(op, await this.#verify(op))
      if ('repeats' in outcome) return this.#repeat(await this.#getAt(outcome.repeats))
      this.#succeeded += 1
      this.#latency.observe((machine.clock.elapsed() - startedAt) / 1000)
      return { receipt: await this.#getAt(outcome.sequence), repeated: false }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const earlier = await this.#judgeRefusal(op, error)
      return this.#repeat(earlier)
    }
  }

  /** The sequence of the receipt that this operation got before, if its nonce still says so: no signature is needed for that. */
  #findKnown(op: Op): number | undefined {
    const row = findNonce(this.view(), nonceKeyOf(op))
    return row !== undefined && row.op === op.id && (row.state === 'settled' || row.state === 'cancelled')
      ? row.sequence
      : undefined
  }

  /** Public knowledge, and cheaper than a signature: strangers without an account cost nothing. @throws Refusal */
  #requirePayer(op: Op): void {
    const view = this.view()
    const account = resolve(view, nonceKeyOf(op).address)
    if (findAccount(view, account) === undefined) accountsRefusals.refuse('unknown_account', { account })
  }

  #verify(op: Op): Promise<Signers> {
    return this.#parts.verifier.verify(op.signatures)
  }

  /** The first receipt, if this was a success whose record has expired since; else counts and keeps the refusal, and throws it. */
  async #judgeRefusal(op: Op, refusal: Refusal): Promise<StoredReceipt> {
    if (refusal.code === 'accounts/auth_expired') {
      const earlier = await this.#parts.history.find(op.id)
      if (earlier !== undefined) return earlier
    }
    // Refused before its turn in a block (unknown account) or by a rule: either way after all that it was judged by is durable.
    await this.durable()
    if (!isAttributable(refusal)) {
      this.#counts.countTurnedAway(refusal.code)
      throw refusal
    }
    this.#counts.countRefused(refusal.code)
    const view = this.view()
    const account = resolve(view, nonceKeyOf(op).address)
    const kept = keptOf(refusal, { account, payee: findPayee(op), moved: findAmount(op), time: view.time })
    this.#parts.history.keepRefusal(kept)
    for (const listener of this.#listeners) listener({ kind: 'refusal', refusal: kept })
    throw refusal
  }

  #repeat(receipt: StoredReceipt): Submitted {
    this.#repeated += 1
    return { receipt, repeated: true }
  }

  async #getAt(sequence: number): Promise<StoredReceipt> {
    const { history } = this.#parts
    const stored = history.unwrittenAt(sequence) ?? (await history.at(sequence))
    if (stored === undefined && sequence < (history.status().begin?.sequence ?? 0)) throw dropped(sequence)
    if (stored === undefined) throw new Error(`History has no receipt ${sequence}, which the state names.`)
    return stored
  }

  #publish(block: CommittedBlock): void {
    void this.#parts.history.append(block)
    for (const listener of this.#listeners) listener({ kind: 'block', block })
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
