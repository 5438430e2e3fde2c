// What other modules may call: the door by which an account's money leaves, and what is held behind it.
export type { Intent } from './intent.ts'
export { capture, openHolds, release, reserve } from './reserve.ts'
export { spend } from './spend.ts'
