// Combinators: a value's bytes, JSON and bounds from one definition. The only way the chain encodes.
import * as Address from './Address.ts'
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
} from './Cursor.ts'
import * as Fields from './Fields.ts'
import * as Hash from './Hash.ts'
import * as Hex from './Hex.ts'
import * as Text from './Text.ts'
import * as Units from './Units.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** What a codec says of itself, for reference pages and OpenAPI. */
export type Shape =
  | {
      readonly is: 'integer' | 'amount' | 'address' | 'hash' | 'bytes' | 'text' | 'flag'
      readonly bits?: number
      readonly max?: number
    }
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'list'; readonly of: Shape; readonly max: number }
  | { readonly is: 'record'; readonly of: { readonly [name: string]: Shape } }
  | { readonly is: 'optional'; readonly of: Shape }
  | {
      readonly is: 'union'
      readonly of: readonly Shape[]
      /** The field that tells the variants apart in JSON, and its values in the order of `of`; absent: their fields do. */
      readonly by?: { readonly key: string; readonly names: readonly string[] }
    }

export type Codec<T> = {
  readonly shape: Shape
  /** Bytes of every value, when they are the same for all. */
  readonly size: number | undefined
  /** Bytes of the longest value. */
  readonly max: number
  /** Whether two values are equal, where that can be told quicker than field by field. */
  same?(this: void, a: T, b: T): boolean
  write(writer: Writer, value: T): void
  /** @throws Malformed */
  read(reader: Reader): T
  toJson(value: T): Json
  /** @throws Malformed */
  fromJson(json: unknown, path: string): T
}

/** Stands for one type or another in a table of rows that each have their own: TypeScript has no existential types. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one place where this is said
export type Some = any

/** The value type of a codec. */
export type Infer<C> = C extends Codec<infer T> ? T : never

/** Canonical bytes of a value. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = createWriter(codec.size ?? 128)
  codec.write(writer, value)
  return writer.at === writer.bytes.length ? writer.bytes : written(writer)
}

/** The value of canonical bytes. @throws Malformed for anything but exactly its encoding. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = createReader(bytes)
  const value = codec.read(reader)
  finish(reader)
  return value
}

/** Writing and reading are given whole: one function that calls another for its width would be slow for all widths. */
function integer(bits: number, { write, read }: Pick<Codec<number>, 'write' | 'read'>): Codec<number> {
  const size = bits / 8
  const max = bits === 64 ? Number.MAX_SAFE_INTEGER : 2 ** bits - 1
  return {
    shape: { is: 'integer', bits },
    size,
    max: size,
    write,
    read,
    toJson: (value) => value,
    fromJson(json, path) {
      if (typeof json !== 'number' || !Number.isInteger(json) || json < 0 || json > max)
        throw new Malformed(path, `must be an integer from 0 to ${max}`)
      return json
    },
  }
}

function notInteger(value: unknown, bits: number): Malformed {
  return new Malformed('', `${String(value)} is not an integer of ${bits} bits`)
}

export const u8: Codec<number> = integer(8, {
  write(writer, value) {
    if (!(value >= 0 && value <= 0xff && Number.isInteger(value))) throw notInteger(value, 8)
    reserve(writer, 1)
    writer.view.setUint8(writer.at, value)
    writer.at += 1
  },
  read: (reader) => reader.view.getUint8(take(reader, 1)),
})
export const u16: Codec<number> = integer(16, {
  write(writer, value) {
    if (!(value >= 0 && value <= 0xffff && Number.isInteger(value))) throw notInteger(value, 16)
    reserve(writer, 2)
    writer.view.setUint16(writer.at, value)
    writer.at += 2
  },
  read: (reader) => reader.view.getUint16(take(reader, 2)),
})
export const u32: Codec<number> = integer(32, {
  write(writer, value) {
    if (!(value >= 0 && value <= 0xffff_ffff && Number.isInteger(value))) throw notInteger(value, 32)
    reserve(writer, 4)
    writer.view.setUint32(writer.at, value)
    writer.at += 4
  },
  read: (reader) => reader.view.getUint32(take(reader, 4)),
})

/** Milliseconds since 1970 or a duration, 48 bits. */
export const ms: Codec<number> = integer(48, {
  write(writer, value) {
    if (!(value >= 0 && value <= 0xffff_ffff_ffff && Number.isInteger(value))) throw notInteger(value, 48)
    reserve(writer, 6)
    writer.view.setUint16(writer.at, Math.floor(value / 0x1_0000_0000))
    writer.view.setUint32(writer.at + 2, value % 0x1_0000_0000)
    writer.at += 6
  },
  read(reader) {
    const at = take(reader, 6)
    return reader.view.getUint16(at) * 0x1_0000_0000 + reader.view.getUint32(at + 2)
  },
})

