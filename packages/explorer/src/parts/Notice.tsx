// What stands where data would: loading, empty, an error. Each says what is the case and what to do.
import type { ReactNode } from 'react'
import type { LedgerError } from '../LedgerError.ts'

/** Nothing there yet, and that is all right. */
export function Empty(props: { readonly children: ReactNode }): ReactNode {
  return <p className="empty">{props.children}</p>
}

/** Being loaded. Shown only after a moment, by its style, so that fast answers don't flicker. */
export function Loading(props: { readonly what: string }): ReactNode {
  return (
    <p className="loading" role="status">
      Loading {props.what}…
    </p>
  )
}

const retries: Readonly<Record<LedgerError['retry'], string>> = {
  never: '',
  later: 'It can be tried again.',
  approval: 'It needs an approval.',
  owner: 'The owner can change that.',
}

/** Something was refused or failed: code, sentence, hint. */
export function Failure(props: { readonly error: LedgerError; readonly children?: ReactNode }): ReactNode {
  const { message, hint, code, retry } = props.error
  return (
    <div className="failure" role="alert">
      <p>
        <bdi>{message}</bdi> <code>{code}</code>
      </p>
      <p className="quiet">
        <bdi>{hint}</bdi> {retries[retry]}
      </p>
      {props.children}
    </div>
  )
}

/** One part of a page with its heading. */
export function Section(props: {
  readonly heading: string
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly id?: string
  readonly className?: string
}): ReactNode {
  const headingId = `${props.id ?? props.heading.toLowerCase().replace(/[^a-z]+/g, '-')}-heading`
  return (
    <section id={props.id} className={`section ${props.className ?? ''}`} aria-labelledby={headingId}>
      <div className="section-head">
        <h2 id={headingId} tabIndex={-1}>
          {props.heading}
        </h2>
        {props.aside === undefined ? null : <div className="section-aside">{props.aside}</div>}
      </div>
      {props.children}
    </section>
  )
}
