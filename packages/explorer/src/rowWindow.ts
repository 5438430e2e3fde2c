// Which rows of a long table are in sight, and how high a row is on this screen.
import { useLayoutEffect, useState } from 'react'
import type { RefObject } from 'react'
import { useMedia } from './media.ts'

/** Rows from `start` up to, but without, `end`. */
export type RowSpan = { readonly start: number; readonly end: number }

const OVERSCAN_ROWS = 6
const NARROW = '(max-width: 719px)'
const ROW_HEIGHT_PX = 36
const NARROW_ROW_HEIGHT_PX = 56

/** The height of a row: one line, or two on a narrow screen. */
export function useRowHeight(): number {
  return useMedia(NARROW) ? NARROW_ROW_HEIGHT_PX : ROW_HEIGHT_PX
}

/** The rows that a viewport shows of a table that begins `top` pixels below the viewport's upper edge. */
export function spanOf(of: {
  readonly top: number
  readonly viewHeight: number
  readonly rowHeight: number
  readonly count: number
}): RowSpan {
  const start = Math.floor(-of.top / of.rowHeight) - OVERSCAN_ROWS
  const end = Math.ceil((of.viewHeight - of.top) / of.rowHeight) + OVERSCAN_ROWS
  const clamp = (index: number): number => Math.min(of.count, Math.max(0, index))
  return { start: clamp(start), end: clamp(end) }
}

/** Follows the scrolling of the page. */
export function useWindow(
  body: RefObject<HTMLElement | null>,
  table: { readonly count: number; readonly rowHeight: number },
): RowSpan {
  const { count, rowHeight } = table
  const [span, setSpan] = useState<RowSpan>({ start: 0, end: Math.min(count, 60) })
  useLayoutEffect(() => {
    let frame = 0
    function measure(): void {
      frame = 0
      const top = body.current?.getBoundingClientRect().top ?? 0
      const next = spanOf({ top, viewHeight: window.innerHeight, rowHeight, count })
      setSpan((before) => (before.start === next.start && before.end === next.end ? before : next))
    }
    function measureSoon(): void {
      frame ||= requestAnimationFrame(measure)
    }
    measure()
    // What stands above the table may grow or shrink and move it.
    const observer = new ResizeObserver(measureSoon)
    observer.observe(document.body)
    window.addEventListener('scroll', measureSoon, { passive: true })
    window.addEventListener('resize', measureSoon)
    return () => {
      cancelAnimationFrame(frame)
      observer.disconnect()
      window.removeEventListener('scroll', measureSoon)
      window.removeEventListener('resize', measureSoon)
    }
  }, [body, count, rowHeight])
  return { start: Math.min(span.start, count), end: Math.min(span.end, count) }
}