/** Sixty-four bits on the wire, at most 2^53 - 1 in value: heights, sequences, signed times. */
export const u64: Codec<number> = integer(64, {
  write(writer, value) {
    if (!(value >= 0 && Number.isSafeInteger(value))) throw notInteger(value, 64)
    reserve(writer, 8)
    writeU64(writer.view, writer.at, value)
    writer.at += 8
  },
  read: (reader) => readU64(reader.view, take(reader, 8)),
})

function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 0x1_0000_0000))
  view.setUint32(at + 4, value % 0x1_0000_0000)
}

function readU64(view: DataView, at: number): number {
  const high = view.getUint32(at)
  if (high > 0x1f_ffff) throw new Malformed('', 'integer above 2^53 - 1')
  return high * 0x1_0000_0000 + view.getUint32(at + 4)
}

const safe = BigInt(Number.MAX_SAFE_INTEGER)
const low64 = (1n << 64n) - 1n

/** Writes an amount at `at`; small ones, nearly all, without bigint arithmetic. */
export function writeUnits(view: DataView, at: number, value: bigint): void {
  if (value <= safe) {
    const small = Number(value)
    view.setUint32(at, 0)
    view.setUint32(at + 4, 0)
    writeU64(view, at + 8, small)
    return
  }
  view.setBigUint64(at, value >> 64n)
  view.setBigUint64(at + 8, value & low64)
}

/** Reads an amount at `at`. */
export function readUnits(view: DataView, at: number): bigint {
  const word = view.getUint32(at + 8)
  if (view.getUint32(at) === 0 && view.getUint32(at + 4) === 0 && word <= 0x1f_ffff)
    return BigInt(word * 0x1_0000_0000 + view.getUint32(at + 12))
  return (view.getBigUint64(at) << 64n) | view.getBigUint64(at + 8)
}

/** An amount: u128, in JSON a strict decimal string. */
export const units: Codec<bigint> = {
  shape: { is: 'amount', bits: 128 },
  size: 16,
  max: 16,
  write(writer, value) {
    if (value < 0n || value > Units.max) throw new Malformed('', 'amount outside 0 to 2^128 - 1')
    reserve(writer, 16)
    writeUnits(writer.view, writer.at, value)
    writer.at += 16
  },
  read: (reader) => readUnits(reader.view, take(reader, 16)),
  toJson: (value) => value.toString(),
  fromJson(json, path) {
    const value = Units.parse(json)
    if (value === undefined)
      throw new Malformed(path, 'must be a decimal string from 0 to 2^128 - 1, without sign, leading zero or exponent')
    return value
  },
}

type Word<T> = Pick<Codec<T>, 'shape' | 'write' | 'read'> & {
  readonly size: number
  readonly parse: (json: unknown) => T | undefined
}

function word<T extends string>({ shape, size, parse, write, read }: Word<T>): Codec<T> {
  return {
    shape,
    size,
    max: size,
    write,
    read,
    toJson: (value) => value,
    fromJson(json, path) {
      const value = parse(json)
      if (value === undefined) throw new Malformed(path, `must be 0x and ${size * 2} hexadecimal digits`)
      return value
    },
  }
}

/** Twenty bytes, an account or a key. */
export const address: Codec<Address.Address> = word({
  shape: { is: 'address' },
  size: 20,
  parse: Address.parse,
  write(writer, value) {
    if (value.length !== 42) throw new Malformed('', 'needs 20 bytes of hex')
    reserve(writer, 20)
    Hex.writeAddress(value, writer.view, writer.at)
    writer.at += 20
  },
  read: (reader) => Hex.readAddress(reader.bytes, reader.view, take(reader, 20)) as Address.Address,
})

/** Thirty-two bytes. */
export const hash: Codec<Hash.Hash> = word({
  shape: { is: 'hash' },
  size: 32,
  parse: Hash.parse,
  write(writer, value) {
    if (value.length !== 66) throw new Malformed('', 'needs 32 bytes of hex')
    reserve(writer, 32)
    if (value === Hash.zero) writer.bytes.fill(0, writer.at, writer.at + 32)
    else Hex.writeBytes(value, writer.bytes, writer.at)
    writer.at += 32
  },
  read: (reader) => Hex.fromRange(reader.bytes, take(reader, 32), 32) as Hash.Hash,
})

