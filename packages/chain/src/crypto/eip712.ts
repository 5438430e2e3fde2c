// EIP-712: from a table of fields to what a wallet signs. Structs are flat; every word of one is written into a
// scratch buffer that is made once per struct, since a digest is computed for every payment.
import * as Hex from '../codec/Hex.ts'
import * as Text from '../codec/Text.ts'
import { keccak256 } from './hash.ts'

/** The types that a signed field may have. */
export type FieldType = 'address' | 'bytes32' | 'uint32' | 'uint64' | 'uint128' | 'uint256' | 'string'

/** One member of a struct. */
export type Field = { readonly name: string; readonly type: FieldType }

/** A struct type that can be signed. */
export type Struct = {
  readonly name: string
  readonly fields: readonly Field[]
  /** `Name(type field,…)`, the preimage of the type hash. */
  readonly typeString: string
  readonly typeHash: Uint8Array
  /**
   * `hashStruct` of the values in the order of the fields: addresses and words as hex text, integers as bigint or safe
   * number, texts as strings.
   *
   * @throws when a value is missing, too many, or outside its type: callers parse first.
   */
  readonly hash: (values: readonly unknown[]) => Uint8Array
}

/** What a domain consists of; a member that is absent is absent from the domain type, too (Permit2 has no version). */
export type DomainFields = {
  readonly name: string
  readonly version?: string
  readonly chainId: number
  readonly verifyingContract?: Hex.Hex
}

/** A domain with its separator, computed once. */
export type Domain = DomainFields & { readonly struct: Struct; readonly separator: Uint8Array }

/** The object that `eth_signTypedData_v4` takes: JSON throughout, integers of the message as decimal text. */
export type TypedData = {
  readonly domain: DomainFields
  readonly types: Readonly<Record<string, readonly Field[]>>
  readonly primaryType: string
  readonly message: Readonly<Record<string, string>>
}

const integerMax: Readonly<Record<'uint32' | 'uint64' | 'uint128' | 'uint256', bigint>> = {
  uint32: (1n << 32n) - 1n,
  uint64: (1n << 64n) - 1n,
  uint128: (1n << 128n) - 1n,
  uint256: (1n << 256n) - 1n,
}

/** `0x19 0x01 ‖ separator ‖ struct hash`, the preimage of every digest. */
const envelope = new Uint8Array(66)
envelope.set([0x19, 0x01])

/**
 * Makes a struct type of its fields, in the order in which they are signed.
 *
 * @throws when a field name occurs twice.
 */
export function createStruct(name: string, fields: readonly Field[]): Struct {
  if (new Set(fields.map((field) => field.name)).size !== fields.length) {
    throw new Error(`The struct ${name} names a field twice.`)
  }
  const typeString = `${name}(${fields.map((field) => `${field.type} ${field.name}`).join(',')})`
  const typeHash = keccak256(Text.toBytes(typeString))
  const scratch = new Uint8Array(32 * (fields.length + 1))
  scratch.set(typeHash)
  const writers = fields.map((field, i) => createWriter(field.type, scratch.subarray(32 * (i + 1), 32 * (i + 2))))
  const hash = (values: readonly unknown[]): Uint8Array => {
    if (values.length !== writers.length) {
      throw new Error(`${name} has ${writers.length} fields, but ${values.length} values are given.`)
    }
    for (let i = 0; i < writers.length; i++) {
      if (!writers[i]!(values[i])) throw new Error(`${name}.${fields[i]!.name} is not a ${fields[i]!.type}.`)
    }
    return keccak256(scratch)
  }
  return { name, fields, typeString, typeHash, hash }
}

/**
 * Makes a domain and computes its separator.
 *
 * @throws when the chain id is no safe integer or the contract no address.
 */
export function createDomain(domain: DomainFields): Domain {
  const fields: Field[] = [{ name: 'name', type: 'string' }]
  const values: unknown[] = [domain.name]
  if (domain.version !== undefined) {
    fields.push({ name: 'version', type: 'string' })
    values.push(domain.version)
  }
  fields.push({ name: 'chainId', type: 'uint256' })
  values.push(domain.chainId)
  if (domain.verifyingContract !== undefined) {
    fields.push({ name: 'verifyingContract', type: 'address' })
    values.push(domain.verifyingContract)
  }
  const struct = createStruct('EIP712Domain', fields)
  return { ...domain, struct, separator: struct.hash(values) }
}

/** The 32 bytes that are signed: `keccak256(0x1901 ‖ separator ‖ struct hash)`. */
export function digest(domain: Domain, structHash: Uint8Array): Uint8Array {
  envelope.set(domain.separator, 2)
  envelope.set(structHash, 34)
  return keccak256(envelope)
}

/**
 * The same message for a wallet, ready for `JSON.stringify`.
 *
 * @throws when a value does not fit its field, as `Struct.hash` does.
 */
export function typedData(struct: Struct, domain: Domain, values: readonly unknown[]): TypedData {
  struct.hash(values) // What cannot be hashed must not be shown to be signed.
  const { name, version, chainId, verifyingContract } = domain
  return {
    domain: {
      name,
      ...(version === undefined ? {} : { version }),
      chainId,
      ...(verifyingContract === undefined ? {} : { verifyingContract }),
    },
    types: { EIP712Domain: domain.struct.fields, [struct.name]: struct.fields },
    primaryType: struct.name,
    message: Object.fromEntries(struct.fields.map((field, i) => [field.name, String(values[i])])),
  }
}

/** Writes a value as one whole word, since the scratch still holds the last message; false when it does not fit. */
type Writer = (value: unknown) => boolean

function createWriter(type: FieldType, word: Uint8Array): Writer {
  switch (type) {
    case 'address':
      return createHexWriter(word.subarray(12))
    case 'bytes32':
      return createHexWriter(word)
    case 'string':
      return createTextWriter(word)
    case 'uint32':
    case 'uint64':
    case 'uint128':
    case 'uint256':
      return createIntegerWriter(word, integerMax[type])
  }
}

/** Fills `target` from hex text of its length. Nothing else ever writes before it: an address's first 12 bytes stay zero. */
function createHexWriter(target: Uint8Array): Writer {
  const length = 2 + 2 * target.length
  return (value) => {
    if (typeof value !== 'string' || value.length !== length || !Hex.isHex(value)) return false
    Hex.writeBytes(value, target, 0)
    return true
  }
}

function createTextWriter(word: Uint8Array): Writer {
  return (value) => {
    const bytes = typeof value === 'string' ? Text.encode(value) : undefined
    if (bytes === undefined) return false
    word.set(keccak256(bytes))
    return true
  }
}

function createIntegerWriter(word: Uint8Array, max: bigint): Writer {
  const view = new DataView(word.buffer, word.byteOffset, word.byteLength)
  return (value) => {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return false
    if (typeof value !== 'bigint' && typeof value !== 'number') return false
    const integer = BigInt(value)
    if (integer < 0n || integer > max) return false
    // A 64-bit store keeps the lowest 64 bits; most amounts and all times have no others.
    view.setBigUint64(24, integer)
    const isShort = integer <= integerMax.uint64
    view.setBigUint64(16, isShort ? 0n : integer >> 64n)
    view.setBigUint64(8, isShort ? 0n : integer >> 128n)
    view.setBigUint64(0, isShort ? 0n : integer >> 192n)
    return true
  }
}
