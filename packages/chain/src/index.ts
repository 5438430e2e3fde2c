// The first door of the package: the machine, for those who run it (node, simulator, benches).
export { createChain, developmentModules, modules } from './app.ts'
export {
  answer,
  check,
  createState,
  createStore,
  imageTables,
  paramsOf,
  parseQuestion,
  protocolOf,
  violations,
  type App,
  type Question,
} from './kernel/app.ts'
export type { ImageReader, ImageTable } from './kernel/image.ts'
export { createMirror, type Mirror } from './kernel/mirror.ts'
export type { Caller, Context, View } from './kernel/context.ts'
export type { OpOutcome, ReceiptWithEvents, Repeat, Verify } from './kernel/dispatch.ts'
export { advance, executeBlock, unmake, type BlockResult } from './kernel/execute.ts'
export { parseGenesis, type GenesisDocument } from './kernel/genesis.ts'
export { invariant, on, type Module } from './kernel/module.ts'
export { integerParam, param, type Param } from './kernel/params.ts'
export { query, type Query } from './kernel/query.ts'
export { viewOf, type Head, type State } from './kernel/state.ts'
export type { Seed, Store, WriteSet } from './kernel/store.ts'
export { rows } from './kernel/table.ts'
export { findAccount, findNonce, maySee, resolve, type Nonce } from './modules/accounts/index.ts'
export { findAsset } from './modules/bank/index.ts'
