// What stands around every page: header, connection, the page itself, the voice for screen readers, the keys.
import { useCallback, useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { onAnnouncement } from './announce.ts'
import { useLive } from './live.ts'
import { navigate, useRoute } from './navigation.ts'
import { Agent } from './pages/agent/Agent.tsx'
import { Live } from './pages/live/Live.tsx'
import { Operation } from './pages/operation/Operation.tsx'
import { Seller } from './pages/seller/Seller.tsx'
import { ConnectionNotice, ConnectionSign } from './parts/ConnectionState.tsx'
import { Headline } from './parts/Headline.tsx'
import { Help } from './parts/Help.tsx'
import { Link } from './parts/Link.tsx'
import { Search } from './parts/Search.tsx'
import type { Route } from './route.ts'
import { useShortcuts } from './shortcuts.ts'
import type { Action } from './shortcuts.ts'

/** The whole of it. */
export function Shell(): ReactNode {
  const route = useRoute()
  const search = useRef<HTMLInputElement>(null)
  const main = useRef<HTMLElement>(null)
  const [isHelpOpen, setHelpOpen] = useState(false)
  const [isHeld, setHeld] = useState(false)
  const act = useCallback((action: Action) => {
    if (action === 'help') setHelpOpen((isOpen) => !isOpen)
    if (action === 'search') search.current?.focus()
    if (action === 'live') navigate({ page: 'live' })
    if (action === 'back') window.history.back()
    if (action === 'pause') setHeld((held) => !held)
    if (action === 'list') document.querySelector<HTMLElement>('.rows-body .row a[tabindex="0"]')?.focus()
    if (action === 'freeze') document.getElementById('freeze-heading')?.focus()
  }, [])
  useShortcuts(act)
  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header className="bar-top">
        <Link to={{ page: 'live' }} className="mark" isCurrent={route.page === 'live'}>
          <img src="/mark.svg" alt="" width="24" height="24" />
          Turnpike
        </Link>
        <Search field={search} />
        <span className="bar-space" />
        <ChainNotice />
        <ConnectionSign />
        <button type="button" className="small" onClick={() => setHelpOpen(true)}>
          Keys <kbd>?</kbd>
        </button>
      </header>
      <ConnectionNotice />
      <main ref={main} tabIndex={-1}>
        <Page key={keyOf(route)} route={route} isHeld={isHeld} onHold={setHeld} />
      </main>
      <Footer />
      <Help isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
      <Voice />
    </>
  )
}

function keyOf(route: Route): string {
  if (route.page === 'live' || route.page === 'unknown') return route.page
  return `${route.page} ${route.page === 'operation' ? route.operation : route.address}`
}

function Page(props: {
  readonly route: Route
  readonly isHeld: boolean
  readonly onHold: (isHeld: boolean) => void
}): ReactNode {
  const { route } = props
  switch (route.page) {
    case 'live':
      return <Live isHeld={props.isHeld} onHold={props.onHold} />
    case 'agent':
      return <Agent address={route.address} />
    case 'seller':
      return <Seller address={route.address} />
    case 'operation':
      return <Operation operation={route.operation} />
    case 'unknown':
      return (
        <>
          <Headline
            title="No such page"
            heading="No such page"
            sentence="An address has 40 digits after 0x, an operation has 64. Perhaps one is missing."
          />
          <p>
            <Link to={{ page: 'live' }}>To the live page</Link>
          </p>
        </>
      )
  }
}

function Footer(): ReactNode {
  const chain = useLive((view) => view.chain)
  if (chain === undefined) return null
  return (
    <footer className="bar-bottom">
      <span>Chain {chain.chainId}</span>
      <span>Engine: {chain.engine}</span>
      <a href="/health">Health</a>
      <a href="/metrics">Metrics</a>
      <a href="/openapi.json">API</a>
    </footer>
  )
}

/** What kind of money this is, when it is not real: on every page, in sight. */
function ChainNotice(): ReactNode {
  const notice = useLive((view) => view.chain?.notice)
  return notice === undefined ? null : <span className="chain-notice">{notice}</span>
}

/** The one live region. */
function Voice(): ReactNode {
  const [sentence, setSentence] = useState('')
  useEffect(() => onAnnouncement(setSentence), [])
  return (
    <p className="off-screen" role="status" aria-live="polite">
      {sentence}
    </p>
  )
}
