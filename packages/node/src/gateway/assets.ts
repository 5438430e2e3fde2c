// The pages: files from a folder that the command line hands in, under a policy that lets nothing foreign run.
import type { HttpAnswer, HttpRequest } from '../machine/http.ts'
import type { Disk } from '../machine/Machine.ts'
import { pathOf } from './router.ts'

/** Answers a request with a file of the pages, or not at all. */
export type Assets = (request: HttpRequest) => Promise<HttpAnswer | undefined>

const contentTypes: { readonly [ending: string]: string } = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
  webmanifest: 'application/manifest+json',
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** Addresses of pages, all of them the same document. */
const pageForm = /^\/(?:(?:agent|seller|operation)\/[0-9A-Za-z]{1,80}\/?)?$/
/** Names of files: no segment begins with a dot, so none leads out of the folder. */
const fileForm = /^\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\.([a-z0-9]+)$/
/** Vite puts a hash into these names, so what they hold never changes. */
const hashedForm = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

/** Serves a folder; without one there are no pages. */
export function createAssets(disk: Disk, folder: string | undefined): Assets {
  const kept = new Map<string, Uint8Array>()
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const known = kept.get(path)
    if (known !== undefined) return known
    if ((await disk.findBytes(`${folder}${path}`)) === undefined) return undefined
    const bytes = await disk.read(`${folder}${path}`)
    kept.set(path, bytes) // All of them: a crowd that asks for pages must not take the disk from the log.
    return bytes
  }
  return async (request) => {
    if (folder === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined
    const asked = pathOf(request.target)
    const path = pageForm.test(asked) ? '/index.html' : asked
    const ending = fileForm.exec(path)?.[1]
    const type = ending === undefined ? undefined : contentTypes[ending]
    const bytes = type === undefined ? undefined : await read(path)
    if (type === undefined || bytes === undefined) return undefined
    const caching = hashedForm.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
    const headers = { ...securityHeaders, 'content-type': type, 'cache-control': caching }
    return { status: 200, headers, body: bytes }
  }
}
