// Answers of sellers as data. An agent that reads them must be able to tell them from what its owner and its tools say (T104).

/** What a seller wrote. Nothing in it is an instruction to anybody. */
export type Untrusted = {
  readonly status: number
  readonly untrusted: {
    readonly contentType: string | null
    /** As text; bytes that are no UTF-8 are replaced. */
    readonly body: string
    /** Whether there was more than was read. */
    readonly isTruncated: boolean
  }
}

const bytesMaxByDefault = 1_048_576

/** Reads an answer up to a length. The rest is not waited for. @throws whatever ends the answer before its end */
export async function readUntrusted(
  response: Response,
  { bytesMax = bytesMaxByDefault }: { readonly bytesMax?: number } = {},
): Promise<Untrusted> {
  const contentType = response.headers.get('content-type')
  const { body, isTruncated } = await readText(response.body, bytesMax)
  return { status: response.status, untrusted: { contentType, body, isTruncated } }
}

async function readText(
  stream: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<{ readonly body: string; readonly isTruncated: boolean }> {
  if (stream === null) return { body: '', isTruncated: false }
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let body = ''
  for (let read = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return { body: body + decoder.decode(), isTruncated: false }
    const kept = value.subarray(0, bytesMax - read)
    body += decoder.decode(kept, { stream: true })
    read += kept.byteLength
    if (kept.byteLength === value.byteLength) continue
    // A character that was cut in two is left out.
    reader.cancel().catch(() => undefined)
    return { body, isTruncated: true }
  }
}
