// What the stream has told so far: the newest entries, one row per second, and the sums. Knows no network.
import type { Asset } from './chainInfo.ts'
import type { Listing } from './listing.ts'
import { fineDollars, rescale } from './money.ts'
import type { Moved } from './moved.ts'
import { isRefund } from './questions.ts'
import type { Payment, Recent } from './questions.ts'

/** A payment as the stream tells it. */
export type PaymentEntry = Moved & {
  readonly kind: 'payment'
  readonly id: string
  readonly operation: string
  readonly height: number
  readonly timeMs: number
  /** Money that went back; the stream tells payments only, history knows both. */
  readonly isRefund?: boolean
}

/** A refusal as the stream tells it; the code comes to the operator only. */
export type RefusalEntry = {
  readonly kind: 'refusal'
  readonly id: string
  readonly timeMs: number
  readonly account: string
  readonly payee: string | undefined
  readonly class: string
  readonly code: string | undefined
  readonly hint: string | undefined
}

/** One row of the live list. */
export type Entry = PaymentEntry | RefusalEntry

/** A block as the stream tells it. */
export type BlockNotice = {
  readonly height: number
  readonly timeMs: number
  /** All of them; holds, refunds and changes of policy are told by number only. */
  readonly operations: number
  readonly payments: readonly (Moved & { readonly operation: string })[]
}

/** What happened in one second of the ledger's time. */
export type Second = {
  readonly second: number
  readonly payments: number
  readonly refused: number
  /** In `fineDollars`; assets that are no dollars don't count. */
  readonly worth: bigint
  /** From the start of a block to its arrival here, in ms. */
  readonly latenciesMs: readonly number[]
}

/** The sums of everything on the ledger, in one asset. */
export type AssetSum = { readonly asset: string; readonly amount: bigint; readonly toll: bigint }

/** A picture of the tally that never changes. */
export type TallyView = {
  readonly entries: readonly Entry[] // oldest first
  readonly seconds: readonly Second[] // oldest first
  readonly payments: number
  readonly sums: readonly AssetSum[]
  readonly height: number
  /** What stands before the oldest entry. */
  readonly earlier: Earlier
}

/** What history has before the oldest entry; nothing can be put before it once the list was cut. */
export type Earlier = Omit<Listing<never>, 'entries'> & { readonly isCut: boolean }

/** How many entries the list keeps, beside those that the reader has asked for. */
export const ENTRIES_MAX = 10_000
/** How far back the charts reach. */
export const SECONDS_MAX = 300

const TRIM_STEP = 1000
const LATENCIES_PER_SECOND_MAX = 64

const cut: Earlier = { next: undefined, begin: undefined, isCut: true }

const inOrder = (entries: readonly Entry[]): Entry[] => entries.toSorted((a, b) => a.timeMs - b.timeMs)

/** Oldest first, as the list has them. */
function toEntries(newestFirst: readonly Payment[]): readonly PaymentEntry[] {
  return newestFirst.toReversed().map((payment) => {
    return { ...payment, kind: 'payment', id: payment.operation, isRefund: isRefund(payment) }
  })
}

type MutableSecond = { -readonly [K in keyof Second]: Second[K] } & { latenciesMs: number[] }

/** What the live pages count. Lives as long as the page. */
export class Tally {
  private entries: Entry[] = []
  private seconds = new Map<number, MutableSecond>()
  private sums = new Map<string, AssetSum>()
  private assets = new Map<string, Asset>()
  private payments = 0
  private height = 0
  private refusals = 0
  private entriesMax = ENTRIES_MAX
  private earlier: Earlier = { next: undefined, begin: undefined, isCut: false }

  /** Names the assets, so that their worth can be counted. */
  setAssets(assets: readonly Asset[]): void {
    this.assets = new Map(assets.map((asset) => [asset.address, asset]))
  }

