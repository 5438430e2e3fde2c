// HTTP as an attacker writes it, byte by byte, against a real node: what is ambiguous is refused before anything reads it, tricks of
// path and method lead nowhere, and no money moves by any of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPayee, createPayer, createPayments } from '../../bench/payments.ts'
import { openBooks } from '../processes/books.ts'
import type { Books } from '../processes/books.ts'
import { createHome, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'
import { converse, parseAnswers, requestText } from './wire.ts'
import type { Answer } from './wire.ts'

const home = createHome()
const payer = createPayer('abuse http', 0)
const payee = createPayee('abuse http', 0)
let node: NodeProcess
let books: Books
let host: string

beforeAll(async () => {
  node = await startTurnpike({ home: home.path })
  books = openBooks(node.url)
  host = new URL(node.url).host
  await books.fund(payer.address, 1_000_000n)
})
afterAll(async () => {
  expect(await books.balanceOf(payee)).toBe(0n)
  expect(await books.balanceOf(payer.address)).toBe(1_000_000n)
  await books.close()
  expect(await node.stop()).toBe(0)
  expect(node.errors()).toBe('')
  home.remove()
})

/** A sound payment: whatever is wrong below, it is not this. */
const { body } = createPayments({
  count: 1,
  payers: [payer],
  payees: [payee],
  value: 1_000n,
  run: 'abuse http',
  validBefore: Math.floor(Date.now() / 1_000) + 300,
})[0]!
const length = `Content-Length: ${body.length}`
const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`

async function ask(line: string, headers: readonly string[] = [], content = ''): Promise<Answer> {
  const answers = parseAnswers(await converse(node.url, requestText(line, { host, headers, body: content })))
  expect(answers.length).toBe(1)
  return answers[0]!
}

describe('T116 T43 a body whose length can be read in two ways is refused, and its connection closed', () => {
  it.each<readonly [string, readonly string[], string]>([
    ['two equal lengths', [length, length], body],
    ['two different lengths', [length, 'Content-Length: 0'], body],
    ['a list of lengths', [`${length}, ${body.length}`], body],
    ['a length with a sign', [`Content-Length: +${body.length}`], body],
    ['a negative length', ['Content-Length: -1'], body],
    ['a hexadecimal length', ['Content-Length: 0x10'], body],
    ['a blank before the colon', [`Content-Length : ${body.length}`], body],
    ['length and chunks', [length, 'Transfer-Encoding: chunked'], chunked],
    ['chunks and length', ['Transfer-Encoding: chunked', length], chunked],
    ['two codings, the last not chunks', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunked],
    ['an unknown coding', ['Transfer-Encoding: xchunked'], chunked],
    ['a size of a chunk that is no number', ['Transfer-Encoding: chunked'], `zz\r\n${body}\r\n0\r\n\r\n`],
    [
      'a size of a chunk beyond all numbers',
      ['Transfer-Encoding: chunked'],
      `${'f'.repeat(17)}\r\n${body}\r\n0\r\n\r\n`,
    ],
    ['lines that end in LF alone', ['Transfer-Encoding: chunked'], chunked.replaceAll('\r\n', '\n')],
    ['a folded header', [length, 'X-Folded: a\r\n b'], body],
    ['a NUL in a header', [length, 'X-Nul: a\0b'], body],
    ['a CR in a header', [length, 'X-Cr: a\rb'], body],
    ['a header without a name', [length, ': a'], body],
  ])('%s', async (_name, headers, content) => {
    expect((await ask('POST /x402/settle', headers, content)).status).toBe(400)
  })

  it('a coding under the chunks is refused: the bytes are not those that a proxy may have read', async () => {
    const answer = await ask('POST /x402/settle', ['Transfer-Encoding: gzip, chunked'], chunked)
    expect([answer.status, answer.code]).toEqual([415, 'gateway/encoding'])
  })

  it('extensions and trailers of chunks are bounded, and no trailer counts as a header', async () => {
    const extended = chunked.replace('\r\n', `;${'a'.repeat(20_000)}\r\n`)
    expect((await ask('POST /x402/settle', ['Transfer-Encoding: chunked'], extended)).status).toBe(413)
    const trailed = chunked.replace(/\r\n\r\n$/, '\r\nContent-Length: 1\r\n\r\n')
    expect((await ask('POST /x402/settle', ['Transfer-Encoding: chunked'], trailed)).status).toBe(400)
  })

  it('what follows a body is a request of its own, and what follows a refused one is never read', async () => {
    const smuggled = requestText('POST /x402/settle', { host, headers: [length], body })
    const text = requestText('POST /x402/verify', {
      host,
      headers: ['Content-Length: 2', length],
      body: `{}${smuggled}`,
    })
    expect(parseAnswers(await converse(node.url, text)).map(({ status }) => status)).toEqual([400])
  })
})

describe('T43 headers', () => {
  it('outside of ASCII say nothing and break nothing', async () => {
    for (const value of ['é', '€', 'ÿ'.repeat(100)]) {
      const text = requestText('POST /x402/settle', {
        host,
        headers: [`X-Odd: ${value}`, 'Content-Length: 2'],
        body: '{}',
      })
      for (const bytes of [Buffer.from(text, 'latin1'), Buffer.from(text, 'utf8')])
        expect(parseAnswers(await converse(node.url, bytes)).map(({ code }) => code)).toEqual(['gateway/malformed'])
    }
  })

  it.each<readonly [string, readonly string[]]>([
    ['of two tokens', ['Authorization: Bearer a', 'Authorization: Bearer b']],
    ['of two equal tokens', ['Authorization: Bearer a', 'Authorization: Bearer a']],
    ['of an empty token', ['Authorization: Bearer ']],
    ['outside of ASCII', ['Authorization: Bearer ÿ']],
  ])('%s never make an operator', async (_name, headers) => {
    const question = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'turnpike_params' })
    const answer = await ask('POST /rpc', [...headers, `Content-Length: ${question.length}`], question)
    expect([answer.status, answer.code]).toEqual([401, 'gateway/unknown_token'])
  })

  it('T49 that proxies set for servers change neither method, host, path nor amount', async () => {
    const headers = [
      'X-HTTP-Method-Override: POST',
      'X-Forwarded-Host: other.example',
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-Proto: https',
      'X-Original-URL: /x402/settle',
      'X-Rewrite-URL: /x402/settle',
      'Forwarded: host=other.example',
      'Settlement-Overrides: {"amount":"0"}',
    ]
    expect((await ask('GET /x402/supported', headers)).status).toBe(200)
    const answer = await ask('GET /x402/settle', headers)
    expect([answer.status, answer.code]).toEqual([405, 'gateway/method'])
  })

  it('two hosts, or one hidden behind another, are none of ours', async () => {
    for (const headers of [['Host: other.example'], ['X-Forwarded-Host: 127.0.0.1', 'Host: 127.0.0.1.example']])
      expect((await ask('GET /health', headers)).status).toBe(421)
    const text = `GET /health HTTP/1.1\r\nHost: other.example\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    expect(parseAnswers(await converse(node.url, text)).map(({ status }) => status)).toEqual([421])
    for (const odd of ['a b', 'a@b', '127.0.0.1/x', '[::1']) {
      const odds = parseAnswers(await converse(node.url, requestText('GET /health', { host: odd })))
      expect(odds.map(({ status }) => status)).toEqual([421])
    }
  })

  it('T150 are bounded in number as well', async () => {
    expect(
      (
        await ask(
          'GET /health',
          Array.from({ length: 100 }, () => 'A: b'),
        )
      ).status,
    ).toBe(200)
    expect(
      (
        await ask(
          'GET /health',
          Array.from({ length: 5_000 }, () => 'A:'),
        )
      ).status,
    ).toBe(431)
  })
})

