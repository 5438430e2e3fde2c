// Stopping an agent: an act of its own, apart from everything that is only looked at. The owner's key is not in the
// browser, so the page says what will happen and which command does it.
import type { ReactNode } from 'react'
import type { AgentState } from '../../agentState.ts'
import { turnpike } from '../../commandLine.ts'
import { useDenomination } from '../../live.ts'
import { fineDollars, rescale } from '../../money.ts'
import { Amount } from '../../parts/Amount.tsx'
import { Command } from '../../parts/Copy.tsx'
import { Moment } from '../../parts/Moment.tsx'
import { Section } from '../../parts/Notice.tsx'
import { HoldList } from './Holds.tsx'

const DEFAULT_URL = 'http://127.0.0.1:4020'

function commandFor(verb: 'freeze' | 'unfreeze' | 'sweep', account: string): string {
  const { origin } = window.location
  const url = origin === DEFAULT_URL ? '' : ` --url ${origin}`
  return `${turnpike} agent ${verb} ${account}${url}`
}

/** The section of the freeze. */
export function Freeze(props: { readonly state: AgentState }): ReactNode {
  const { state } = props
  if (state.status === 'revoked') {
    return (
      <Section heading="Revoked" id="freeze" className="act">
        <p>This agent is stopped for good. Its money goes back to the owner with:</p>
        <Command line={commandFor('sweep', state.account)} what="the command that takes the money back" />
      </Section>
    )
  }
  return state.status === 'frozen' ? <Frozen state={state} /> : <Active state={state} />
}

function Active(props: { readonly state: AgentState }): ReactNode {
  const { state } = props
  return (
    <Section heading="Freeze this agent" id="freeze" className="act">
      <div className="act-columns">
        <div>
          <h3>Stops at once</h3>
          <p>
            Every new payment, in the very block that takes the freeze, whatever the agent has signed before. A change
            of policy that waits is void.
          </p>
          <h3>Can still move</h3>
          <StillMoves state={state} />
        </div>
        <div>
          <h3>How</h3>
          <p>The owner signs, with a key that this page does not have. In a terminal of the owner&rsquo;s machine:</p>
          <Command line={commandFor('freeze', state.account)} what="the freeze command" />
          <p className="quiet">
            It is answered when it is durable, and says once more which holds can still settle. Only the owner can undo
            it.
          </p>
        </div>
      </div>
    </Section>
  )
}

function StillMoves(props: { readonly state: AgentState }): ReactNode {
  const { holds } = props.state
  const denominationOf = useDenomination()
  if (holds.length === 0) return <p>Nothing: no hold is open at this moment.</p>
  let dollars = 0n
  for (const hold of holds) {
    const { decimals, isDollar } = denominationOf(hold.asset)
    if (isDollar) dollars += rescale(hold.amount, { from: decimals, to: fineDollars.decimals })
  }
  return (
    <>
      <p>
        <strong>
          <Amount units={dollars} denomination={fineDollars} />
        </strong>{' '}
        in {holds.length} open {holds.length === 1 ? 'hold' : 'holds'}, until{' '}
        {holds.length === 1 ? 'it ends' : 'they end'}, 60 seconds at most:
      </p>
      <HoldList holds={holds} />
    </>
  )
}

function Frozen(props: { readonly state: AgentState }): ReactNode {
  const { state } = props
  return (
    <Section heading="Frozen" id="freeze" className="act">
      <div className="act-columns">
        <div>
          <p>Nothing new leaves this account.</p>
          <h3>Can still move</h3>
          <StillMoves state={state} />
        </div>
        <div>
          <h3>Let it pay again</h3>
          {state.unfreezesAtMs === undefined ? null : (
            <p className="warning">
              Already asked for: it pays again from <Moment timeMs={state.unfreezesAtMs} />. Another freeze voids that.
            </p>
          )}
          <Command line={commandFor('unfreeze', state.account)} what="the unfreeze command" />
          <h3>Take the money back</h3>
          <Command line={commandFor('sweep', state.account)} what="the command that takes the money back" />
          <p className="quiet">Both are signed by the owner, whose key this page does not have.</p>
        </div>
      </div>
    </Section>
  )
}
