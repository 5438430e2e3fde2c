// What stands in place of what only the operator or the owner may see, with the way in.
import { useState } from 'react'
import type { ReactNode, SubmitEvent } from 'react'
import { restartLive } from '../live.ts'
import { findToken, keepToken } from '../operatorToken.ts'

/** Says that this part is private, and takes the operator's token. */
export function OperatorOnly(props: { readonly what: string }): ReactNode {
  const [text, setText] = useState('')
  const [isWrong, setWrong] = useState(false)
  function enter(event: SubmitEvent): void {
    event.preventDefault()
    const pasted = text.trim()
    const token = findToken(`#${pasted.slice(pasted.lastIndexOf('#') + 1)}`)
    setWrong(token === undefined)
    if (token === undefined) return
    keepToken(token)
    restartLive()
  }
  return (
    <div className="private">
      <p>
        <strong>{props.what} are private.</strong> They open with the address that the node printed when it started (it
        ends in <code>/#…</code>), or with the token in <code>operator.token</code> of its data directory.
      </p>
      <form onSubmit={enter}>
        <input
          type="password"
          value={text}
          aria-label="Operator token"
          aria-invalid={isWrong}
          placeholder="Operator token"
          autoComplete="off"
          maxLength={512}
          onChange={(event) => {
            setText(event.target.value)
            setWrong(false)
          }}
        />
        <button type="submit">Open</button>
        {isWrong ? (
          <span role="alert" className="search-trouble">
            That is no token.
          </span>
        ) : null}
      </form>
    </div>
  )
}
