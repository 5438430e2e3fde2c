// Operations: what users sign and the chain executes at most once. Bytes, ids and the signatures that must hold (shapes 1).
import type { Address } from '../codec/Address.ts'
import * as codec from '../codec/Codec.ts'
import type { Json, Some } from '../codec/Codec.ts'
import {
  createReader,
  createWriter,
  finish,
  Malformed,
  put,
  reserve,
  take,
  written,
  type Reader,
  type Writer,
} from '../codec/Cursor.ts'
import { is as isFields } from '../codec/Fields.ts'
import * as Hash from '../codec/Hash.ts'
import * as Hex from '../codec/Hex.ts'
import * as Text from '../codec/Text.ts'
import { createDomain, digest, type Domain } from '../crypto/eip712.ts'
import { keccak256 } from '../crypto/hash.ts'
import { isKeyKind, type KeyKind, type Signature } from '../crypto/signature.ts'
import type { Definition } from './message.ts'

/** The name of an operation: a hash of its content, never of signature bytes, and never a replay guard (decisions 1). */
export type OpId = Hash.Hash

/** What whoever hands the operation in adds: unsigned, kept in the log, no part of the id but for a hold's attempt. */
export type Relay = { readonly attempt?: Uint8Array; readonly alias?: Hash.Hash }

/** A message with its type; the definition says what the fields are. */
export type AnyMessage = { readonly type: string; readonly [field: string]: Some }

export type Op = {
  readonly id: OpId
  readonly definition: Definition
  readonly message: AnyMessage
  /** The digest that the first signature is over. */
  readonly digest: Hash.Hash
  /** All that must hold; the first is the actor's or the payer's, proofs follow. */
  readonly signatures: readonly Signature[]
  readonly relay: Relay
  /** As it lies in the block. */
  readonly bytes: Uint8Array
}

/** Under which domains signatures are made: this chain's own, and each token's. */
export type Domains = { readonly native: Domain; token(asset: Address): Domain | undefined }

/** All messages a chain knows, and its domains: what it takes to read operations. */
export type Protocol = { readonly definitions: readonly Definition[]; readonly domains: Domains }

/** A signature as an operation carries it. */
export type SignatureBytes = { readonly kind: KeyKind; readonly bytes: Uint8Array }

/** The longest operation: 64 KiB. */
export const opBytesMax = 65_536
const signaturesMax = 4
const signatureBytesMax = 1_024
const holdTag = Text.toBytes('turnpike/hold/v1')

/** The domain under which native messages of a chain are signed (shapes 2). */
export function nativeDomain(chainId: number): Domain {
  return createDomain({ name: 'Turnpike', version: '1', chainId })
}

/** What is signed for a message. @throws Malformed when the asset's domain is unknown. */
export function digestOf(domains: Domains, definition: Definition, message: AnyMessage): Hash.Hash {
  return Hash.fromBytes(
    digest(domainOf(domains, definition, message), definition.struct.hash(definition.signedValues(message))),
  )
}

function domainOf(domains: Domains, definition: Definition, message: AnyMessage): Domain {
  if (definition.family === 'native') return domains.native
  const domain = domains.token(message['asset'] as Address)
  if (domain === undefined) throw new UnknownAsset(message['asset'] as Address)
  return domain
}

/** Thrown where an authorization names an asset that this chain does not have, so that nothing can be hashed. */
export class UnknownAsset extends Malformed {
  readonly asset: Address

  constructor(asset: Address) {
    super('asset', `${asset} is no asset of this chain`)
    this.asset = asset
  }
}

function idOf(definition: Definition, opDigest: Hash.Hash, relay: Relay): OpId {
  if (!definition.attempt) return opDigest
  const preimage = new Uint8Array(holdTag.length + 48)
  preimage.set(holdTag)
  Hex.writeBytes(opDigest, preimage, holdTag.length)
  preimage.set(relay.attempt!, holdTag.length + 32)
  return Hash.fromBytes(keccak256(preimage))
}

/** The further digests that an operation's proofs are over, with the address that must have signed each. */
export function proofsOf(
  domains: Domains,
  definition: Definition,
  message: AnyMessage,
): readonly { readonly digest: Hash.Hash; readonly signer: Address }[] {
  return definition.proofs.map((proof) => ({
    digest: Hash.fromBytes(digest(domains.native, proof.struct.hash(proof.values(message)))),
    signer: proof.signer(message),
  }))
}

