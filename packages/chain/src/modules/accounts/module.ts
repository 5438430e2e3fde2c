// accounts: who exists, who owns whom, who may sign.
import { invariant, type Module } from '../../kernel/module.ts'
import { agentsHaveOwners, keysBelongToAgents, noncesAreCounted } from './invariants.ts'
import { authLifetimeMaxMs, freePerMinute } from './params.ts'
import { account, balance } from './queries.ts'
import { openAtGenesis } from './resolve.ts'
import { accounts as table, expiring, keys, nonces } from './state.ts'
import { accountsRefusals } from './wire.ts'

export const accounts = {
  name: 'accounts',
  number: 2,
  tables: [table, keys, nonces, expiring],
  codes: accountsRefusals.table,
  queries: [balance, account],
  params: [authLifetimeMaxMs, freePerMinute],
  genesis(context, { operator, tollAccount }) {
    openAtGenesis(context, operator)
    if (tollAccount !== operator) openAtGenesis(context, tollAccount)
  },
  invariants: [
    invariant('accounts/keys', keysBelongToAgents),
    invariant('accounts/owners', agentsHaveOwners),
    invariant('accounts/nonces', noncesAreCounted),
  ],
} satisfies Module