/** One of the named choices; one byte, its place in the list (so the list only grows at its end). */
export function choice<const T extends string>(of: readonly T[]): Codec<T> {
  return {
    shape: { is: 'choice', of },
    size: 1,
    max: 1,
    write(writer, value) {
      u8.write(writer, of.indexOf(value))
    },
    read(reader) {
      const value = of[u8.read(reader)]
      if (value === undefined) throw new Malformed('', `unknown choice, one of ${of.join(', ')}`)
      return value
    },
    toJson: (value) => value,
    fromJson(json, path) {
      const value = of.find((name) => name === json)
      if (value === undefined) throw new Malformed(path, `must be one of ${of.join(', ')}`)
      return value
    },
  }
}

/** True or false; one byte. */
export const flag: Codec<boolean> = {
  shape: { is: 'flag' },
  size: 1,
  max: 1,
  write: (writer, value) => u8.write(writer, value ? 1 : 0),
  read(reader) {
    const value = u8.read(reader)
    if (value > 1) throw new Malformed('', 'a flag is 0 or 1')
    return value === 1
  },
  toJson: (value) => value,
  fromJson(json, path) {
    if (typeof json !== 'boolean') throw new Malformed(path, 'must be true or false')
    return json
  },
}

/** At most `max` bytes, preceded by their number (u32). */
export function bytes(max: number): Codec<Uint8Array> {
  return {
    shape: { is: 'bytes', max },
    size: undefined,
    max: 4 + max,
    write(writer, value) {
      if (value.length > max) throw new Malformed('', `longer than ${max} bytes`)
      u32.write(writer, value.length)
      put(writer, value)
    },
    read(reader) {
      const length = u32.read(reader)
      if (length > max) throw new Malformed('', `longer than ${max} bytes`)
      const at = take(reader, length)
      return reader.bytes.slice(at, at + length)
    },
    toJson: (value) => Hex.fromBytes(value),
    fromJson(json, path) {
      if (!Hex.isHex(json) || json.length > 2 + max * 2)
        throw new Malformed(path, `must be 0x hex of at most ${max} bytes`)
      return Hex.toBytes(json)
    },
  }
}

/** Well-formed text of at most `max` bytes of UTF-8, preceded by their number (u32). */
export function text(max: number): Codec<string> {
  const inner = bytes(max)
  return {
    shape: { is: 'text', max },
    size: undefined,
    max: inner.max,
    write(writer, value) {
      const encoded = Text.encode(value)
      if (encoded === undefined) throw new Malformed('', 'text with a lone surrogate')
      inner.write(writer, encoded)
    },
    read(reader) {
      const value = Text.decode(inner.read(reader))
      if (value === undefined) throw new Malformed('', 'text that is not UTF-8')
      return value
    },
    toJson: (value) => value,
    fromJson(json, path) {
      const encoded = typeof json === 'string' && json.length <= max ? Text.encode(json) : undefined
      if (encoded === undefined || encoded.length > max)
        throw new Malformed(path, `must be well-formed text of at most ${max} bytes`)
      return json as string
    },
  }
}

/** At most `max` values, preceded by their number (u16). */
export function list<T>(of: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    shape: { is: 'list', of: of.shape, max },
    size: undefined,
    max: 2 + max * of.max,
    write(writer, values) {
      if (values.length > max) throw new Malformed('', `more than ${max} entries`)
      u16.write(writer, values.length)
      for (const value of values) of.write(writer, value)
    },
    read(reader) {
      const length = u16.read(reader)
      if (length > max) throw new Malformed('', `more than ${max} entries`)
      const values: T[] = []
      for (let i = 0; i < length; i++) values.push(of.read(reader))
      return values
    },
    toJson: (values) => values.map((value) => of.toJson(value)),
    fromJson(json, path) {
      if (!Array.isArray(json) || json.length > max)
        throw new Malformed(path, `must be a list of at most ${max} entries`)
      return json.map((entry: unknown, i) => of.fromJson(entry, `${path}[${i}]`))
    },
  }
}

/** A value or nothing; one byte says which. In JSON nothing is an absent field. */
export function optional<T>(of: Codec<T>): Codec<T | undefined> {
  return {
    shape: { is: 'optional', of: of.shape },
    size: undefined,
    max: 1 + of.max,
    write(writer, value) {
      flag.write(writer, value !== undefined)
      if (value !== undefined) of.write(writer, value)
    },
    read: (reader) => (flag.read(reader) ? of.read(reader) : undefined),
    toJson: (value) => (value === undefined ? null : of.toJson(value)),
    fromJson: (json, path) => (json === undefined ? undefined : of.fromJson(json, path)),
  }
}

