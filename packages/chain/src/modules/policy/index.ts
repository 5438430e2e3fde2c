// What other modules may call: the door by which an account's money leaves, and what is held behind it.
export type { Family, Intent, Scheme, SignedEnds } from './intent.ts'
export { capture, openHolds, release, reserve, type Hold, type OpenHold } from './reserve.ts'
export { spend } from './spend.ts'
