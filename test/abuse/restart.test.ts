// A node that dies under a crowd and comes back: all of them come again at once, each with the bytes it had, and each has paid once.
// ABUSE_CROWD says how many (sixty in CI, ten thousand by hand).
import { setTimeout as later } from 'node:timers/promises'
import { Pool } from 'undici'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPayee, createPayer, createPayments } from '../../bench/payments.ts'
import { openBooks } from '../processes/books.ts'
import { createHome, findFreePort, startTurnpike } from '../processes/turnpike.ts'
import type { NodeOptions, NodeProcess } from '../processes/turnpike.ts'

const crowd = Number(process.env['ABUSE_CROWD'] ?? 60)
const value = 1_000n
const home = createHome()
const payer = createPayer('abuse crowd', 0)
const payee = createPayee('abuse crowd', 0)
let options: NodeOptions
let node: NodeProcess
beforeAll(async () => {
  // Fewer places than there are clients: most of them are told to come later.
  const settings = { TURNPIKE_CONCURRENCY_MAX: '16', TURNPIKE_WAITING_MAX: '64' }
  options = { home: home.path, port: await findFreePort(), settings }
  node = await startTurnpike(options)
})
afterAll(async () => {
  expect(await node.stop()).toBe(0)
  expect(node.errors()).toBe('')
  home.remove()
})

/** How long a client waits that was turned away, or met nobody: what it was told, or more each time, and never as long as the others. */
function waitMs(retryAfter: string | undefined, attempt: number): number {
  const askedMs = retryAfter === undefined ? Math.min(1_000, 20 * 2 ** attempt) : Number(retryAfter) * 1_000
  return askedMs * (0.5 + Math.random() / 2)
}

it('T164 all clients come again at once after an outage: each payment settles once, and the node goes on', async () => {
  const books = openBooks(node.url)
  await books.fund(payer.address, BigInt(crowd) * value)
  await books.close()
  const validBefore = Math.floor(Date.now() / 1_000) + 600
  const payments = createPayments({ count: crowd, payers: [payer], payees: [payee], value, run: 'crowd', validBefore })
  await node.kill()
  const pool = new Pool(node.url, { connections: Math.min(crowd, 1_000) })
  let turnedAway = 0
  let unreached = 0
  const settle = async (body: string): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      const answer = await pool
        .request({ path: '/x402/settle', method: 'POST', headers: { 'content-type': 'application/json' }, body })
        .catch(() => undefined)
      if (answer === undefined) unreached++
      else {
        const told = (await answer.body.json()) as { readonly success?: boolean }
        if (answer.statusCode === 200 && told.success === true) return
        expect([answer.statusCode, typeof answer.headers['retry-after']]).toEqual([503, 'string'])
        turnedAway++
      }
      await later(waitMs(answer?.headers['retry-after'] as string | undefined, attempt))
    }
  }
  const all = payments.map(({ body }) => settle(body))
  node = await startTurnpike(options)
  await Promise.all(all)
  await pool.close()
  expect(unreached).toBeGreaterThan(0)
  expect(turnedAway).toBeGreaterThan(0)
  const after = openBooks(node.url)
  expect(await after.balanceOf(payer.address)).toBe(0n)
  for (const each of payments.slice(0, 20)) expect(await after.outcomeOf(each)).toMatchObject({ status: 'settled' })
  expect((await after.get('/health')).status).toBe(200)
  await after.close()
})
