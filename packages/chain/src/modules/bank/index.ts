// What other modules may call. Moving, locking and issuing are locked doors: see move.ts, lock.ts, issue.ts.
export { accountMin } from './params.ts'
export { balanceOf, findAsset, getAsset, supplyOf, toCurrencyUnits } from './read.ts'
export type { Share } from './state.ts'
