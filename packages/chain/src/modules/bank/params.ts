// What may be tuned of bank.
import { unitsParam } from '../../kernel/params.ts'
import { max } from '../../codec/Units.ts'

/** Least first credit, in base units, that creates an account (decisions 3). */
export const accountMin = unitsParam('accountMin', { initial: 1n, min: 1n, max })
