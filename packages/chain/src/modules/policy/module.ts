// policy: what an account may spend; the only door by which its money leaves.
import { invariant, on, type Module } from '../../kernel/module.ts'
import { createAgent } from './agent.ts'
import { applyPending, freeze, proposePolicy, tightenPolicy, unfreeze } from './change.ts'
import { countersAddUp, heldIsReserved, pendingIsQueued, policiesAreWhole } from './invariants.ts'
import { agent, check, policyInForce } from './queries.ts'
import { bodies, counters, documents, due, holders, payKeys, pending, policies, reservations, slots } from './state.ts'
import { sweep } from './sweep.ts'
import * as wire from './wire.ts'

export const policy = {
  name: 'policy',
  number: 4,
  tables: [policies, bodies, documents, counters, slots, reservations, holders, pending, due, payKeys],
  rules: [
    on(wire.createAgent, createAgent),
    on(wire.freeze, freeze),
    on(wire.tightenPolicy, tightenPolicy),
    on(wire.unfreeze, unfreeze),
    on(wire.proposePolicy, proposePolicy),
    on(wire.sweep, sweep),
  ],
  events: [wire.created, wire.changed, wire.swept],
  codes: wire.policyRefusals.table,
  queries: [policyInForce, agent, check],
  due: [applyPending],
  invariants: [
    invariant('policy/whole', policiesAreWhole),
    invariant('policy/counters', countersAddUp),
    invariant('policy/holds', heldIsReserved),
    invariant('policy/pending', pendingIsQueued),
  ],
} satisfies Module
