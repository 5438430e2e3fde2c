// faucet: money for development chains.
import { invariant, on, type Module } from '../../kernel/module.ts'
import { drip } from './drip.ts'
import { operatorExists } from './invariants.ts'
import { faucetDefault, faucetMax, faucetSupply } from './params.ts'
import { drippers } from './state.ts'
import * as wire from './wire.ts'

export const faucet = {
  name: 'faucet',
  number: 7,
  tables: [drippers],
  rules: [on(wire.drip, drip)],
  codes: wire.faucetRefusals.table,
  params: [faucetMax, faucetDefault, faucetSupply],
  genesis: (context, { operator }) => drippers.put(context, 0, operator),
  invariants: [invariant('faucet/operator', operatorExists)],
} satisfies Module
