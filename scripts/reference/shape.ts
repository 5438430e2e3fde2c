// What a value looks like in JSON, from the shape that its codec or its schema says of itself.
import type { Shape } from '@turnpike/chain/wire'

/** A shape in a few words. */
export function shapeWords(shape: Shape): string {
  switch (shape.is) {
    case 'integer':
      return `integer of ${shape.bits} bits${shape.bits === 64 ? ', at most 2^53 - 1' : ''}`
    case 'amount':
      return 'decimal string, at most 2^128 - 1'
    case 'address':
      return '0x and 40 hex digits'
    case 'hash':
      return '0x and 64 hex digits'
    case 'bytes':
      return `0x hex of at most ${shape.max} bytes`
    case 'text':
      return `text of at most ${shape.max} bytes`
    case 'flag':
      return 'true or false'
    case 'choice':
      return shape.of.map((name) => `"${name}"`).join(' or ')
    case 'list':
      return `list of at most ${shape.max}: ${shapeWords(shape.of)}`
    case 'record':
      return recordWords(shape.of)
    case 'optional':
      return `${shapeWords(shape.of)}; may be absent`
    case 'union':
      return unionWords(shape)
  }
}

function recordWords(fields: { readonly [name: string]: Shape }, first: readonly string[] = []): string {
  const named = Object.entries(fields).map(([name, of]) => {
    const isOptional = of.is === 'optional'
    return `${name}${isOptional ? '?' : ''}: ${shapeWords(isOptional ? of.of : of)}`
  })
  const all = [...first, ...named]
  return all.length === 0 ? '{}' : `{ ${all.join(', ')} }`
}

function unionWords({ of, by }: Extract<Shape, { readonly is: 'union' }>): string {
  return of
    .map((variant, i) => {
      const first = by === undefined ? [] : [`${by.key}: "${by.names[i]!}"`]
      return variant.is === 'record' ? recordWords(variant.of, first) : shapeWords(variant)
    })
    .join(' or ')
}

/** A field of a record, with the path that leads to it. */
export type Leaf = { readonly path: string; readonly words: string }

/** Every field of a shape, records within records taken apart: `caps[].id`. */
export function leavesOf(shape: Shape, path = ''): readonly Leaf[] {
  if (shape.is === 'record') {
    return Object.entries(shape.of).flatMap(([name, of]) => leavesOf(of, path === '' ? name : `${path}.${name}`))
  }
  if (shape.is === 'optional' && shape.of.is !== 'record')
    return leavesOf(shape.of, path).map((leaf) => ({ ...leaf, words: `${leaf.words}; may be absent` }))
  if (shape.is === 'list' && shape.of.is === 'record')
    return [{ path, words: `list of at most ${shape.max}` }, ...leavesOf(shape.of, `${path}[]`)]
  return [{ path, words: shapeWords(shape) }]
}

/** The part of JSON Schema that OpenAPI documents of the node use. */
export type Schema = {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: { readonly [name: string]: Schema }
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly pattern?: string
}

/** A schema as TypeScript would write it. */
export function schemaWords(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const variants = schema.anyOf ?? schema.oneOf
  if (variants !== undefined) return variants.map(schemaWords).join(' | ')
  if (schema.type === 'array') return listWords(schemaWords(schema.items ?? {}))
  if (schema.properties !== undefined) return objectWords(schema, schema.properties)
  if (schema.type !== 'object') return schema.type === undefined ? 'any' : [schema.type].flat().join(' | ')
  const { additionalProperties: rest } = schema
  return `{ [name]: ${typeof rest === 'object' ? schemaWords(rest) : 'any'} }`
}

function listWords(entry: string): string {
  return entry.includes(' | ') && !entry.startsWith('{') ? `(${entry})[]` : `${entry}[]`
}

function objectWords({ required = [] }: Schema, properties: { readonly [name: string]: Schema }): string {
  const fields = Object.entries(properties).map(
    ([name, of]) => `${name}${required.includes(name) ? '' : '?'}: ${schemaWords(of)}`,
  )
  return `{ ${fields.join(', ')} }`
}
