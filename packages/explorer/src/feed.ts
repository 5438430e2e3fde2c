// Keeps one stream to the node alive and the tally true: connects, seeds, follows, notices silence, comes back.
import { readChain } from './chainInfo.ts'
import type { ChainInfo } from './chainInfo.ts'
import { readEvents } from './eventStream.ts'
import type { StreamEvent } from './eventStream.ts'
import { cleanLine } from './foreignText.ts'
import { getHealth, getJson, openEvents, query, queryListing } from './nodeClient.ts'
import { agents, recentPayments } from './questions.ts'
import type { AgentEntry, Recent } from './questions.ts'
import { readMoved } from './moved.ts'
import { fieldsOf, list, number, optionalText, text } from './reader.ts'
import { toLedgerError } from './LedgerError.ts'
import type { LedgerError } from './LedgerError.ts'
import { Tally } from './tally.ts'
import type { BlockNotice, Entry, RefusalEntry, TallyView } from './tally.ts'

/** How the page and the node stand to each other. */
export type Connection =
  | { readonly state: 'catching-up' | 'live' }
  | { readonly state: 'connecting'; readonly trouble?: LedgerError }
  | { readonly state: 'starting'; readonly progress: number | undefined }
  | { readonly state: 'gone'; readonly sinceMs: number }

/** All that is live, at one moment. */
export type LiveView = {
  readonly connection: Connection
  readonly chain: ChainInfo | undefined
  readonly tally: TallyView
  readonly agents: readonly AgentEntry[]
  /** Why the node takes no payments now, if so. */
  readonly readOnlyReason: string | undefined
  /** By how much the node's clock is off this one, when that is too much to measure latency without correction. */
  readonly clockSkewMs: number | undefined
  /** Since when nothing was missed; refusals are not replayed, so of earlier ones the page knows nothing. */
  readonly followedSinceMs: number
}

const NOTIFY_EVERY_MS = 200
const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 5000
const SILENCE_MAX_MS = 40_000 // the node sends a comment every 15 s
const HEALTH_EVERY_MS = 10_000
const AGENTS_EVERY_MS = 3000
const SETTLE_MS = 1000
const SKEW_MIN_MS = 2000
const SEED_LIMIT = 200

/** New entries; or that anything may have changed: a block said little, the connection is back, the reader has become the operator. */
export type News = readonly Entry[] | 'anything'

/** The newest payments, however far back: behind very many receipts of other things a search is cut, and goes on. */
async function findNewest(): Promise<Recent> {
  for (let cursor: string | undefined; ;) {
    try {
      return await query(recentPayments, { limit: SEED_LIMIT, cursor })
    } catch (cause) {
      cursor = toLedgerError(cause).cursor
      if (cursor === undefined) throw cause
    }
  }
}

function readBlock(data: string): BlockNotice {
  const fields = fieldsOf(JSON.parse(data), 'block')
  return {
    height: number(fields, 'height'),
    timeMs: number(fields, 'time'),
    operations: number(fields, 'operations'),
    payments: list(fields, 'payments', (payment) => ({
      operation: text(payment, 'operation'),
      ...readMoved(payment),
    })),
  }
}

function readRefusalNotice(data: string): Omit<RefusalEntry, 'kind' | 'id'> {
  const fields = fieldsOf(JSON.parse(data), 'refusal')
  const [code, hint] = [optionalText(fields, 'code'), optionalText(fields, 'hint')]
  return {
    timeMs: number(fields, 'time'),
    account: text(fields, 'account'),
    payee: optionalText(fields, 'payee'),
    class: optionalText(fields, 'class') ?? 'other',
    code: code === undefined ? undefined : cleanLine(code),
    hint: hint === undefined ? undefined : cleanLine(hint),
  }
}

