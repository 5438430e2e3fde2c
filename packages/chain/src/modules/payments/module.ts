// payments: charges, authorizations, holds, refunds.
import { invariant, on, type Module } from '../../kernel/module.ts'
import { pruneNonces } from '../accounts/index.ts'
import { cancelAuthorization, transferWithAuthorization } from './authorization.ts'
import { charge } from './charge.ts'
import { endHolds, hold } from './hold.ts'
import { endAliases } from './identity.ts'
import { aliasesStandInTheirRing, heldRowsAreReserved } from './invariants.ts'
import { holdMaxMs, verifyHolds } from './params.ts'
import { payment } from './queries.ts'
import { refund } from './refund.ts'
import { aliasCounts, aliasEnds, aliases, aliasRing, holdEnds } from './state.ts'
import * as wire from './wire.ts'

export const payments = {
  name: 'payments',
  number: 6,
  tables: [aliases, aliasRing, aliasCounts, aliasEnds, holdEnds],
  rules: [
    on(wire.transferWithAuthorization, transferWithAuthorization),
    on(wire.cancelAuthorization, cancelAuthorization),
    on(wire.charge, charge),
    on(wire.hold, hold),
    on(wire.refund, refund),
  ],
  events: [wire.held, wire.authorizationCancelled],
  codes: wire.paymentsRefusals.table,
  queries: [payment],
  params: [holdMaxMs, verifyHolds],
  // Holds end before the nonces that carry them.
  due: [endHolds, pruneNonces, endAliases],
  invariants: [
    invariant('payments/holds', heldRowsAreReserved),
    invariant('payments/aliases', aliasesStandInTheirRing),
  ],
} satisfies Module
