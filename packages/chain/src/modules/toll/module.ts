// toll: the network's share of a payment.
import { invariant, type Module } from '../../kernel/module.ts'
import { resolve } from '../accounts/index.ts'
import { collectorExists } from './invariants.ts'
import { tollBasisPoints, tollMax } from './params.ts'
import { collector } from './state.ts'

export const toll = {
  name: 'toll',
  number: 3,
  tables: [collector],
  params: [tollBasisPoints, tollMax],
  genesis: (context, { tollAccount }) => collector.put(context, 0, resolve(context, tollAccount)),
  invariants: [invariant('toll/collector', collectorExists)],
} satisfies Module
