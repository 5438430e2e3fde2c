// The second door of the package: what is signed, sent and committed, for those who never execute (SDK, explorer, auditor).
export * as Address from '../codec/Address.ts'
export * as Fields from '../codec/Fields.ts'
export * as Hash from '../codec/Hash.ts'
export * as Hex from '../codec/Hex.ts'
export * as Text from '../codec/Text.ts'
export * as Units from '../codec/Units.ts'
export * as codec from '../codec/Codec.ts'
export { decode, encode, type Codec, type Infer, type Json, type Shape } from '../codec/Codec.ts'
export { concat, createReader, createWriter, Malformed, written } from '../codec/Cursor.ts'
export { createDomain, createStruct, digest, typedData, type Domain, type Struct } from '../crypto/eip712.ts'
export { installHashes, keccak256, sha256 } from '../crypto/hash.ts'
export { parseSignature, type KeyKind, type Signature } from '../crypto/signature.ts'
export { addressOfKey, recoverSigner, signDigest } from '../crypto/verifier.ts'
export { blockHash, encodeHeader, type Block, type Header } from './block.ts'
export { encodeEvents, event, eventToJson, hashEvents, type Event, type EventDefinition } from './event.ts'
export * as define from './message.ts'
export type { Definition, Message } from './message.ts'
export {
  createOp,
  decodeOp,
  decodeRecordedOp,
  digestOf,
  nativeDomain,
  opBytesMax,
  opFromJson,
  opToJson,
  proofsOf,
  UnknownAsset,
  type AnyMessage,
  type Domains,
  type Op,
  type OpId,
  type Protocol,
  type Relay,
} from './op.ts'
export {
  decodeLeaf,
  leafBytes,
  referenceOf,
  type Outcome,
  type Payment,
  type Receipt,
  type ReceiptKind,
} from './receipt.ts'
export {
  Refusal,
  refusals,
  retries,
  wireRefusals,
  type Code,
  type CodeDefinition,
  type Refusals,
  type Retry,
  type Values,
} from './refusal.ts'