describe('T33 T115 paths and methods', () => {
  it.each([
    '/health/',
    '//health',
    '/HEALTH',
    '/health%2f',
    '/health%00',
    '/health;x=1',
    '/health%3fx',
    '/x402%2fsettle',
    '/x402//settle',
    '/__proto__',
    '/constructor',
    '/agent/__proto__',
    '/assets/../../etc/passwd',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%5c..%5cpackage.json',
    '/payments/a/b',
    '/\\health',
    '*',
    'http://',
  ])('GET %s is nowhere', async (path) => {
    const answer = await ask(`GET ${path}`)
    expect([answer.status, answer.code]).toEqual([404, 'gateway/not_found'])
  })

  it.each(['/receipts/%', '/receipts/%ff', '/receipts/%00', `/receipts/${'a'.repeat(9_000)}`, '/payments/%/%/%'])(
    'GET %s has a part that is none',
    async (path) => {
      const answer = await ask(`GET ${path}`)
      expect([answer.status, answer.code]).toEqual([400, 'gateway/malformed'])
    },
  )

  it.each(['health', '/ /'])('GET %s is no request', async (target) => {
    expect((await ask(`GET ${target}`)).status).toBe(400)
  })

  it('GET /rpc is not there until its WebSocket is', async () => {
    const upgrade = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
    for (const method of ['GET', 'HEAD']) expect((await ask(`${method} /rpc`)).status).toBe(404)
    expect((await ask('GET /rpc', upgrade)).code).toBe('gateway/not_found')
    const other = await ask('PUT /rpc')
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'PATCH', 'QUERY', 'PROPFIND'])(
    '%s settles nothing, whatever it carries',
    async (method) => {
      const answer = await ask(`${method} /x402/settle`, [length, 'Content-Type: application/json'], body)
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    },
  )

  it.each(['FOO', 'get', 'G\u00cbT', ''])('%s is no method', async (method) => {
    expect((await ask(`${method} /health`)).status).toBe(400)
  })

  it('CONNECT opens no tunnel, and HTTP/2 is not spoken', async () => {
    expect(await converse(node.url, requestText('CONNECT other.example:443', { host }))).toBe('')
    expect(await converse(node.url, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect((await ask('GET /health', ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'])).status).toBe(200)
  })

  it('requests in a row are answered in their order', async () => {
    const one = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
    const text = `${one('/health')}${one('/nowhere')}${requestText('GET /x402/supported', { host })}`
    const statuses = parseAnswers(await converse(node.url, text)).map(({ status }) => status)
    expect(statuses).toEqual([200, 404, 200])
  })
})
