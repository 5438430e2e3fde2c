// What may be tuned of payments.
import { flagParam, integerParam } from '../../kernel/params.ts'

/** The longest hold that verify may take, in ms. */
export const holdMaxMs = integerParam('holdMaxMs', { initial: 60_000, min: 1, max: 60_000 })

/** Whether verify holds the funds; false on several validators makes it a dry run (decisions 9). */
export const verifyHolds = flagParam('verifyHolds', true)
