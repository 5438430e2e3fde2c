// Whether what is seen is live, always visible and honest; and what to do when it is not.
import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import { announce } from '../announce.ts'
import { turnpike } from '../commandLine.ts'
import type { Connection } from '../feed.ts'
import { retryNow, useLive, useNow } from '../live.ts'
import { formatClock, formatDuration } from '../moment.ts'
import { Command } from './Copy.tsx'
import { Failure } from './Notice.tsx'

function labelOf(connection: Connection): string {
  switch (connection.state) {
    case 'live':
      return 'Live'
    case 'catching-up':
      return 'Catching up'
    case 'starting': {
      const { progress } = connection
      return progress === undefined ? 'Node starting' : `Node starting, ${Math.floor(progress * 100)} %`
    }
    case 'gone':
      return 'Node gone'
    case 'connecting':
      return 'Connecting'
  }
}

/** The small sign in the header. */
export function ConnectionSign(): ReactNode {
  const connection = useLive((view) => view.connection)
  const label = labelOf(connection)
  const before = useRef(label)
  useEffect(() => {
    if (before.current !== label && connection.state !== 'connecting') announce(`${label}.`)
    before.current = label
  }, [label, connection.state])
  return (
    <span className={`connection connection-${connection.state}`} data-connection={connection.state}>
      <span className="connection-dot" aria-hidden="true" />
      {label}
    </span>
  )
}

/** The strip below the header, when something about the node needs words. */
export function ConnectionNotice(): ReactNode {
  const connection = useLive((view) => view.connection)
  const readOnlyReason = useLive((view) => view.readOnlyReason)
  if (connection.state === 'gone') return <Gone sinceMs={connection.sinceMs} />
  if (connection.state === 'starting') {
    return (
      <aside className="strip strip-warning" aria-label="State of the node">
        <p>The node is reading its log and answers when it is done. Nothing on this page is newer than its last run.</p>
      </aside>
    )
  }
  if (connection.state === 'connecting' && connection.trouble !== undefined) {
    return (
      <aside className="strip" aria-label="State of the node">
        <Failure error={connection.trouble} />
      </aside>
    )
  }
  if (readOnlyReason === undefined) return null
  return (
    <aside className="strip strip-warning" aria-label="State of the node">
      <p>
        The node takes no payments now: <bdi>{readOnlyReason}</bdi>. It resumes by itself.
      </p>
    </aside>
  )
}

function Gone(props: { readonly sinceMs: number }): ReactNode {
  const lastBlockMs = useLive((view) => view.tally.entries.at(-1)?.timeMs)
  const isPlay = useLive((view) => view.chain?.notice !== undefined)
  const nowMs = useNow()
  return (
    <aside className="strip strip-warning" aria-label="State of the node">
      <p>
        <strong>No answer from the node for {formatDuration(nowMs - props.sinceMs)}.</strong>{' '}
        {lastBlockMs === undefined
          ? 'Start it; this page connects by itself.'
          : `What is below is as of ${formatClock(lastBlockMs)}; nothing acknowledged is lost. Start the node again and this page goes on by itself.`}
      </p>
      <div className="strip-actions">
        <Command line={`${turnpike} up${isPlay ? ' --dev' : ''}`} what="the command that starts the node" />
        <button type="button" className="small" onClick={retryNow}>
          Try now
        </button>
      </div>
    </aside>
  )
}