/** Watches the smallest delay seen, which betrays two clocks that disagree. */
function createSkewMeter(): { measure(delayMs: number): number; skewMs(): number | undefined } {
  let smallestMs = Number.POSITIVE_INFINITY
  const skewMs = (): number | undefined =>
    Number.isFinite(smallestMs) && (smallestMs < 0 || smallestMs > SKEW_MIN_MS) ? smallestMs : undefined
  return {
    measure(delayMs) {
      smallestMs = Math.min(smallestMs, delayMs)
      return Math.max(0, delayMs - (skewMs() ?? 0))
    },
    skewMs,
  }
}

/** One stream to the node and what it told. Lives as long as the page; `start` it once. */
export class Feed {
  private readonly tally = new Tally()
  private readonly skew = createSkewMeter()
  private readonly listeners = new Set<() => void>()
  private readonly newsListeners = new Set<(news: News) => void>()
  private readonly metAccounts = new Set<string>()
  private connection: Connection = { state: 'connecting' }
  private chain: ChainInfo | undefined
  private agents: readonly AgentEntry[] = []
  private agentsAskedMs = 0
  private openedMs = 0
  private readOnlyReason: string | undefined
  private isSeeded = false
  private isTallyChanged = false
  private tallyView = this.tally.view()
  private liveView: LiveView = this.compose()
  private notifyTimer: ReturnType<typeof setTimeout> | undefined
  private session = new AbortController()
  private endWait: (() => void) | undefined

  /** The newest picture; the same object until something changes. */
  readonly view = (): LiveView => this.liveView

  /** Calls the listener when there is a new picture, at most five times a second. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Calls the listener with every entry as it comes. */
  onNews(listener: (news: News) => void): () => void {
    this.newsListeners.add(listener)
    return () => this.newsListeners.delete(listener)
  }

  /** Follows the node for ever. */
  async start(): Promise<never> {
    let retryMs = RETRY_MIN_MS
    let goneSinceMs: number | undefined
    for (;;) {
      this.session = new AbortController()
      const trouble = await this.follow(this.session)
      this.session.abort()
      if (this.connection.state === 'live' || this.connection.state === 'catching-up') {
        retryMs = RETRY_MIN_MS
        goneSinceMs = undefined
      }
      goneSinceMs ??= Date.now()
      await this.describeAbsence(trouble, goneSinceMs)
      await this.wait(retryMs)
      retryMs = Math.min(RETRY_MAX_MS, retryMs * 2)
    }
  }

  /** Puts the payments before the oldest entry into the list; answers how many. @throws LedgerError */
  async loadEarlier(): Promise<number> {
    const { next } = this.view().tally.earlier
    if (next === undefined) return 0
    const earlier = await queryListing(recentPayments, { limit: SEED_LIMIT, cursor: next })
    // Unless the list has begun anew, or was cut, meanwhile.
    if (this.tally.view().earlier.next !== next) return 0
    this.tally.addEarlier(earlier)
    this.isTallyChanged = true
    this.notify()
    return earlier.entries.length
  }

  /** Ends the pause before the next attempt. */
  retryNow(): void {
    this.endWait?.()
  }

  /** Connects anew, as after the reader has given an operator token. */
  restart(): void {
    this.session.abort()
    this.endWait?.()
  }

  private compose(): LiveView {
    if (this.isTallyChanged) this.tallyView = this.tally.view()
    this.isTallyChanged = false
    const { connection, chain, agents, readOnlyReason } = this
    return {
      connection,
      chain,
      tally: this.tallyView,
      agents,
      readOnlyReason,
      clockSkewMs: this.skew.skewMs(),
      followedSinceMs: this.openedMs,
    }
  }

  private notify(): void {
    this.liveView = this.compose()
    for (const listener of this.listeners) listener()
  }

  private notifySoon(): void {
    this.notifyTimer ??= setTimeout(() => {
      this.notifyTimer = undefined
      this.notify()
    }, NOTIFY_EVERY_MS)
  }

  private setConnection(connection: Connection): void {
    this.connection = connection
    this.notify()
  }

  private tell(news: News): void {
    for (const listener of this.newsListeners) listener(news)
  }

