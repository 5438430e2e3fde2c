// What may be tuned of the toll.
import { integerParam, optionalUnitsParam } from '../../kernel/params.ts'

/** The rate in basis points of the amount. */
export const tollBasisPoints = integerParam('tollBasisPoints', { initial: 10, min: 0, max: 1_000 })

/** The most that one payment pays, in base units of its asset. */
export const tollMax = optionalUnitsParam('tollMax')
