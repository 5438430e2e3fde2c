// What a node tells is kept by nobody on the way, and what it was not meant to know it does not keep.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { person } from '@turnpike/chain/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestNode } from '../../testing/gateway.ts'
import type { TestNode } from '../../testing/gateway.ts'
import { createPayment } from '../../testing/payment.ts'

const payer = person('private payer')
const payee = person('private payee').address
const token = 'private-operator-token'
let node: TestNode
beforeAll(async () => {
  node = await openTestNode({ token })
  await node.fund(payer.address, 1_000_000n)
})
afterAll(() => node.close())

it('T34 every answer says that it must not be kept, whoever asks and whatever comes of it', async () => {
  const paid = await node.ask('/x402/settle', createPayment({ payer, payee, now: node.now }))
  const paths = node.gateway.routes.filter(({ method }) => method === 'GET').map(({ path }) => path as string)
  expect(paths.length).toBeGreaterThan(5)
  const filled = paths.map((path) =>
    path
      .replace(':operation', paid.transaction)
      .replace(':asset/:payer/:nonce', `${payee}/${payee}/0x${'00'.repeat(32)}`),
  )
  const asked = [...filled, '/nowhere', '/receipts/x', `/receipts/0x${'11'.repeat(32)}`]
  const statuses = new Set<number>()
  for (const path of asked)
    for (const headers of [{}, { authorization: `Bearer ${token}` }, { authorization: 'Bearer wrong' }]) {
      const response = await node.get(path, headers)
      await response.body?.cancel()
      statuses.add(response.status)
      expect([path, response.status, response.headers.get('cache-control')]).toEqual([
        path,
        response.status,
        'no-store',
      ])
    }
  for (const body of [{ jsonrpc: '2.0', id: 1, method: 'turnpike_params' }, '{', '[]'])
    expect((await node.post('/rpc', body)).headers.get('cache-control')).toBe('no-store')
  expect(statuses).toEqual(new Set([200, 400, 401, 404]))
})

/** Whether a text stands anywhere in these bytes, as it is or in another dress. */
function holds(bytes: Buffer, text: string): boolean {
  const plain = Buffer.from(text)
  const dresses = [plain, Buffer.from(text, 'utf16le'), Buffer.from(plain.toString('hex'))]
  // Base64 of a text depends on where in its triples it begins.
  const coded = [0, 1, 2].map((before) =>
    Buffer.from(
      Buffer.concat([Buffer.alloc(before), plain])
        .toString('base64')
        .slice(4, -4),
    ),
  )
  return [...dresses, ...coded].some((dress) => bytes.includes(dress))
}

it('T41 what a payment says of its purpose is found in no file, no answer and no log', async () => {
  const mark = 'jane.doe@hospital-visit'
  const said: string[] = []
  const told = async (path: string, body: unknown): Promise<void> =>
    void said.push(JSON.stringify(await node.ask(path, body)))
  const body = createPayment({ payer, payee, now: node.now, identifier: 'private_identifier' })
  const resource = { url: `http://shop/${mark}?q=${mark}`, description: mark, mimeType: mark }
  const marked = {
    ...body,
    paymentPayload: { ...body.paymentPayload, resource, note: mark },
    paymentRequirements: {
      ...body.paymentRequirements,
      description: mark,
      extra: { ...(body.paymentRequirements['extra'] as object), memo: mark },
    },
    memo: mark,
  }
  await told('/x402/verify', marked)
  await told('/x402/settle', marked)
  await told(`/x402/settle?customer=${mark}`, { ...marked, x402Version: mark })
  await node.get(`/payments/${mark}/x/y?z=${mark}`, { 'user-agent': mark, referer: mark, 'x-note': mark })
  await told('/rpc', { jsonrpc: '2.0', id: 1, method: `turnpike_${mark}`, params: [mark] })
  expect(said[0]).toContain('"isValid":true')
  expect(said[1]).toContain('"success":true')
  await node.restart()
  const files = await readdir(node.home, { recursive: true, withFileTypes: true })
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
  let bytes = 0
  for (const path of paths) {
    const content = await readFile(path)
    bytes += content.length
    expect([path, holds(content, mark)]).toEqual([path, false])
  }
  // The search finds what is there: the payer stands in the log.
  const log = await Promise.all(paths.filter((path) => path.endsWith('.log')).map((path) => readFile(path)))
  expect(log.some((content) => content.includes(Buffer.from(payer.address.slice(2), 'hex')))).toBe(true)
  expect(bytes).toBeGreaterThan(100_000)
  for (const answer of said) expect(answer).not.toContain(mark)
  expect(holds(Buffer.from(Buffer.from(`xx${mark}yy`).toString('base64')), mark)).toBe(true)
})