  /** Reads chain and history, if this is the first time or another ledger than before. */
  private async seed(): Promise<void> {
    const chain = readChain(await getJson('/chain'))
    const isSame = this.chain?.genesis === chain.genesis
    this.chain = chain
    this.tally.setAssets(chain.assets)
    if (this.isSeeded && isSame && chain.height >= this.tally.view().height) return
    this.tally.seed(await findNewest(), chain.height)
    this.isSeeded = true
    this.isTallyChanged = true
    this.metAccounts.clear()
  }

  /** One connection from its beginning to its end; answers why it ended. */
  private async follow(session: AbortController): Promise<LedgerError> {
    let watch: ReturnType<typeof setInterval> | undefined
    try {
      await this.seed()
      const targetHeight = this.chain?.height ?? 0
      const seenHeight = this.tally.view().height
      const response = await openEvents(seenHeight, session.signal)
      this.setConnection({ state: seenHeight < targetHeight ? 'catching-up' : 'live' })
      this.openedMs = Date.now()
      void this.loadAgents()
      this.tell('anything')
      let lastSignMs = Date.now()
      watch = setInterval(() => {
        if (Date.now() - lastSignMs > SILENCE_MAX_MS) session.abort()
        void this.watchHealth()
      }, HEALTH_EVERY_MS)
      await readEvents(response, {
        onEvent: (event) => this.receive(event, targetHeight),
        onChunk: () => {
          lastSignMs = Date.now()
        },
      })
      return toLedgerError(undefined)
    } catch (cause) {
      return toLedgerError(cause)
    } finally {
      clearInterval(watch)
    }
  }

  private receive({ event, data }: StreamEvent, targetHeight: number): void {
    if (event === 'reset') {
      this.isSeeded = false
      this.session.abort()
    }
    if (event === 'refusal') this.add([this.tally.addRefusal(readRefusalNotice(data))])
    if (event !== 'block') return
    const block = readBlock(data)
    const isLive = this.connection.state === 'live'
    // What waited for the stream to open was late for a reason that is none of the node's.
    const isMeasured = isLive && Date.now() - this.openedMs > SETTLE_MS
    const latencyMs = isMeasured ? this.skew.measure(Date.now() - block.timeMs) : undefined
    this.add(this.tally.addBlock(block, latencyMs))
    // Something happened that is not in the notice: a hold, a refund, a change. Whoever shows such things asks again.
    if (block.operations > block.payments.length) this.tell('anything')
    if (!isLive && block.height >= targetHeight) this.setConnection({ state: 'live' })
  }

  private add(entries: readonly Entry[]): void {
    this.isTallyChanged = true
    this.notifySoon()
    if (entries.length === 0) return
    this.meet(entries)
    this.tell(entries)
  }

  /** Asks for names when an account turns up that was not there before. */
  private meet(entries: readonly Entry[]): void {
    if (Date.now() - this.agentsAskedMs < AGENTS_EVERY_MS) return
    if (entries.every((entry) => this.metAccounts.has(entry.account))) return
    for (const entry of entries) this.metAccounts.add(entry.account)
    void this.loadAgents()
  }

  private async loadAgents(): Promise<void> {
    this.agentsAskedMs = Date.now()
    try {
      this.agents = (await query(agents, {})).entries
    } catch {
      return // Names are a comfort: without them addresses stand in their place.
    }
    for (const agent of this.agents) this.metAccounts.add(agent.account)
    this.notifySoon()
  }

  private async watchHealth(): Promise<void> {
    const health = await getHealth()
    this.readOnlyReason = health.status === 'read-only' ? health.reason || 'no reason given' : undefined
    this.notifySoon()
  }

  private async describeAbsence(trouble: LedgerError, sinceMs: number): Promise<void> {
    const health = await getHealth()
    if (health.status === 'starting') this.setConnection({ state: 'starting', progress: health.progress })
    else if (health.status === 'unreachable' || health.status === 'stopping') {
      this.setConnection({ state: 'gone', sinceMs })
    } else if (trouble.code === 'page/unreachable') this.setConnection({ state: 'connecting' })
    else this.setConnection({ state: 'connecting', trouble })
  }

  private async wait(durationMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, durationMs)
      this.endWait = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
