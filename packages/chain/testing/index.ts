// For tests of modules: a funded chain, people with keys, and their operations.
export { begin, dollar, genesisDocument, given, operator, testDollar, type Given } from './given.ts'
export { freshNonce, person, type Person } from './people.ts'
export {
  agentOp,
  ask,
  documentWith,
  dollarCap,
  openAgent,
  payOp,
  saltOf,
  signedDocument,
  type Agent,
} from './agents.ts'
export {
  attemptBytes,
  authorize,
  cancelOp,
  holdDraft,
  holdOp,
  settleDraft,
  settleOp,
  type Authorization,
} from './authorizations.ts'
export {
  change,
  codeOf,
  forger,
  nativeDraft,
  nativeFaults,
  refusalRows,
  spendNonce,
  type Case,
  type Draft,
  type World,
} from './table.ts'
export { fuzzJsonParser, fuzzParser, type JsonFuzz, type ParserFuzz } from './parserFuzz.ts'
export { fillCancelledNonces, fillLiveNonces } from './nonces.ts'
