// The policy in the words that its owner signed, its version, who may change it and which keys pay.
import type { ReactNode } from 'react'
import type { AgentState } from '../../agentState.ts'
import { AccountLink } from '../../parts/AccountLink.tsx'
import { FullId } from '../../parts/Copy.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Section } from '../../parts/Notice.tsx'

/** The section of the policy. */
export function Policy(props: { readonly state: AgentState }): ReactNode {
  const { state } = props
  return (
    <Section heading="Policy" id="policy" aside={<span className="quiet">version {state.version}</span>}>
      {state.pending === undefined ? null : (
        <div className="strip strip-warning">
          <p>
            A change waits and takes effect at <Moment timeMs={state.pending.effectiveAtMs} />. A freeze or a tighter
            policy before then voids it.
          </p>
          <details>
            <summary>What it will say</summary>
            <p className="words" dir="auto">
              {state.pending.words}
            </p>
          </details>
        </div>
      )}
      <p className="words words-long" dir="auto" tabIndex={0} role="group" aria-label="The policy in words">
        {state.words}
      </p>
      <dl className="facts">
        <div>
          <dt>Owner</dt>
          <dd>
            <AccountLink address={state.owner} page="agent" />
          </dd>
        </div>
        {state.notBeforeMs === undefined ? null : (
          <div>
            <dt>Valid from</dt>
            <dd>
              <Moment timeMs={state.notBeforeMs} />
            </dd>
          </div>
        )}
        {state.expiresAtMs === undefined ? null : (
          <div>
            <dt>Until</dt>
            <dd>
              <Moment timeMs={state.expiresAtMs} />
            </dd>
          </div>
        )}
      </dl>
      <h3>Keys</h3>
      <ul className="plain-list keys-list">
        {state.keys.map((key) => (
          <li key={key.key}>
            <FullId id={key.key} what="the key's address" />
            <span className="quiet">
              <bdi>{[key.kind, key.status].filter((part) => part !== '').join(', ')}</bdi>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
