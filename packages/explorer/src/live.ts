// The only data hook of the pages: one event stream, one query function.
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { capDenominationOf, denominationOf } from './chainInfo.ts'
import { Feed } from './feed.ts'
import type { LiveView } from './feed.ts'
import { toLedgerError } from './LedgerError.ts'
import type { LedgerError } from './LedgerError.ts'
import type { Listing } from './listing.ts'
import type { Denomination } from './money.ts'
import { getJson, query, queryListing } from './nodeClient.ts'

export { query, queryListing } from './nodeClient.ts'
import type { Question } from './questions.ts'
import type { Entry } from './tally.ts'

const RELOAD_EVERY_MS = 1000

const feed = new Feed()

/** Starts the stream; called once, when the page starts. */
export function startLive(): void {
  void feed.start()
}

/** Puts the payments before the oldest one of the live list into it; answers how many. @throws LedgerError */
export function loadEarlier(): Promise<number> {
  return feed.loadEarlier()
}

/** Tries to reach the node at once. */
export function retryNow(): void {
  feed.retryNow()
}

/** Connects anew with the token that the reader gave, and asks everything again. */
export function restartLive(): void {
  feed.restart()
}

/** A part of what is live; the component is drawn again only when that part is another one. */
export function useLive<T>(select: (view: LiveView) => T): T {
  return useSyncExternalStore(feed.subscribe, () => select(feed.view()))
}

/** One answer of the node, as far as it is there. */
export type Answer<R> = {
  readonly value: R | undefined
  readonly error: LedgerError | undefined
  readonly isLoading: boolean
}

const nothingYet = { value: undefined, error: undefined, isLoading: true }

/**
 * Loads, and loads again (at most once a second) when news concern it. What was known stays in sight while the node
 * is away; a refusal takes it away.
 */
function useLoad<R>(key: string, load: () => Promise<R>, concerns: (entry: Entry) => boolean): Answer<R> {
  const [answer, setAnswer] = useState<{ readonly key: string; readonly of: Answer<R> }>({ key, of: nothingYet })
  const latest = useRef({ load, concerns })
  latest.current = { load, concerns }
  useEffect(() => {
    let isCurrent = true
    let isLoading = false
    let timer: ReturnType<typeof setTimeout> | undefined
    let isWanted = false
    async function reload(): Promise<void> {
      isLoading = true
      isWanted = false
      try {
        const value = await latest.current.load()
        if (isCurrent) setAnswer({ key, of: { value, error: undefined, isLoading: false } })
      } catch (cause) {
        const error = toLedgerError(cause)
        const keeps = error.code === 'page/unreachable'
        const value = (before: { key: string; of: Answer<R> }): R | undefined =>
          keeps && before.key === key ? before.of.value : undefined
        if (isCurrent) setAnswer((before) => ({ key, of: { value: value(before), error, isLoading: false } }))
      }
      isLoading = false
      if (isWanted && isCurrent) reloadSoon()
    }
    function reloadSoon(): void {
      isWanted = true
      if (isLoading || timer !== undefined) return
      timer = setTimeout(() => {
        timer = undefined
        void reload()
      }, RELOAD_EVERY_MS)
    }
    void reload()
    const stop = feed.onNews((news) => {
      if (news === 'anything' || news.some(latest.current.concerns)) reloadSoon()
    })
    return () => {
      isCurrent = false
      clearTimeout(timer)
      stop()
    }
  }, [key])
  return answer.key === key ? answer.of : nothingYet
}

/** Asks the ledger, and again when an entry of the stream concerns the question. */
export function useQuery<A, R>(
  question: Question<A, R>,
  args: A,
  concerns: (entry: Entry) => boolean = () => false,
): Answer<R> {
  return useLoad(keyOf(question, args), () => query(question, args), concerns)
}

/** Asks for the newest part of a list, and again when an entry of the stream concerns it. */
export function useListingQuery<A, T>(
  question: Question<A, Listing<T>>,
  args: A,
  concerns: (entry: Entry) => boolean = () => false,
): Answer<Listing<T>> {
  return useLoad(keyOf(question, args), () => queryListing(question, args), concerns)
}

const keyOf = (question: { readonly name: string }, args: unknown): string => `${question.name} ${JSON.stringify(args)}`

/** Reads a path whose answer never changes once it is there: a receipt. */
export function useRead<R>(path: string, read: (answer: unknown) => R): Answer<R> {
  const known = useRef<{ readonly path: string; readonly value: R }>(undefined)
  return useLoad(
    path,
    async () => {
      if (known.current?.path !== path) known.current = { path, value: read(await getJson(path)) }
      return known.current.value
    },
    () => false,
  )
}

/** The present moment, anew every `intervalMs` while the page is seen. */
export function useNow(intervalMs = 1000): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNowMs(Date.now())
    }, intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs])
  return nowMs
}

/** A value that changes often, looked at once a second: for what is costly to compute from it. */
export function useOncePerSecond<T>(value: T): { readonly value: T; readonly second: number } {
  const second = Math.floor(useNow() / 1000)
  const held = useRef({ value, second })
  if (held.current.second !== second) held.current = { value, second }
  return held.current
}

/** Finds what amounts of an asset are counted in. */
export function useDenomination(): (asset: string) => Denomination {
  const assets = useLive((view) => view.chain?.assets)
  return useCallback((asset) => denominationOf(assets ?? [], asset), [assets])
}

/** What a cap is counted in: its asset, or its currency. */
export function useCapDenomination(denom: string): Denomination {
  const assets = useLive((view) => view.chain?.assets)
  return capDenominationOf(assets ?? [], denom)
}
