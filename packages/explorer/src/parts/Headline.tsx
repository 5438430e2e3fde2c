// The answer first: what this page is about, one sentence and one number.
import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import { hasMoved } from '../navigation.ts'

/** Opens every page. The title takes the focus when the page was opened from another one. */
export function Headline(props: {
  readonly title: string
  readonly heading: ReactNode
  readonly sentence: ReactNode
  readonly number?: ReactNode
  readonly numberLabel?: string
}): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${props.title} \u00b7 Turnpike`
  }, [props.title])
  useEffect(() => {
    // The link that was followed is gone; a reader who is somewhere else already is left alone.
    if (hasMoved() && document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <header className="headline">
      <div className="headline-words">
        <h1 ref={heading} tabIndex={-1}>
          {props.heading}
        </h1>
        <p className="sentence">{props.sentence}</p>
      </div>
      {props.number === undefined ? null : (
        <div className="headline-number">
          <strong>{props.number}</strong>
          <span>{props.numberLabel}</span>
        </div>
      )}
    </header>
  )
}
