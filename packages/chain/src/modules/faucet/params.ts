// What may be tuned of the faucet.
import { max } from '../../codec/Units.ts'
import { unitsParam } from '../../kernel/params.ts'

/** The most that one call gives, in base units. */
export const faucetMax = unitsParam('faucetMax', { initial: 1_000_000_000n, min: 1n, max })

/** What a call gives that names no amount. */
export const faucetDefault = unitsParam('faucetDefault', { initial: 10_000_000n, min: 1n, max })

/** The most that all calls give of one asset. */
export const faucetSupply = unitsParam('faucetSupply', { initial: 10n ** 15n, min: 1n, max })
