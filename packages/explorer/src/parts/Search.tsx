// One field that leads anywhere: paste an address or an operation.
import { useState } from 'react'
import type { ReactNode, RefObject, SubmitEvent } from 'react'
import { query, useLive } from '../live.ts'
import { navigate } from '../navigation.ts'
import { accountKind } from '../questions.ts'
import { findRoute } from '../route.ts'
import type { Route } from '../route.ts'

/** An address may be an agent that the page has not met, or a key that stands for one: the ledger knows. */
async function refine(route: Route): Promise<Route> {
  if (route.page !== 'seller') return route
  try {
    const { account, isAgent } = await query(accountKind, { address: route.address })
    return isAgent ? { page: 'agent', address: account } : route
  } catch {
    return route // The page that opens says what is wrong.
  }
}

/** The field in the header. */
export function Search(props: { readonly field: RefObject<HTMLInputElement | null> }): ReactNode {
  const agents = useLive((view) => view.agents)
  const [text, setText] = useState('')
  const [isUnknown, setUnknown] = useState(false)
  function open(event: SubmitEvent): void {
    event.preventDefault()
    const named = agents.filter((agent) => agent.name?.toLowerCase() === text.trim().toLowerCase())
    // A name leads somewhere only if one account alone bears it (T103).
    const name = named.length === 1 ? named[0]?.account : undefined
    const route = findRoute(name ?? text, (address) => agents.some((agent) => agent.account === address))
    setUnknown(route === undefined)
    if (route === undefined) return
    setText('')
    void refine(route).then(navigate)
  }
  return (
    <form className="search" role="search" onSubmit={open}>
      <input
        ref={props.field}
        type="search"
        value={text}
        placeholder="Address or operation"
        aria-label="Go to an address or an operation"
        aria-invalid={isUnknown}
        aria-describedby={isUnknown ? 'search-trouble' : undefined}
        autoComplete="off"
        spellCheck={false}
        maxLength={128}
        onChange={(event) => {
          setText(event.target.value)
          setUnknown(false)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      {isUnknown ? (
        <span id="search-trouble" className="search-trouble" role="alert">
          An address has 40 digits after 0x, an operation 64.
        </span>
      ) : null}
    </form>
  )
}
