// What token sends.
import { address, hash, message, units } from '../../wire/message.ts'

export const transfer = message(
  'token/transfer',
  0x0501,
  { to: address, asset: address, amount: units, reference: hash },
  { moves: true },
)
