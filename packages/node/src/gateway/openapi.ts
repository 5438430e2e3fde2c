// GET /openapi.json: OpenAPI 3.1, computed from the route table, so that it can't say anything else than what is served.
import * as z from 'zod/mini'
import { json } from './route.ts'
import type { Answer, Route } from './route.ts'

const problemShape = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
  hint: z.string(),
})

/** The route that describes the others and itself. */
export function createOpenapiRoute(routes: readonly Route[]): Route {
  const self: Route = {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document.',
    answers: [{ status: 200, description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) }],
    load: 'free',
    run: () => json(document),
  }
  const document = describe([...routes, self])
  return self
}

type Json = { readonly [name: string]: unknown }

/** The document for a table of routes. */
export function describe(routes: readonly Route[]): Json {
  const paths: { [path: string]: Json } = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-zA-Z]+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Turnpike node',
      version: '1',
      description: 'Ledger, x402 facilitator and JSON-RPC of a Turnpike node.',
    },
    paths,
  }
}

function describeRoute({ summary, parameters, body, methods, answers }: Route): Json {
  return {
    summary,
    ...(parameters && {
      parameters: parameters.map(({ name, in: place, description, pattern }) => ({
        name,
        in: place,
        required: place === 'path',
        description,
        schema: { type: 'string', ...(pattern !== undefined && { pattern }) },
      })),
    }),
    ...(body && {
      requestBody: {
        description: `At most ${body.bytesMax} bytes.`,
        required: true,
        content: { 'application/json': { schema: schemaOf(body.schema) } },
      },
    }),
    ...(methods && { 'x-methods': methods.map(({ name, summary: says }) => ({ name, summary: says })) }),
    responses: Object.fromEntries(answers.map((answer) => [String(answer.status), describeAnswer(answer)])),
  }
}

function describeAnswer({ description, schema, contentType = 'application/json' }: Answer): Json {
  if (schema !== undefined) return { description, content: { [contentType]: { schema: schemaOf(schema) } } }
  if (contentType === 'application/json') return { description }
  const content =
    contentType === 'application/problem+json' ? { schema: schemaOf(problemShape) } : { schema: { type: 'string' } }
  return { description, content: { [contentType]: content } }
}

function schemaOf(schema: z.ZodMiniType): Json {
  // The dialect is that of OpenAPI 3.1 anyway.
  return Object.fromEntries(
    Object.entries(z.toJSONSchema(schema, { unrepresentable: 'any' })).filter(([name]) => name !== '$schema'),
  )
}
