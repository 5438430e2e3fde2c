// Request bodies: bounded before they are read, and bounded in depth before they are parsed (T150, T151, T163).
import type { HttpRequest } from '../machine/http.ts'
import { Problem } from './problem.ts'

/** The deepest nesting of objects and lists that any request of ours needs is less than half of this. */
export const depthMax = 32

/** How long a body says that it is; undefined where it comes in chunks, or says nothing that is a length. */
export function lengthOf(request: HttpRequest): number | undefined {
  const length = request.header('content-length')
  return length === undefined || !/^[0-9]{1,15}$/.test(length) ? undefined : Number(length)
}

/** The text of a body of at most `bytesMax` bytes. @throws Problem */
export async function readText(request: HttpRequest, bytesMax: number): Promise<string> {
  requireNoCoding(request)
  // The server cuts a body off where its content-length ends, so the number can be trusted.
  if (request.header('content-length') !== undefined && (lengthOf(request) ?? Infinity) > bytesMax)
    throw tooLarge(bytesMax)
  const text = await request.text(bytesMax).catch(() => {
    // Whoever sent it hung up in the middle, or was too slow: nothing of ours went wrong.
    throw malformed('ended before it was whole')
  })
  if (text === undefined) throw tooLarge(bytesMax)
  return text
}

/** Chunks are taken apart before us; any other coding would still be in the bytes, and a proxy might have read others. @throws Problem */
function requireNoCoding(request: HttpRequest): void {
  const [content, transfer] = [request.header('content-encoding'), request.header('transfer-encoding')]
  const isPlain = content === undefined || content === 'identity'
  if (!isPlain || (transfer !== undefined && transfer.toLowerCase() !== 'chunked')) throw unsupportedEncoding()
}

/** The value that a JSON text stands for. @throws Problem when it is no JSON, or nested too deeply. */
export function parseJson(text: string): unknown {
  if (hasManyBrackets(text) && isTooDeep(text)) throw malformed(`is nested more than ${depthMax} levels deep`)
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw malformed('is no JSON')
  }
}

const quote = 34
const backslash = 92

/** Most bodies have fewer brackets than they may have levels, and counting those takes no look at the rest. */
function hasManyBrackets(text: string): boolean {
  let count = 0
  for (const bracket of ['{', '['])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++count > depthMax) return true
  return false
}

/** Counts brackets outside of strings; on anything but JSON it may be wrong, which the parser then says. */
function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    // { and [ have the same low bits, and so have } and ]: 0x7b, 0x5b and 0x7d, 0x5d.
    else if ((code | 32) === 0x7b && ++depth > depthMax) return true
    else if ((code | 32) === 0x7d) depth--
  }
  return false
}

/** Where the string that begins at `from` ends; the end of the text if it does not. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}

/** The problem of a body that is no request. */
export function malformed(problem: string): Problem {
  const hint = 'GET /openapi.json describes every body.'
  return new Problem({ status: 400, code: 'gateway/malformed', detail: `The body ${problem}.`, hint })
}

function tooLarge(bytesMax: number): Problem {
  const detail = `The body may have at most ${bytesMax} bytes.`
  return new Problem({
    status: 413,
    code: 'gateway/too_large',
    detail,
    hint: 'Send less, or in several requests.',
    headers: { connection: 'close' },
  })
}

function unsupportedEncoding(): Problem {
  const detail = 'Compressed bodies are not accepted.'
  return new Problem({
    status: 415,
    code: 'gateway/encoding',
    detail,
    hint: 'Leave Content-Encoding and every Transfer-Encoding but chunked out.',
  })
}
