// What a node says before it can say anything else.
import { expect, it } from 'vitest'
import { createFetch } from '../../testing/fetch.ts'
import { createDisk } from '../machine/disk.ts'
import { createAssets } from './assets.ts'
import type { Health } from './status.ts'
import { createWaiting } from './waiting.ts'

const ask = async (health: Health, path: string, method = 'GET'): Promise<Response> =>
  createFetch(createWaiting({ health: () => health, assets: createAssets(createDisk(), undefined) }))(
    new Request(`http://127.0.0.1${path}`, { method }),
  )

it('says how far the start is, with 503', async () => {
  const response = await ask({ status: 'starting', progress: 0.42 }, '/health')
  expect([response.status, await response.json()]).toEqual([503, { status: 'starting', progress: 0.42 }])
})

it('says that it stops', async () => {
  const response = await ask({ status: 'stopping' }, '/health')
  expect([response.status, await response.json()]).toEqual([503, { status: 'stopping' }])
})

it.each([
  ['starting', '/x402/settle', 'POST'],
  ['stopping', '/x402/settle', 'POST'],
  ['starting', '/health', 'POST'],
  ['starting', '/', 'GET'],
] as const)('answers anything else while %s (%s) with 503 and a time to wait', async (status, path, method) => {
  const response = await ask(status === 'starting' ? { status, progress: 0 } : { status }, path, method)
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await response.json()).toMatchObject({ code: `gateway/${status}`, hint: expect.any(String) })
})
