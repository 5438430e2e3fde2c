// The pages from a real folder: which paths lead to files, and under which headers.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDisk } from '../machine/disk.ts'
import type { HttpRequest } from '../machine/http.ts'
import { createAssets } from './assets.ts'

let folder = ''
beforeAll(async () => {
  const root = await mkdtemp(join(tmpdir(), 'pages-'))
  folder = join(root, 'dist')
  await mkdir(join(folder, 'assets'), { recursive: true })
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  await writeFile(join(folder, 'assets/index-D4QGwPjy.js'), 'export {}')
  await writeFile(join(folder, 'mark.svg'), '<svg/>')
  await writeFile(join(folder, '.env'), 'SECRET=1')
  await writeFile(join(root, 'operator.txt'), 'secret')
})
afterAll(() => rm(join(folder, '..'), { recursive: true }))

type File = { readonly header: (name: string) => string | undefined; readonly text: string }

const get = async (path: string, method = 'GET'): Promise<File | undefined> => {
  const answer = await createAssets(createDisk(), folder)(request(path, method))
  return answer && { header: (name) => answer.headers[name], text: new TextDecoder().decode(answer.body as Uint8Array) }
}
const request = (target: string, method = 'GET'): HttpRequest => ({
  method,
  target,
  source: '127.0.0.1',
  header: () => undefined,
  text: async () => '',
})
const account = `0x${'ab'.repeat(20)}`

describe('pages', () => {
  it.each(['/', `/agent/${account}`, `/seller/${account}`, `/operation/0x${'cd'.repeat(32)}`])(
    '%s is the document, never cached, and runs nothing foreign',
    async (path) => {
      const response = await get(path)
      expect(response?.text).toBe('<!doctype html>')
      expect(response?.header('cache-control')).toBe('no-cache')
      expect(response?.header('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'$/,
      )
      expect(response?.header('x-content-type-options')).toBe('nosniff')
    },
  )

  it('keeps files with a hash in their name for ever, others not', async () => {
    const script = await get('/assets/index-D4QGwPjy.js')
    expect([script?.header('content-type'), script?.header('cache-control')]).toEqual([
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ])
    expect((await get('/mark.svg'))?.header('cache-control')).toBe('no-cache')
  })

  it.each([
    '/../operator.txt',
    '/%2e%2e/operator.txt',
    '/..%2foperator.txt',
    '/.env',
    '/assets',
    '/assets/',
    '/nothing',
    '/agent/a/b',
    '/agents',
    '/index.html/x',
    '/index.html/x.js',
    `/${'x'.repeat(300)}.js`,
    '//etc/passwd',
    '/x402/settle',
  ])('%s leads nowhere', async (path) => {
    expect(await get(path)).toBeUndefined()
  })

  it('are not there without a folder', async () => {
    expect(await createAssets(createDisk(), undefined)(request('/'))).toBeUndefined()
  })

  it('answers nothing but GET and HEAD', async () => {
    expect(await get('/', 'POST')).toBeUndefined()
  })
})
