// A long table of which only the rows in sight exist. One stop for the Tab key; arrows, or j and k, move inside.
import { useCallback, useLayoutEffect, useRef, useState } from 'react'
import type { CSSProperties, FocusEvent, KeyboardEvent, ReactNode, RefObject } from 'react'
import { areShortcutsOn } from '../shortcuts.ts'
import { useRowHeight, useWindow } from '../rowWindow.ts'

/** What a row is told about itself. */
export type RowState = { readonly index: number; readonly tabIndex: number }

/** A column heading and how its cells align. */
export type Column = { readonly label: string; readonly className: string }

type RowsProps = {
  readonly label: string
  readonly className: string
  readonly columns: readonly Column[]
  readonly count: number
  readonly keyOf: (index: number) => string
  /** The cells of a row, each with `role="cell"`. */
  readonly render: (state: RowState) => ReactNode
  readonly rowClass?: (index: number) => string
  /** More rows follow than are known. */
  readonly isOpenEnded?: boolean
  /** Takes the focus when it changes: the first of the rows that the reader has asked for. */
  readonly landing?: number | undefined
  /** Rows with a smaller index have come since the last picture, and slide in. */
  readonly freshCount?: number
}

const PAGE_ROWS = 10

const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: PAGE_ROWS,
  PageUp: -PAGE_ROWS,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
}

function stepOf(event: KeyboardEvent): number | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined
  if ((event.key === 'j' || event.key === 'k') && !areShortcutsOn()) return undefined
  return steps[event.key]
}

/** The one row that the Tab key reaches, and how it moves. The reader lands on the first of the rows that were asked for. */
function useActiveRow(
  body: RefObject<HTMLElement | null>,
  { count, landing }: Pick<RowsProps, 'count' | 'landing'>,
): {
  readonly activeIndex: number
  readonly setActive: (index: number) => void
  readonly goTo: (index: number) => void
} {
  const [active, setActive] = useState(0)
  const wanted = useRef<number>(undefined)
  const activeIndex = Math.min(active, Math.max(0, count - 1))
  const goTo = useCallback((index: number) => {
    wanted.current = index
    setActive(index)
  }, [])
  useLayoutEffect(() => {
    if (landing !== undefined) goTo(landing)
  }, [landing, goTo])
  useLayoutEffect(() => {
    if (wanted.current !== activeIndex) return
    const link = body.current?.querySelector<HTMLElement>(`[data-index="${activeIndex}"] a`)
    if (link === null || link === undefined) return
    wanted.current = undefined
    link.focus({ preventScroll: true })
  })
  return { activeIndex, setActive, goTo }
}

/** A windowed table. */
export function Rows(props: RowsProps): ReactNode {
  const body = useRef<HTMLDivElement>(null)
  const rowHeight = useRowHeight()
  const shown = useWindow(body, { count: props.count, rowHeight })
  const { activeIndex, setActive, goTo } = useActiveRow(body, props)

  function onKeyDown(event: KeyboardEvent): void {
    const step = stepOf(event)
    if (step === undefined || props.count === 0) return
    event.preventDefault()
    const next = Math.min(props.count - 1, Math.max(0, activeIndex + step))
    goTo(next)
    showRow(body.current, { index: next, rowHeight })
  }

  function onFocus(event: FocusEvent): void {
    const index = event.target.closest('[data-index]')?.getAttribute('data-index')
    if (index !== null && index !== undefined) setActive(Number(index))
  }

  const indexes = Array.from({ length: shown.end - shown.start }, (_, i) => shown.start + i)
  // The active row always exists, even out of sight, or the focus would be lost while scrolling.
  if (props.count > 0 && (activeIndex < shown.start || activeIndex >= shown.end)) indexes.push(activeIndex)
  return (
    <div
      role="table"
      className={`rows ${props.className}`}
      aria-label={props.label}
      aria-rowcount={props.isOpenEnded === true ? -1 : props.count + 1}
    >
      <Head columns={props.columns} />
      <div
        role="rowgroup"
        className="rows-body"
        ref={body}
        style={slideStyle({ height: props.count * rowHeight, slidePx: (props.freshCount ?? 0) * rowHeight })}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
      >
        {indexes.map((index) => (
          <div
            role="row"
            key={props.keyOf(index)}
            aria-rowindex={index + 2}
            data-index={index}
            className={`row row-grid ${props.rowClass?.(index) ?? ''} ${index < (props.freshCount ?? 0) ? 'fresh' : ''}`}
            style={{ transform: `translateY(${index * rowHeight}px)`, height: rowHeight }}
          >
            {props.render({ index, tabIndex: index === activeIndex ? 0 : -1 })}
          </div>
        ))}
      </div>
    </div>
  )
}

function Head(props: { readonly columns: readonly Column[] }): ReactNode {
  return (
    <div role="rowgroup" className="rows-head">
      <div role="row" aria-rowindex={1} className="row-grid">
        {props.columns.map((column) => (
          <span role="columnheader" key={column.label} className={column.className}>
            {column.label}
          </span>
        ))}
      </div>
    </div>
  )
}

/** How far above their place new rows begin, so that they push the others down rather than cover them. */
function slideStyle(of: { readonly height: number; readonly slidePx: number }): CSSProperties {
  return { height: of.height, '--slide-from': `${-of.slidePx}px` } as CSSProperties
}

function showRow(body: HTMLElement | null, row: { readonly index: number; readonly rowHeight: number }): void {
  if (body === null) return
  const top = body.getBoundingClientRect().top + row.index * row.rowHeight
  const margin = row.rowHeight * 2
  if (top < margin) window.scrollBy({ top: top - margin })
  else if (top + margin > window.innerHeight) window.scrollBy({ top: top + margin - window.innerHeight })
}
