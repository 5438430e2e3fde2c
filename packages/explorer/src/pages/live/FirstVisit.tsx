// The live page before anything has happened: what to run.
import type { ReactNode } from 'react'
import { turnpike } from '../../commandLine.ts'
import { useLive } from '../../live.ts'
import { Command } from '../../parts/Copy.tsx'
import { Section } from '../../parts/Notice.tsx'

/** What to do on an empty ledger. */
export function FirstVisit(): ReactNode {
  const hasAgents = useLive((view) => view.agents.length > 0)
  const url = window.location.origin
  return (
    <Section heading={hasAgents ? 'An agent is ready' : 'Nothing has happened yet'} id="first">
      {hasAgents ? (
        <p>Its first payment will appear here the moment it is durable.</p>
      ) : (
        <>
          <p>
            See an agent buy real answers from an ordinary HTTP API until its budget says no. In a terminal, with this
            node stopped:
          </p>
          <Command line={`${turnpike} demo`} what="the command for the main job" />
          <p>Or make an agent of your own on this node:</p>
          <Command
            line={`${turnpike} agent create scout --per-call 0.01 --lifetime 0.25 --url ${url}`}
            what="the command that makes an agent"
          />
        </>
      )}
    </Section>
  )
}
