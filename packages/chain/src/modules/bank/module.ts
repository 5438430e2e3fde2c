// bank: balances and supply; every move has two sides.
import { invariant, type Module } from '../../kernel/module.ts'
import { assetsAreKnown, fractionsAreBelowOne, supplyIsSumOfBalances } from './invariants.ts'
import { accountMin } from './params.ts'
import { supply as supplyQuery } from './queries.ts'
import { assets, balances, supply } from './state.ts'
import { bankRefusals, transferred } from './wire.ts'

export const bank = {
  name: 'bank',
  number: 1,
  tables: [assets, balances, supply],
  events: [transferred],
  codes: bankRefusals.table,
  queries: [supplyQuery],
  params: [accountMin],
  genesis(context, document) {
    for (const { address, ...asset } of document.assets) assets.put(context, address, asset)
  },
  invariants: [
    invariant('bank/supply', supplyIsSumOfBalances),
    invariant('bank/fractions', fractionsAreBelowOne),
    invariant('bank/assets', assetsAreKnown),
  ],
} satisfies Module
