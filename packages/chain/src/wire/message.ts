// message() and authorization(): one definition of what is signed, from which come bytes, EIP-712, JSON and reference pages.
import type { Address } from '../codec/Address.ts'
import * as codec from '../codec/Codec.ts'
import type { Codec, RecordOf, Some } from '../codec/Codec.ts'
import type { Hash } from '../codec/Hash.ts'
import { createStruct, type FieldType, type Struct } from '../crypto/eip712.ts'

/** A field: its bytes and JSON, and the type under which it is signed (absent: it travels unsigned, vouched for by another field). */
export type Field<T> = { readonly codec: Codec<T>; readonly signed: FieldType | undefined }
type Fields = { readonly [name: string]: Field<Some> }
type Codecs<F extends Fields> = { readonly [N in keyof F]: F[N]['codec'] }

export const address: Field<Address> = { codec: codec.address, signed: 'address' }
export const hash: Field<Hash> = { codec: codec.hash, signed: 'bytes32' }
export const units: Field<bigint> = { codec: codec.units, signed: 'uint128' }
export const u32: Field<number> = { codec: codec.u32, signed: 'uint32' }
/** Milliseconds in a native message, seconds in an authorization. */
export const time: Field<number> = { codec: codec.u64, signed: 'uint64' }
/** Text of at most `max` bytes that the wallet shows. */
export const text = (max: number): Field<string> => ({ codec: codec.text(max), signed: 'string' })
/** A value that travels beside the signed fields; one of them is its hash. */
export const unsigned = <T>(of: Codec<T>): Field<T> => ({ codec: of, signed: undefined })
/** The same field signed under another Solidity type. */
export const signedAs = <T>(field: Field<T>, signed: FieldType): Field<T> => ({ codec: field.codec, signed })

/** A further signature that an operation has to carry, over a struct of its own. */
export type Proof<M> = {
  readonly struct: Struct
  readonly values: (message: M) => readonly unknown[]
  readonly signer: (message: M) => Address
}

export type Family = 'native' | 'authorization'

/** Everything that is fixed about one message. `M` is the message without its type. */
export type Definition<M = Some, T extends string = string> = {
  readonly type: T
  /** Module number × 256 + message number: the operation's `type` on the wire, never reused (shapes 1). */
  readonly number: number
  readonly family: Family
  /** Control messages execute before all others of their block, and belong to this class for ever (decisions 10). */
  readonly control: boolean
  /** Whether it moves money; those that don't are bounded per account and minute (decisions 2). */
  readonly moves: boolean
  readonly codec: Codec<M>
  readonly struct: Struct
  readonly signedValues: (message: M) => readonly unknown[]
  readonly proofs: readonly Proof<M>[]
  /** Whether the relay's attempt is part of the operation's id (payments/hold). */
  readonly attempt: boolean
}

/** A message as rules, SDK and JSON see it: its type and its fields. */
export type Message<D> = D extends Definition<infer M, infer T> ? { readonly type: T } & M : never

type Options<M> = { readonly control?: boolean; readonly moves?: boolean; readonly proofs?: readonly Proof<M>[] }
type NativeFields<F extends Fields> = { readonly account: Field<Address> } & F & {
    readonly nonce: Field<Hash>
    readonly validBefore: Field<number>
  }
type AuthorizationFields<F extends Fields> = { readonly asset: Field<Address> } & F
type FieldsOf<F extends Fields> = RecordOf<Codecs<F>>

function structOf(
  name: string,
  fields: Fields,
): { struct: Struct; signedValues: (message: Some) => readonly unknown[] } {
  const names = Object.keys(fields).filter((field) => fields[field]!.signed !== undefined)
  const struct = createStruct(
    name,
    names.map((field) => ({ name: field, type: fields[field]!.signed! })),
  )
  return { struct, signedValues: (message) => names.map((field) => message[field] as unknown) }
}

function codecsOf<F extends Fields>(fields: F): Codecs<F> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.codec])) as Codecs<F>
}

const structName = (type: string): string => {
  const name = type.slice(type.indexOf('/') + 1)
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}

/**
 * A native message, signed under the domain `Turnpike`. Its struct bears the message's name; it begins with `account` and ends with
 * `nonce` and `validBefore` in milliseconds (shapes 2).
 */
export function message<const T extends string, F extends Fields>(
  type: T,
  number: number,
  fields: F,
  options: Options<FieldsOf<NativeFields<F>>> = {},
): Definition<FieldsOf<NativeFields<F>>, T> {
  const all: NativeFields<F> = { account: address, ...fields, nonce: hash, validBefore: time }
  return {
    type,
    number,
    family: 'native',
    control: options.control ?? false,
    moves: options.moves ?? false,
    codec: codec.record(codecsOf(all)) as Codec<FieldsOf<NativeFields<F>>>,
    ...structOf(structName(type), all),
    proofs: options.proofs ?? [],
    attempt: false,
  }
}

/**
 * An authorization in a token's own format: signed under the token's domain and relayable by anyone. Its body begins with the `asset`
 * whose domain that is; `unsigned` fields follow the signed ones.
 */
export function authorization<const T extends string, F extends Fields>(
  type: T,
  number: number,
  struct: string,
  fields: F,
  options: { readonly moves?: boolean; readonly attempt?: boolean } = {},
): Definition<FieldsOf<AuthorizationFields<F>>, T> {
  const all: AuthorizationFields<F> = { asset: { codec: codec.address, signed: undefined }, ...fields }
  return {
    type,
    number,
    family: 'authorization',
    control: false,
    moves: options.moves ?? false,
    codec: codec.record(codecsOf(all)) as Codec<FieldsOf<AuthorizationFields<F>>>,
    ...structOf(struct, all),
    proofs: [],
    attempt: options.attempt ?? false,
  }
}