type Parts = {
  readonly definition: Definition
  readonly message: AnyMessage
  readonly signatures: readonly SignatureBytes[]
  readonly relay?: Relay
  /** What is signed, where another operation with the same signed fields has it already: a hold and its payment. */
  readonly digest?: Hash.Hash
}

/**
 * An operation from its parts.
 * @throws Malformed when a field is out of bounds, the number of signatures is wrong, or an attempt is missing.
 */
export function createOp(domains: Domains, { relay = {}, ...parts }: Parts): Op {
  const whole = { ...parts, relay }
  return assemble(domains, whole, encodeOp(whole))
}

type Whole = Parts & { readonly relay: Relay }

function assemble(
  domains: Domains,
  { definition, message, signatures, relay, digest: known }: Whole,
  bytes: Uint8Array,
): Op {
  if (definition.attempt !== (relay.attempt !== undefined))
    throw new Malformed('attempt', definition.attempt ? 'is missing' : 'belongs to a hold only')
  if (signatures.length !== 1 + definition.proofs.length)
    throw new Malformed('signatures', `needs ${1 + definition.proofs.length}, has ${signatures.length}`)
  const opDigest = known ?? digestOf(domains, definition, message)
  const first = signatures[0]!
  const main: Signature =
    definition.family === 'authorization'
      ? {
          kind: first.kind,
          digest: opDigest,
          bytes: first.bytes,
          signer: (message['from'] ?? message['authorizer']) as Address,
        }
      : { kind: first.kind, digest: opDigest, bytes: first.bytes }
  const proofs = proofsOf(domains, definition, message).map((proof, i): Signature => ({
    ...proof,
    ...signatures[i + 1]!,
  }))
  return {
    id: idOf(definition, opDigest, relay),
    definition,
    message,
    digest: opDigest,
    signatures: [main, ...proofs],
    relay,
    bytes,
  }
}

const scratch = createWriter(1024)

function encodeOp({ definition, message, signatures, relay }: Whole): Uint8Array {
  const writer = scratch
  writer.at = 0
  codec.u8.write(writer, 1)
  codec.u8.write(writer, definition.family === 'native' ? 0 : 1)
  codec.u16.write(writer, definition.number)
  definition.codec.write(writer, message)
  codec.u8.write(writer, signatures.length)
  for (const { kind, bytes } of signatures) {
    if (bytes.length > signatureBytesMax) throw new Malformed('signatures', `longer than ${signatureBytesMax} bytes`)
    codec.u8.write(writer, kind)
    codec.u16.write(writer, bytes.length)
    put(writer, bytes)
  }
  writeRelay(writer, relay)
  if (writer.at > opBytesMax) throw new Malformed('', `operation of ${writer.at} bytes, at most ${opBytesMax}`)
  return written(writer)
}

function writeRelay(writer: Writer, { attempt, alias }: Relay): void {
  if (attempt !== undefined && attempt.length !== 16) throw new Malformed('attempt', 'needs 16 bytes')
  codec.u8.write(writer, (attempt === undefined ? 0 : 1) | (alias === undefined ? 0 : 2))
  if (attempt !== undefined) put(writer, attempt)
  if (alias !== undefined) {
    reserve(writer, 32)
    writer.at += Hex.writeBytes(alias, writer.bytes, writer.at)
  }
}

/** The operation that bytes stand for. @throws Malformed (or UnknownAsset) for anything else; never another error. */
export function decodeOp(protocol: Protocol, bytes: Uint8Array): Op {
  return decode(protocol, bytes)
}

/**
 * The operation in a record that is trusted (decisions 7): its id was computed when it was ordered, and hashing what was
 * signed once more is most of decoding. Whoever trusts no record uses `decodeOp`.
 * @throws Malformed for bytes that are no operation.
 */
export function decodeRecordedOp(
  protocol: Protocol,
  { bytes, id }: { readonly bytes: Uint8Array; readonly id: OpId },
): Op {
  return decode(protocol, bytes, id)
}

