// What other modules may call.
export { authenticate, countControl, countFree, requireKey, requireValidity } from './authenticate.ts'
export {
  cancelNonce,
  changeNonce,
  claimNonce,
  findNonce,
  nonceAt,
  nonceKeyAt,
  nonceSlot,
  pruneNonces,
} from './nonces.ts'
export { nonceEntries } from './invariants.ts'
export { findAccount, getAccount, maySee, maySign, openAccount, ownerOf, resolve } from './resolve.ts'
export type { Nonce, NonceKey } from './state.ts'
export { addAgent } from './tree.ts'