type OptionalNames<F> = { [N in keyof F]: undefined extends Infer<F[N]> ? N : never }[keyof F]
/** The object a record codec stands for: fields of optional codecs may be absent. */
export type RecordOf<F> = { readonly [N in Exclude<keyof F, OptionalNames<F>>]: Infer<F[N]> } & {
  readonly [N in OptionalNames<F>]?: Exclude<Infer<F[N]>, undefined>
}

/** Named fields in the order written. JSON with any other field is refused: nothing is ever ignored. */
export function record<F extends { readonly [name: string]: Codec<Some> }>(fields: F): Codec<RecordOf<F>> {
  const names = Object.keys(fields)
  const codecs = names.map((name) => fields[name] as Codec<unknown>)
  const fixed = codecs.every((codec) => codec.size !== undefined)
  const max = codecs.reduce((sum, codec) => sum + codec.max, 0)
  return {
    shape: { is: 'record', of: Object.fromEntries(names.map((name, i) => [name, codecs[i]!.shape])) },
    size: fixed ? max : undefined,
    max,
    write(writer, value) {
      for (let i = 0; i < names.length; i++)
        codecs[i]!.write(writer, (value as { readonly [name: string]: unknown })[names[i]!])
    },
    read(reader) {
      const value: { [name: string]: unknown } = {}
      for (let i = 0; i < names.length; i++) {
        const field = codecs[i]!.read(reader)
        if (field !== undefined) value[names[i]!] = field
      }
      return value as RecordOf<F>
    },
    toJson(value) {
      const json: { [name: string]: Json } = {}
      names.forEach((name, i) => {
        const field = (value as { readonly [name: string]: unknown })[name]
        if (field !== undefined) json[name] = codecs[i]!.toJson(field)
      })
      return json
    },
    fromJson(json, path) {
      if (!Fields.is(json)) throw new Malformed(path, 'must be an object')
      const given = new Map<string, unknown>(Object.entries(json))
      const value: { [name: string]: unknown } = {}
      names.forEach((name, i) => {
        const field = codecs[i]!.fromJson(given.get(name), path === '' ? name : `${path}.${name}`)
        if (field !== undefined) value[name] = field
        given.delete(name)
      })
      const unknown = given.keys().next()
      if (unknown.done !== true)
        throw new Malformed(path === '' ? unknown.value : `${path}.${unknown.value}`, 'unknown field')
      return value as RecordOf<F>
    },
  }
}

/** One of several records, told apart in JSON by the value of `key`, in bytes by their place in the list. */
export function union<const K extends string, const V extends { readonly [name: string]: Codec<Some> }>(
  key: K,
  variants: V,
): Codec<UnionOf<K, V>> {
  const names = Object.keys(variants)
  const codecs = names.map((name) => variants[name] as Codec<unknown>)
  const nameOf = (value: unknown): string => String((value as { readonly [name: string]: unknown })[key])
  return {
    shape: { is: 'union', of: codecs.map((codec) => codec.shape), by: { key, names } },
    size: undefined,
    max: 1 + Math.max(...codecs.map((codec) => codec.max)),
    write(writer, value) {
      const index = names.indexOf(nameOf(value))
      u8.write(writer, index)
      codecs[index]!.write(writer, value)
    },
    read(reader) {
      const index = u8.read(reader)
      const codec = codecs[index]
      if (codec === undefined) throw new Malformed('', `unknown variant, one of ${names.join(', ')}`)
      return { [key]: names[index], ...(codec.read(reader) as object) } as UnionOf<K, V>
    },
    toJson(value) {
      const name = nameOf(value)
      return { [key]: name, ...(codecs[names.indexOf(name)]!.toJson(value) as object) }
    },
    fromJson(json, path) {
      if (!Fields.is(json)) throw new Malformed(path, 'must be an object')
      const { [key]: name, ...rest } = json
      const index = typeof name === 'string' ? names.indexOf(name) : -1
      if (index < 0) throw new Malformed(path === '' ? key : `${path}.${key}`, `must be one of ${names.join(', ')}`)
      return { [key]: names[index], ...(codecs[index]!.fromJson(rest, path) as object) } as UnionOf<K, V>
    },
  }
}

/** The tagged objects of a union codec. */
export type UnionOf<K extends string, V> = { [N in keyof V]: { readonly [P in K]: N } & Infer<V[N]> }[keyof V]
