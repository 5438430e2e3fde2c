// A real development node in a folder of its own, asked what it serves: routes and methods, metrics with their labels, parameters.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConfig, startNode } from '@turnpike/node'
import type { Schema } from './shape.ts'

type Content = { readonly [contentType: string]: { readonly schema: Schema } }

/** One route, as OpenAPI describes it. */
export type RouteDocument = {
  readonly summary: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly description: string
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly description: string; readonly content: Content }
  readonly responses: { readonly [status: string]: { readonly description: string; readonly content?: Content } }
  readonly 'x-methods'?: readonly { readonly name: string; readonly summary: string }[]
}

/** What a node shows of itself. */
export type Surface = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: RouteDocument } }
  /** The text of /metrics. */
  readonly metrics: string
  /** The answer of turnpike_params. */
  readonly params: { readonly [name: string]: unknown }
}

const segmentBytes = 2_097_152

/** Starts a node, asks it, and removes it without a trace. */
export async function readSurface(): Promise<Surface> {
  const home = await mkdtemp(join(tmpdir(), 'turnpike-reference-'))
  const node = await startNode(createConfig({ home, port: 0, dev: true, segmentBytes, logLevel: 'error' }))
  try {
    return await ask(node.url)
  } finally {
    await node.close()
    await rm(home, { recursive: true, force: true })
  }
}

async function ask(url: string): Promise<Surface> {
  const get = (path: string): Promise<Response> => fetch(url + path)
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const call = (method: string, params: readonly unknown[]): Promise<Response> =>
    post('/rpc', { jsonrpc: '2.0', id: 1, method, params })
  // A label shows once something was counted under it.
  const accepted = { scheme: 'exact', network: 'eip155:1' }
  const payment = {
    x402Version: 2,
    paymentPayload: { x402Version: 2, accepted, payload: {} },
    paymentRequirements: { ...accepted, amount: '1', asset: '0x', payTo: '0x' },
  }
  const tooMuch = { address: `0x${'11'.repeat(20)}`, amount: '999999999999' }
  await Promise.all([post('/x402/verify', payment), post('/x402/settle', payment), post('/faucet', tooMuch)])
  const { paths } = (await (await get('/openapi.json')).json()) as Pick<Surface, 'paths'>
  const { result } = (await (await call('turnpike_params', [])).json()) as { readonly result: Surface['params'] }
  return { paths, params: result, metrics: await (await get('/metrics')).text() }
}
