// How people of a run reach the node: requests that are answered, turned away, or lost when the node dies. A client that thinks waits
// until the run lets it go on, so that its next request falls into any other moment.
import type { Random } from '../random.ts'
import type { Life } from './life.ts'
import { createRequest } from './request.ts'
import type { Sent } from './request.ts'

/** An answer of the gateway; undefined: the connection was lost, and nobody knows what became of the request. */
export type Answer = { readonly status: number; readonly body: unknown } | undefined

export type Fields = { readonly [name: string]: unknown }

/** The JSON object in an answer, or one without fields. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** A field that should be text, as text whatever it is. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
}

export type ClientsOptions = { readonly life: Life; readonly random: Random; readonly note: (name: string) => void }

/** Everybody who talks to the node. */
export class Clients {
  /** Processes that have not ended. */
  active = 0
  /** What the node must never answer. */
  problem: string | undefined
  readonly #options: ClientsOptions
  readonly #thinking: (() => void)[] = []

  constructor(options: ClientsOptions) {
    this.#options = options
  }

  /** Runs somebody's business; the run goes on when it ends. */
  begin(business: () => Promise<void>): void {
    this.active += 1
    business().then(
      () => void (this.active -= 1),
      (error: unknown) => {
        this.active -= 1
        this.problem ??= `a client failed: ${error instanceof Error ? error.stack : String(error)}`
      },
    )
  }

  /** Waits until the run lets somebody go on. */
  think(): Promise<void> {
    return new Promise((resolve) => void this.#thinking.push(resolve))
  }

  /** Lets one of those who think go on; false when nobody does. */
  wake(): boolean {
    if (this.#thinking.length === 0) return false
    const [resolve] = this.#thinking.splice(this.#options.random.int(this.#thinking.length), 1)
    resolve!()
    return true
  }

  get(path: string): Promise<Answer> {
    return this.#ask(path, {})
  }

  /** Posts a value as JSON, or a text as it is. */
  post(path: string, body: unknown, headers: { readonly [name: string]: string } = {}): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const all = { 'content-type': 'application/json', ...headers }
    return this.#ask(path, { headers: all, text })
  }

  /** Calls a method of JSON-RPC. */
  call(method: string, params: readonly unknown[]): Promise<Answer> {
    return this.post('/rpc', { jsonrpc: '2.0', id: 1, method, params })
  }

  async #ask(path: string, sent: Sent): Promise<Answer> {
    const { life, note } = this.#options
    const node = await life.up.promise
    if (life.state !== 'running' || life.failure !== undefined) return undefined
    const answered = (async (): Promise<Answer> => {
      const { status, headers, body } = await node.gateway.serve(createRequest(path, sent))
      const isJson = headers['content-type']?.includes('json') === true && typeof body === 'string'
      return { status, body: isJson ? (JSON.parse(body) as unknown) : body }
    })()
    const answer = await Promise.race([answered, life.ended.promise])
    const route = path.split('?')[0]!.split('/').slice(0, 3).join('/').replace(/0x.*/, '')
    if (answer === undefined) {
      note(`${route}: lost`)
      return undefined
    }
    const { code } = fieldsOf(answer.body)
    note(`${route}: ${answer.status}${typeof code === 'string' ? ` ${code}` : ''}`)
    if (answer.status === 500) this.problem ??= `${path} is answered with 500`
    return answer
  }
}
