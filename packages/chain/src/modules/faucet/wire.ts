// What faucet sends and refuses.
import { address, message, units } from '../../wire/message.ts'
import { refusals } from '../../wire/refusal.ts'

export const drip = message('faucet/drip', 0x0701, { to: address, asset: address, amount: units }, { moves: true })

export const faucetRefusals = refusals('faucet', 7, {
  too_much: {
    text: 'The faucet gives at most {max} base units per call; this asks for {amount}.',
    hint: 'Ask for less, or several times.',
    retry: 'never',
  },
  empty: {
    text: 'The faucet has given {issued} of its {supply} base units; {amount} more do not fit.',
    hint: 'Start a new development chain.',
    retry: 'never',
  },
})
