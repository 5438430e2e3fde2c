// Every way in which an answer can fail to be one is a typed error, and a lost answer is asked for with the same bytes.
import { describe, expect, it } from 'vitest'
import * as policy from '@turnpike/chain/wire/policy'
import { privateKeyAccount } from './account.ts'
import { getBalance } from './actions/getBalance.ts'
import { submitOperation } from './actions/submitOperation.ts'
import * as token from '@turnpike/chain/wire/token'
import { chainAnswer, clientOver } from './chainAnswer.fixture.ts'
import { LedgerError, PaymentRefused } from './errors.ts'
import { signNative } from './sign.ts'
import { readEventStream } from './eventStream.ts'

const signer = privateKeyAccount('0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318')
const problem = {
  type: 'about:blank',
  title: 'Not now',
  status: 503,
  code: 'gateway/overloaded',
  detail: 'Too much to do.',
  hint: 'Wait.',
}
const refusal = {
  code: 'bank/balance',
  values: { available: '1', needed: '2' },
  hint: 'Fund the account.',
  retry: 'later',
}

describe('an answer that is none', () => {
  it.each([
    [
      'a problem document',
      () => Response.json(problem, { status: 503 }),
      { code: 'gateway/overloaded', hint: 'Wait.', retry: 'later', message: 'Too much to do.' },
    ],
    ['a proxy in between', () => new Response('<html>', { status: 502 }), { code: 'http/status_502', retry: 'later' }],
    ['no JSON', () => new Response('<html>'), { code: 'sdk/malformed_answer' }],
    ['another shape', () => Response.json({ chainId: '402402' }), { code: 'sdk/malformed_answer' }],
    ['an empty body', () => new Response(''), { code: 'sdk/malformed_answer' }],
    [
      'a refused connection',
      () => Promise.reject(new TypeError('fetch failed')),
      { code: 'sdk/unreachable', retry: 'later' },
    ],
  ] as const)('%s is a typed error', async (_, answer, expected) => {
    const failed = clientOver(answer).chain()
    await expect(failed).rejects.toBeInstanceOf(LedgerError)
    await expect(failed).rejects.toMatchObject(expected)
  })

  it('a node that is silent is left after its time', async () => {
    const silent = (_: string, { signal }: RequestInit): Promise<Response> =>
      new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error)))
    await expect(clientOver(silent, { timeoutMs: 1 }).chain()).rejects.toMatchObject({ code: 'sdk/timeout' })
  })

  it.each([
    [
      'a refusal',
      { code: -32000, message: 'Too little.', data: refusal },
      { code: 'bank/balance', message: 'Too little.', values: refusal.values, hint: refusal.hint },
    ],
    ['a method nobody knows', { code: -32601, message: 'No.' }, { code: 'rpc/method_not_found', retry: 'never' }],
  ] as const)('JSON-RPC: %s keeps its code', async (_, error, expected) => {
    const client = clientOver((path) =>
      path === '/chain' ? Response.json(chainAnswer()) : Response.json({ jsonrpc: '2.0', id: 1, error }),
    )
    await expect(getBalance(client, { account: signer.address })).rejects.toMatchObject(expected)
  })
})

describe('handing an operation in', () => {
  const receipt = {
    sequence: 0,
    height: 1,
    time: 1,
    op: `0x${'ab'.repeat(32)}`,
    type: 'token/transfer',
    kind: 'other',
    policyVersion: 0,
    reference: `0x${'00'.repeat(32)}`,
  }

  it('asks again with the very same bytes when the answer was lost', async () => {
    const bodies: unknown[] = []
    const client = clientOver((path, { body }) => {
      if (path === '/chain') return Response.json(chainAnswer())
      bodies.push(body)
      return bodies.length === 1
        ? Promise.reject(new TypeError('fetch failed'))
        : Response.json({ jsonrpc: '2.0', id: 1, result: receipt })
    })
    const op = await signNative(client, policy.freeze, { agent: signer.address }, { signer })
    expect(await submitOperation(client, op)).toMatchObject({ operation: receipt.op, height: 1 })
    expect(bodies).toHaveLength(2)
    expect(bodies[1]).toBe(bodies[0])
  })

  it('does not repeat what was refused, and says that no money moved', async () => {
    let calls = 0
    const client = clientOver((path) => {
      if (path === '/chain') return Response.json(chainAnswer())
      calls++
      return Response.json({ jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'Too little.', data: refusal } })
    })
    const { assets } = await client.chain()
    const fields = {
      to: signer.address,
      asset: assets[0]!.address,
      amount: 2n,
      reference: `0x${'00'.repeat(32)}` as never,
    }
    const op = await signNative(client, token.transfer, fields, { signer })
    const refused = submitOperation(client, op)
    await expect(refused).rejects.toBeInstanceOf(PaymentRefused)
    await expect(refused).rejects.toMatchObject({ code: 'bank/balance', retry: 'later', operation: { id: op.id } })
    expect(calls).toBe(1)
  })
})

describe('event streams', () => {
  async function eventsOf(chunks: readonly string[]): Promise<unknown[]> {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
        controller.close()
      },
    })
    const events: unknown[] = []
    for await (const event of readEventStream(stream)) events.push(event)
    return events
  }

  it('are read whatever the pieces they come in', async () => {
    const text = ': hello\n\nevent: block\nid: 1\ndata: {"a":\ndata: 1}\n\ndata: é\r\n\r\nevent: half\ndata: '
    const expected = [
      { event: 'block', data: '{"a":\n1}' },
      { event: 'message', data: 'é' },
    ]
    expect(await eventsOf([text])).toEqual(expected)
    expect(await eventsOf(Array.from(text))).toEqual(expected)
  })
})
