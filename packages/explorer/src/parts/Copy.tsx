// Copies a text, says so, and works where the page is not served over a secure origin.
import { Fragment, useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { announce } from '../announce.ts'

const SHOWN_MS = 1600
/** Longer words of a command may break at the end of a line: addresses. Options never do. */
const UNBROKEN_MAX = 24

function copyBySelection(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'off-screen'
  document.body.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  return isCopied
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

/** A small button that copies `text`; `what` names it for those who don't see it. */
function Copy(props: { readonly text: string; readonly what: string }): ReactNode {
  const [result, setResult] = useState<'copied' | 'failed' | undefined>()
  useEffect(() => {
    const timer = result === undefined ? undefined : setTimeout(() => setResult(undefined), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [result])
  async function onClick(): Promise<void> {
    const isCopied = await copy(props.text)
    setResult(isCopied ? 'copied' : 'failed')
    announce(isCopied ? `Copied ${props.what}.` : `Could not copy ${props.what}.`)
  }
  const label = result === undefined ? 'Copy' : result === 'copied' ? 'Copied' : 'Select it'
  return (
    <button type="button" className="copy" aria-label={`Copy ${props.what}`} onClick={() => void onClick()}>
      {label}
    </button>
  )
}

/** A text in full, for reading and copying: an address, a hash. What else there is to know of it stands behind it. */
export function FullId(props: {
  readonly id: string
  readonly what: string
  readonly children?: ReactNode
}): ReactNode {
  return (
    <span className="full-id">
      <code>{props.id}</code>
      <Copy text={props.id} what={props.what} />
      {props.children}
    </span>
  )
}

/** A command to run in a terminal. */
export function Command(props: { readonly line: string; readonly what: string }): ReactNode {
  return (
    <div className="command">
      <code>
        {props.line.split(' ').map((word, index) => (
          <Fragment key={index}>
            {index === 0 ? '' : ' '}
            <span className={word.length > UNBROKEN_MAX ? undefined : 'unbroken'}>{word}</span>
          </Fragment>
        ))}
      </code>
      <Copy text={props.line} what={props.what} />
    </div>
  )
}
