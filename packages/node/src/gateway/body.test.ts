// Bounds of request bodies, at the limit and one beyond.
import { describe, expect, it } from 'vitest'
import { toHttpRequest } from '../../testing/fetch.ts'
import type { HttpRequest } from '../machine/http.ts'
import { depthMax, parseJson, readText } from './body.ts'

function post(text: string, headers: { readonly [name: string]: string } = {}): HttpRequest {
  return toHttpRequest(new Request('http://127.0.0.1/', { method: 'POST', body: text, headers }))
}

describe('size', () => {
  it('T150 is judged by content-length before anything is read', async () => {
    const unread = { text: () => Promise.reject(new Error('read')) }
    expect(await readText(post('12345', { 'content-length': '5' }), 5)).toBe('12345')
    await expect(readText({ ...post('123456', { 'content-length': '6' }), ...unread }, 5)).rejects.toMatchObject({
      status: 413,
      code: 'gateway/too_large',
    })
  })

  it.each(['-1', '1e3', '0x10', ' 5', '5, 5', '99999999999999999999'])(
    'T43 is refused when content-length is %s',
    async (length) => {
      const request = {
        ...post('12345'),
        header: (name: string) => (name === 'content-length' ? length : undefined),
      }
      await expect(readText(request, 100)).rejects.toMatchObject({ status: 413 })
    },
  )

  it('T163 is counted while reading where there is no content-length', async () => {
    expect(await readText(post('12345'), 5)).toBe('12345')
    await expect(readText(post('123456'), 5)).rejects.toMatchObject({ status: 413 })
  })

  it('T163 can not be hidden in a compressed body', async () => {
    await expect(readText(post('x', { 'content-encoding': 'gzip' }), 5)).rejects.toMatchObject({ status: 415 })
  })
})

it('T154 of somebody who hangs up in the middle is no mistake of the node', async () => {
  for (const headers of [{}, { 'content-length': '10' }]) {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error('aborted')) })
    const request = new Request('http://127.0.0.1/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit)
    await expect(readText(toHttpRequest(request), 10)).rejects.toMatchObject({ status: 400, code: 'gateway/malformed' })
  }
})

describe('depth', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

  it('T151 ends at the limit', () => {
    expect(parseJson(nested(depthMax))).toBeInstanceOf(Array)
    expect(() => parseJson(nested(depthMax + 1))).toThrow('levels deep')
    expect(() => parseJson(`${'{"a":'.repeat(30_000)}1`)).toThrow('levels deep')
  })

  it('does not count brackets inside of text, whatever is escaped there', () => {
    const text = `${'['.repeat(100)}"\\`
    expect(parseJson(JSON.stringify({ text, more: [text] }))).toEqual({ text, more: [text] })
    expect(parseJson(JSON.stringify(`\\"${'{'.repeat(100)}`))).toBe(`\\"${'{'.repeat(100)}`)
  })

  it.each(['', '{', '"', '"\\', '{"a":1,}', 'NaN', '0x1', '\u0000'])('T32 refuses %j as no JSON', (text) => {
    expect(() => parseJson(text)).toThrow('no JSON')
  })

  it('T32 gives no power to keys of prototypes', () => {
    const value = parseJson('{"__proto__":{"polluted":true},"constructor":1}') as { readonly polluted?: boolean }
    expect(value.polluted).toBeUndefined()
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})
