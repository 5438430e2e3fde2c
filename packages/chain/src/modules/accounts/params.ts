// What may be tuned of accounts.
import { integerParam } from '../../kernel/params.ts'

/** How far ahead a validity may end, in ms; a stock hour with a clock a little ahead passes (decisions 1). */
export const authLifetimeMaxMs = integerParam('authLifetimeMaxMs', { initial: 3_660_000, min: 60_000, max: 86_400_000 })

/** Operations of one account and minute that move no money (decisions 2). */
export const freePerMinute = integerParam('freePerMinute', { initial: 60, min: 1, max: 10_000 })
