// An account: its colour, its name where it has one, its address shortened in the middle.
import type { ReactNode } from 'react'
import { useLive } from '../live.ts'
import type { LiveView } from '../feed.ts'
import { nameAccounts, shorten, ShortForms, tagOf } from '../names.ts'
import type { AccountName } from '../names.ts'
import type { AgentEntry } from '../questions.ts'
import type { Route } from '../route.ts'
import { Link } from './Link.tsx'

const shortForms = new ShortForms()
let named: { readonly list: readonly AgentEntry[]; readonly names: ReadonlyMap<string, AccountName> } | undefined

/** The names of all accounts; computed once for each list of agents. */
function selectNames(view: LiveView): ReadonlyMap<string, AccountName> {
  if (named?.list !== view.agents) named = { list: view.agents, names: nameAccounts(view.agents) }
  return named.names
}

/** The name of an account, if it has one. */
function useAccountName(address: string): AccountName | undefined {
  return useLive(selectNames).get(address)
}

/** What to call an account inside a sentence that is no markup: its name, or its short address. */
export function useAccountLabel(address: string): string {
  const name = useAccountName(address)
  if (name === undefined) return shorten(address)
  return name.isPlain ? name.name : `${name.name} (${shorten(address)})`
}

/** The colour of an account, for the eye alone. */
function AccountTag(props: { readonly address: string }): ReactNode {
  return <span className={`tag tag-${tagOf(props.address)}`} aria-hidden="true" />
}

/** Colour and name of an account. */
export function AccountLabel(props: { readonly address: string; readonly withAddress?: boolean }): ReactNode {
  const name = useAccountName(props.address)
  const short = shortForms.of(props.address)
  const showsAddress = name === undefined || !name.isPlain || props.withAddress === true || short.isAmbiguous
  return (
    <span className="account" title={props.address}>
      <AccountTag address={props.address} />
      {name === undefined ? null : <bdi className="account-name">{name.name}</bdi>}
      {showsAddress ? <span className={name === undefined ? 'id' : 'id quiet'}>{short.text}</span> : null}
      {short.isAmbiguous ? (
        <span className="look-alike" title="Another address here looks almost the same. Compare all of it.">
          look-alike
        </span>
      ) : null}
    </span>
  )
}

/** A link to the page of an account: of an agent, or of a seller. */
export function AccountLink(props: {
  readonly address: string
  readonly page: 'agent' | 'seller'
  readonly tabIndex?: number | undefined
}): ReactNode {
  const to: Route = { page: props.page, address: props.address }
  return (
    <Link to={to} tabIndex={props.tabIndex} className="account-link">
      <AccountLabel address={props.address} />
    </Link>
  )
}
