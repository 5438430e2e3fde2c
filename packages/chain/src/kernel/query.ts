// Queries: named, typed questions to a view. They answer under `turnpike_query` and in the reference by themselves.
import type { Address } from '../codec/Address.ts'
import type { Codec, Json, Some } from '../codec/Codec.ts'
import type { View } from './context.ts'

/** One question. Arguments are parsed by its codec; the answer is JSON. */
export type Query<A = Some> = {
  readonly name: string
  readonly args: Codec<A>
  readonly run: (view: View, args: A) => Json
  /** Whose business it is: only the operator, this account or its owner may ask (shapes 8). Absent: anybody. */
  readonly subject?: (args: A) => Address
}

/** Declares a public question. */
export function query<A>(name: string, args: Codec<A>, run: (view: View, args: A) => Json): Query<A> {
  return { name, args, run }
}

/** Declares a question that only an account, its owner or the operator may ask. */
export function privateQuery<A>(
  name: string,
  args: Codec<A>,
  subject: (args: A) => Address,
  run: (view: View, args: A) => Json,
): Query<A> {
  return { name, args, run, subject }
}
