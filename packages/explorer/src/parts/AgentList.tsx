// Agents, newest first: a few, and the others on demand.
import { useRef } from 'react'
import type { ReactNode } from 'react'
import { queryListing, useListingQuery } from '../live.ts'
import { agents } from '../questions.ts'
import { useFolded, useListing } from '../useListing.ts'
import { AccountLink } from './AccountLink.tsx'
import { ListEnd, useLanding } from './ListEnd.tsx'
import { Moment } from './Moment.tsx'
import { Section } from './Notice.tsx'

const SHOWN_FIRST = 8

/** The section of agents, of one owner or of all; `none` stands in its place when there are none. */
export function AgentList(props: {
  readonly heading: string
  readonly id: string
  readonly owner?: string
  readonly none?: ReactNode
}): ReactNode {
  const args = props.owner === undefined ? {} : { owner: props.owner }
  const answer = useListingQuery(agents, args)
  const list = useRef<HTMLUListElement>(null)
  const all = useListing(answer.value, { load: ({ next }) => queryListing(agents, { ...args, cursor: next }) })
  const { entries, end, more, landing } = useFolded(all, SHOWN_FIRST)
  useLanding(list, landing)
  if (answer.value === undefined) return null
  if (entries.length === 0) return props.none
  return (
    <Section heading={props.heading} id={props.id}>
      <ul className="plain-list" ref={list}>
        {entries.map((agent) => (
          <li key={agent.account}>
            <AccountLink address={agent.account} page="agent" />
            {agent.createdMs === undefined ? null : (
              <span className="quiet">
                <Moment timeMs={agent.createdMs} />
              </span>
            )}
          </li>
        ))}
      </ul>
      <ListEnd listing={end} more={more} label="Show older agents" />
    </Section>
  )
}
