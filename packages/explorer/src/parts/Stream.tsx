// The live list: payments and refusals as they come. It stands still while somebody looks closely.
import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import { announce } from '../announce.ts'
import { loadEarlier, useLive } from '../live.ts'
import { sayPause, usePause } from '../pause.ts'
import { sayClass } from '../refusalClass.ts'
import { ENTRIES_MAX } from '../tally.ts'
import type { Entry, RefusalEntry } from '../tally.ts'
import { useMore } from '../useListing.ts'
import { AccountLink } from './AccountLink.tsx'
import { Link } from './Link.tsx'
import { ListEnd } from './ListEnd.tsx'
import { Moment } from './Moment.tsx'
import { Section } from './Notice.tsx'
import { PaymentCells, paymentColumns } from './paymentCells.tsx'
import { Rows } from './Rows.tsx'

const SLIDE_MAX_ROWS = 6

/** The entries to show: the newest, or those of the moment when the pause began and what the reader has put before them. */
function useStillness(
  entries: readonly Entry[],
  isPaused: boolean,
): { readonly shown: readonly Entry[]; readonly waiting: number; readonly fresh: number } {
  const still = useRef(entries)
  const before = still.current.at(-1)?.id
  const place = before === undefined ? -1 : entries.findLastIndex((entry) => entry.id === before)
  const waiting = entries.length - 1 - place
  const isFirst = before === undefined
  // What began a pause stays until its end, unless the ledger itself is another one.
  if (!isPaused || entries.length === 0) still.current = entries
  const isSliding = !isPaused && !isFirst && waiting <= SLIDE_MAX_ROWS
  const shown = isPaused && place >= 0 ? entries.slice(0, place + 1) : still.current
  return { shown, waiting: isPaused ? waiting : 0, fresh: isSliding ? waiting : 0 }
}

/** Tells a screen reader about refusals, which matter one by one. */
function useSpokenRefusals(entries: readonly Entry[]): void {
  const spoken = useRef<string>(undefined)
  const newest = entries.findLast((entry) => entry.kind === 'refusal')
  useEffect(() => {
    if (newest === undefined || spoken.current === newest.id) return
    // Those from before the page was opened are history, not news.
    if (Date.now() - newest.timeMs < 10_000) announce(`A payment was ${sayClass(newest.class)}.`)
    spoken.current = newest.id
  }, [newest])
}

/** The live list with its pause. */
export function Stream(props: { readonly isHeld: boolean; readonly onHold: (isHeld: boolean) => void }): ReactNode {
  const { entries, earlier } = useLive((view) => view.tally)
  const list = useRef<HTMLDivElement>(null)
  const reason = usePause(list, props.isHeld)
  const { shown, waiting, fresh } = useStillness(entries, reason !== undefined)
  useSpokenRefusals(entries)
  const more = useMore(shown.length, loadEarlier)
  const entryAt = (index: number): Entry | undefined => shown[shown.length - 1 - index]
  const button = (
    <>
      <span className="pause-state" aria-live="off">
        {sayPause(reason, waiting)}
      </span>
      <button type="button" className="small" aria-pressed={props.isHeld} onClick={() => props.onHold(!props.isHeld)}>
        {props.isHeld ? 'Let it run' : 'Pause'}
      </button>
    </>
  )
  return (
    <Section heading="As it happens" id="payments" aside={button}>
      <div ref={list} className="stream">
        <Rows
          label="Payments and refusals, newest first"
          className="payments"
          columns={paymentColumns}
          count={shown.length}
          isOpenEnded={earlier.next !== undefined}
          landing={more.landing}
          freshCount={fresh}
          keyOf={(index) => entryAt(index)?.id ?? String(index)}
          rowClass={(index) => (entryAt(index)?.kind === 'refusal' ? 'refused' : '')}
          render={({ index, tabIndex }) => {
            const entry = entryAt(index)
            if (entry === undefined) return null
            if (entry.kind === 'refusal') return <RefusalCells refusal={entry} tabIndex={tabIndex} />
            return <PaymentCells payment={entry} tabIndex={tabIndex} isRefund={entry.isRefund === true} />
          }}
        />
        <ListEnd listing={earlier} more={more} label="Show earlier payments" />
        {earlier.isCut ? (
          <p className="quiet list-begin">
            These are the newest {ENTRIES_MAX.toLocaleString('en-US')}; the page of an account lists all of its own.
          </p>
        ) : null}
      </div>
    </Section>
  )
}

function RefusalCells(props: { readonly refusal: RefusalEntry; readonly tabIndex: number }): ReactNode {
  const { refusal, tabIndex } = props
  return (
    <>
      <span role="cell" className="cell-time">
        <Link to={{ page: 'agent', address: refusal.account }} tabIndex={tabIndex} isMain>
          <Moment timeMs={refusal.timeMs} />
        </Link>
      </span>
      <span role="cell" className="cell-payer">
        <AccountLink address={refusal.account} page="agent" tabIndex={tabIndex} />
      </span>
      <span role="cell" className="cell-payee">
        {refusal.payee === undefined ? null : <AccountLink address={refusal.payee} page="seller" tabIndex={tabIndex} />}
      </span>
      <span role="cell" className="cell-reason" title={refusal.hint}>
        {refusal.code === undefined ? sayClass(refusal.class) : <code>{refusal.code}</code>}
      </span>
    </>
  )
}
