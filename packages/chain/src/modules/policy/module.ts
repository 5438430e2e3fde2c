// policy: what an account may spend; the only door by which its money leaves.
import { invariant, on, type Module } from '../../kernel/module.ts'
import { createAgent } from './agent.ts'
import { applyPending, freeze, proposePolicy, tightenPolicy, unfreeze } from './change.ts'
import {
  capsHold,
  countersAddUp,
  heldIsReserved,
  lockedIsReserved,
  pendingIsQueued,
  policiesAreWhole,
} from './invariants.ts'
import { agent, check, policyInForce } from './queries.ts'
import {
  bodies,
  documents,
  due,
  holders,
  pages,
  payKeys,
  pending,
  policies,
  queued,
  reservations,
  slots,
} from './state.ts'
import { sweep } from './sweep.ts'
import * as wire from './wire.ts'

export const policy = {
  name: 'policy',
  number: 4,
  tables: [policies, bodies, documents, pages, slots, reservations, holders, pending, due, payKeys, queued],
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
    invariant('policy/caps', capsHold),
    invariant('policy/held', heldIsReserved),
    invariant('policy/locked', lockedIsReserved),
    invariant('policy/pending', pendingIsQueued),
  ],
} satisfies Module
