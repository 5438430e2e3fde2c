// Parameters: values with bounds, set by genesis until governance comes. Their canonical bytes are the named root `params`.
import * as codec from '../codec/Codec.ts'
import type { Codec, Json, Some } from '../codec/Codec.ts'
import { createWriter, Malformed, written } from '../codec/Cursor.ts'
import { records } from './table.ts'
import type { Context, View } from './context.ts'

/** One tunable value. */
export type Param<T = Some> = {
  readonly name: string
  readonly codec: Codec<T>
  readonly initial: T
  /** Whether a value lies within the bounds. */
  readonly allows: (value: T) => boolean
  /** The bounds in words, for pages and refusals. */
  readonly bounds: string
}

type NumberParam = { readonly initial: number; readonly min: number; readonly max: number }

/** A whole number with bounds. */
export function integerParam(name: string, { initial, min, max }: NumberParam): Param<number> {
  return {
    name,
    codec: codec.u64,
    initial,
    allows: (value) => value >= min && value <= max,
    bounds: `${min} to ${max}`,
  }
}

/** An amount in base units, with bounds. */
export function unitsParam(
  name: string,
  { initial, min, max }: { readonly initial: bigint; readonly min: bigint; readonly max: bigint },
): Param<bigint> {
  return {
    name,
    codec: codec.units,
    initial,
    allows: (value) => value >= min && value <= max,
    bounds: `${min} to ${max}`,
  }
}

/** An amount that may be absent: in a genesis document left out, or null, which is how an absent one is shown. */
export function optionalUnitsParam(name: string): Param<bigint | undefined> {
  const of = codec.optional(codec.units)
  return {
    name,
    codec: { ...of, fromJson: (json, at) => (json === null ? undefined : of.fromJson(json, at)) },
    initial: undefined,
    allows: () => true,
    bounds: 'any amount, or none',
  }
}

/** Yes or no. */
export function flagParam(name: string, initial: boolean): Param<boolean> {
  return { name, codec: codec.flag, initial, allows: () => true, bounds: 'true or false' }
}

/** Canonical bytes of each value, by the name of the parameter. */
export const values = records('params', 1, codec.text(64), codec.bytes(64))

const cache = new WeakMap<Uint8Array, unknown>()

/** The value in force. */
export function param<T>(view: View, of: Param<T>): T {
  const bytes = values.get(view, of.name)
  const known = cache.get(bytes)
  if (known !== undefined || cache.has(bytes)) return known as T
  const value = codec.decode(of.codec, bytes)
  cache.set(bytes, value)
  return value
}

/** Sets all parameters from a genesis section; absent ones take their initial value. @throws Malformed out of bounds or unknown. */
export function setParams(
  context: Context,
  params: readonly Param[],
  section: { readonly [name: string]: unknown },
): void {
  for (const name of Object.keys(section))
    if (!params.some((of) => of.name === name)) throw new Malformed(`params.${name}`, 'is no parameter of this chain')
  for (const of of params) {
    const given = Object.hasOwn(section, of.name)
      ? of.codec.fromJson(section[of.name], `params.${of.name}`)
      : of.initial
    if (!of.allows(given)) throw new Malformed(`params.${of.name}`, `must be ${of.bounds}`)
    values.put(context, of.name, codec.encode(of.codec, given))
  }
}

const nameCodec = codec.text(64)

/** What `paramsBytes` gave for a list of parameters, and the stored values that it was made of; whoever sets one stores other bytes. */
const recent = new WeakMap<readonly Param[], { readonly of: readonly Uint8Array[]; readonly bytes: Uint8Array }>()

/** Canonical bytes of all parameters in the order of their modules: `name ‖ value` each. */
export function paramsBytes(view: View, params: readonly Param[]): Uint8Array {
  const known = recent.get(params)
  if (known !== undefined && params.every(({ name }, i) => values.get(view, name) === known.of[i])) return known.bytes
  const writer = createWriter(512)
  for (const of of params) {
    nameCodec.write(writer, of.name)
    of.codec.write(writer, param(view, of))
  }
  const bytes = written(writer)
  recent.set(params, { of: params.map(({ name }) => values.get(view, name)), bytes })
  return bytes
}

/** All parameters as pages and `turnpike_params` show them. */
export function paramsToJson(view: View, params: readonly Param[]): { readonly [name: string]: Json } {
  return Object.fromEntries(params.map((of) => [of.name, of.codec.toJson(param(view, of))]))
}