  /** Starts over from what history says; refusals seen on the stream stay, because history has none for strangers. */
  seed(recent: Recent, chainHeight: number): void {
    const refused = this.entries.filter((entry) => entry.kind === 'refusal')
    this.entries = []
    this.entriesMax = ENTRIES_MAX
    this.earlier = { next: recent.next, begin: recent.begin, isCut: false }
    this.seconds = new Map()
    for (const entry of inOrder([...toEntries(recent.entries), ...refused])) this.push(entry)
    this.sums = new Map(recent.amounts.map((sum) => [sum.asset, sum]))
    this.payments = recent.count
    this.height = Math.max(chainHeight, ...recent.entries.map((payment) => payment.height))
  }

  /** Puts what history has before the oldest entry into the list. The charts and sums have it already, or never show it. */
  addEarlier({ entries, next, begin }: Listing<Payment>): void {
    this.entriesMax += entries.length
    this.entries = inOrder([...toEntries(entries), ...this.entries])
    this.earlier = { next, begin, isCut: false }
  }

  /** Counts a block; one that lies at or below what was seen is a repetition and counts nothing. */
  addBlock(block: BlockNotice, latencyMs: number | undefined): readonly Entry[] {
    if (block.height <= this.height) return []
    this.height = block.height
    const added = block.payments.map((payment): PaymentEntry => {
      return { ...payment, kind: 'payment', id: payment.operation, height: block.height, timeMs: block.timeMs }
    })
    for (const entry of added) {
      this.push(entry)
      this.addToSums(entry)
    }
    const { latenciesMs } = this.secondOf(block.timeMs)
    if (latencyMs !== undefined && latenciesMs.length < LATENCIES_PER_SECOND_MAX) latenciesMs.push(latencyMs)
    this.trim()
    return added
  }

  /** Counts a refusal. */
  addRefusal(refusal: Omit<RefusalEntry, 'kind' | 'id'>): RefusalEntry {
    this.refusals += 1
    const entry: RefusalEntry = { ...refusal, kind: 'refusal', id: `refusal-${this.refusals}` }
    this.push(entry)
    this.trim()
    return entry
  }

  /** A picture that later counting leaves alone. */
  view(): TallyView {
    const ordered = [...this.seconds.values()].toSorted((a, b) => a.second - b.second).slice(-SECONDS_MAX)
    return {
      entries: this.entries.slice(-this.entriesMax),
      seconds: ordered.map((second) => ({ ...second, latenciesMs: [...second.latenciesMs] })),
      payments: this.payments,
      sums: [...this.sums.values()],
      height: this.height,
      earlier: this.entries.length > this.entriesMax ? cut : this.earlier,
    }
  }

  private secondOf(timeMs: number): MutableSecond {
    const second = Math.floor(timeMs / 1000)
    const known = this.seconds.get(second)
    if (known !== undefined) return known
    const created: MutableSecond = { second, payments: 0, refused: 0, worth: 0n, latenciesMs: [] }
    this.seconds.set(second, created)
    return created
  }

  private push(entry: Entry): void {
    this.entries.push(entry)
    const second = this.secondOf(entry.timeMs)
    if (entry.kind === 'refusal') {
      second.refused += 1
      return
    }
    if (entry.isRefund === true) return
    second.payments += 1
    const asset = this.assets.get(entry.asset)
    if (asset?.isDollar === true) {
      second.worth += rescale(entry.amount, { from: asset.decimals, to: fineDollars.decimals })
    }
  }

  private addToSums(entry: PaymentEntry): void {
    const sum = this.sums.get(entry.asset) ?? { asset: entry.asset, amount: 0n, toll: 0n }
    this.sums.set(entry.asset, { ...sum, amount: sum.amount + entry.amount, toll: sum.toll + entry.toll })
    this.payments += 1
  }

  private trim(): void {
    if (this.entries.length > this.entriesMax + TRIM_STEP) {
      this.entries = this.entries.slice(-this.entriesMax)
      this.earlier = cut
    }
    if (this.seconds.size <= SECONDS_MAX * 2) return
    const newest = [...this.seconds.values()].toSorted((a, b) => a.second - b.second).slice(-SECONDS_MAX)
    this.seconds = new Map(newest.map((second) => [second.second, second]))
  }
}
