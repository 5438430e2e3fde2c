// What bank states and refuses. It has no messages of its own.
import * as codec from '../../codec/Codec.ts'
import { event } from '../../wire/event.ts'
import { refusals } from '../../wire/refusal.ts'

/** Decimals of every currency's cap units (agent-policy 2). */
export const currencyDecimals = 6

/** Money went from one account to another; the zero address as source means that it was issued. */
export const transferred = event('bank/Transfer', 0x0101, {
  from: codec.address,
  to: codec.address,
  asset: codec.address,
  amount: codec.units,
})

export const bankRefusals = refusals('bank', 1, {
  unknown_asset: {
    text: 'There is no asset {asset} on this chain.',
    hint: 'GET /chain lists the assets and their addresses.',
    retry: 'never',
  },
  balance: {
    text: 'The balance is {available} base units and this needs {needed}.',
    hint: 'Fund the account and send the same payment again.',
    retry: 'later',
  },
  same_account: {
    text: 'Payer and payee are the same account {account}.',
    hint: 'Pay another account; keys of one account share its money.',
    retry: 'never',
  },
  below_minimum: {
    text: 'The first credit of an account must be at least {minimum} base units; this is {amount}.',
    hint: 'Send at least the minimum to an address that has no account yet.',
    retry: 'never',
  },
})