function decode(protocol: Protocol, bytes: Uint8Array, id?: OpId): Op {
  if (bytes.length > opBytesMax) throw new Malformed('', `operation of ${bytes.length} bytes, at most ${opBytesMax}`)
  const reader = createReader(bytes)
  if (codec.u8.read(reader) !== 1) throw new Malformed('', 'unknown operation version')
  const family = codec.u8.read(reader)
  const definition = definitionOf(protocol, codec.u16.read(reader))
  if (family !== (definition.family === 'native' ? 0 : 1))
    throw new Malformed('', `${definition.type} is not of family ${family}`)
  const message = { type: definition.type, ...(definition.codec.read(reader) as object) }
  const signatures = readSignatures(reader)
  const relay = readRelay(reader)
  finish(reader)
  // The id of a hold is another hash, over its digest.
  const known = id !== undefined && !definition.attempt && { digest: id }
  return assemble(protocol.domains, { definition, message, signatures, relay, ...known }, bytes)
}

function definitionOf(protocol: Protocol, number: number): Definition {
  for (const definition of protocol.definitions) if (definition.number === number) return definition
  throw new Malformed('', `unknown operation type ${number}`)
}

function readSignatures(reader: Reader): readonly SignatureBytes[] {
  const count = codec.u8.read(reader)
  if (count > signaturesMax) throw new Malformed('signatures', `more than ${signaturesMax}`)
  const signatures: SignatureBytes[] = []
  for (let i = 0; i < count; i++) {
    const kind = codec.u8.read(reader)
    if (!isKeyKind(kind)) throw new Malformed('signatures', `unknown key kind ${kind}`)
    const length = codec.u16.read(reader)
    if (length > signatureBytesMax) throw new Malformed('signatures', `longer than ${signatureBytesMax} bytes`)
    const at = take(reader, length)
    signatures.push({ kind, bytes: reader.bytes.slice(at, at + length) })
  }
  return signatures
}

function readRelay(reader: Reader): Relay {
  const flags = codec.u8.read(reader)
  if (flags > 3) throw new Malformed('relay', 'unknown flags')
  const attempt = flags & 1 ? reader.bytes.slice(take(reader, 16), reader.at) : undefined
  const alias = flags & 2 ? Hash.fromBytes(reader.bytes, take(reader, 32)) : undefined
  return { ...(attempt && { attempt }), ...(alias && { alias }) }
}

/** `{"type", …fields, "signatures", "attempt"?, "alias"?}` (shapes 1). */
export function opToJson(op: Pick<Op, 'definition' | 'message' | 'signatures' | 'relay'>): Json {
  return {
    type: op.definition.type,
    ...(op.definition.codec.toJson(op.message) as { readonly [name: string]: Json }),
    signatures: op.signatures.map((signature) => Hex.fromBytes(signature.bytes)),
    ...(op.relay.attempt && { attempt: Hex.fromBytes(op.relay.attempt) }),
    ...(op.relay.alias && { alias: op.relay.alias }),
  }
}

/** The operation that JSON stands for; signatures of 65 bytes are secp256k1. @throws Malformed */
export function opFromJson(protocol: Protocol, json: unknown): Op {
  if (!isFields(json)) throw new Malformed('', 'must be an object')
  const { type, signatures, attempt, alias, ...fields } = json
  const definition = protocol.definitions.find((candidate) => candidate.type === type)
  if (definition === undefined) throw new Malformed('type', 'is no message of this chain')
  const message = { type: definition.type, ...(definition.codec.fromJson(fields, '') as object) }
  const relay: Relay = {
    ...(attempt !== undefined && { attempt: fixed(attempt, 16, 'attempt') }),
    ...(alias !== undefined && { alias: Hex.fromBytes(fixed(alias, 32, 'alias')) as Hash.Hash }),
  }
  if (!Array.isArray(signatures) || signatures.length > signaturesMax)
    throw new Malformed('signatures', `must be a list of at most ${signaturesMax}`)
  const parsed = signatures.map((signature: unknown, i): SignatureBytes => ({
    kind: 1,
    bytes: hexBytes(signature, `signatures[${i}]`),
  }))
  return createOp(protocol.domains, { definition, message, signatures: parsed, relay })
}

function hexBytes(value: unknown, path: string): Uint8Array {
  if (!Hex.isHex(value) || value.length > 2 + signatureBytesMax * 2) throw new Malformed(path, 'must be 0x hex')
  return Hex.toBytes(value)
}

function fixed(value: unknown, length: number, path: string): Uint8Array {
  const bytes = hexBytes(value, path)
  if (bytes.length !== length) throw new Malformed(path, `needs ${length} bytes`)
  return bytes
}
