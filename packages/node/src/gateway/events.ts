// GET /events: server-sent events. Blocks can be resumed by their height; a reader that can't keep up is dropped and comes back
// where it was (shapes 9, T155).
import type { BlockSummary } from '../ledger/BlockSummary.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { HttpAnswer } from '../machine/http.ts'
import type { Clock, Metrics } from '../machine/Machine.ts'
import { createSources, shareOf } from '../machine/sources.ts'
import type { Sources } from '../machine/sources.ts'
import { privateRefusal, publicRefusal, summarize } from './notice.ts'
import { Problem } from './problem.ts'
import type { Call, Route } from './route.ts'

/** The most streams at a time. */
const streamsMaxDefault = 256
/** A reader further behind is told to begin anew. */
const resumeMax = 10_000
/** What may wait for one reader, in bytes. */
const waitingBytesMax = 1_048_576
const heartbeatMs = 15_000
/** How many blocks are read from history at a time. */
const batchBlocks = 500

export type EventsOptions = {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly metrics: Metrics
  readonly streamsMax?: number | undefined
}

/** The stream of events, and its end. */
export type Events = {
  readonly route: Route
  /** Ends every stream. */
  readonly close: () => void
}

const encoder = new TextEncoder()
const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }

/** Begins to listen to the ledger. */
export function createEvents(options: EventsOptions): Events {
  const hub = new Hub(options)
  return {
    route: {
      method: 'GET',
      path: '/events',
      summary: 'Server-sent events: blocks, resumable by Last-Event-ID = height, and refusals.',
      parameters: [
        {
          name: 'Last-Event-ID',
          in: 'header',
          description: 'Height of the last block seen.',
          pattern: '^[0-9]{1,15}$',
        },
      ],
      answers: [
        { status: 200, description: 'The stream.', contentType: 'text/event-stream' },
        { status: 503, description: 'Too many streams.', contentType: 'application/problem+json' },
      ],
      load: 'free',
      run: (call) => hub.open(call),
    },
    close: () => hub.close(),
  }
}

function encodeEvent(event: string, data: unknown, id?: number): Uint8Array {
  const name = id === undefined ? `event: ${event}` : `event: ${event}\nid: ${id}`
  return encoder.encode(`${name}\ndata: ${JSON.stringify(data)}\n\n`)
}

function encodeBlock(block: BlockSummary): Uint8Array {
  return encodeEvent('block', block, block.height)
}

/** All open streams, told once per event. */
class Hub {
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #streamsMax: number
  readonly #streams = new Set<Stream>()
  readonly #sources: Sources
  readonly #unsubscribe: () => void
  #height: number
  #stopBeat: () => void = () => undefined
  #dropped = 0
  #closed = false

  constructor({ ledger, clock, metrics, streamsMax = streamsMaxDefault }: EventsOptions) {
    this.#ledger = ledger
    this.#clock = clock
    this.#streamsMax = streamsMax
    this.#sources = createSources(shareOf(streamsMax))
    this.#height = ledger.status().height
    this.#unsubscribe = ledger.subscribe((notice) => {
      if (notice.kind === 'block') return this.#publishBlock(summarize(notice.block))
      if (this.#streams.size === 0) return
      const [told, toldOperator] = [publicRefusal(notice.refusal), privateRefusal(notice.refusal)].map((data) =>
        encodeEvent('refusal', data),
      )
      for (const stream of this.#streams) stream.tell(stream.isOperator ? toldOperator! : told!)
    })
    metrics.gauge({ name: 'turnpike_event_streams', help: 'Open event streams.', read: () => this.#streams.size })
    metrics.gauge({
      name: 'turnpike_event_streams_dropped_total',
      help: 'Streams ended because their reader was too slow.',
      read: () => this.#dropped,
    })
    this.#beat()
  }

  open(call: Call): HttpAnswer {
    const { request } = call
    const operator = call.isOperator()
    if (request.method === 'HEAD') return { status: 200, headers }
    const { source } = request
    if (this.#closed || this.#streams.size >= this.#streamsMax || !this.#sources.enter(source))
      throw tooManyStreams(this.#streamsMax)
    const last = request.header('last-event-id')
    const from = last !== undefined && /^[0-9]{1,15}$/.test(last) ? Number(last) : undefined
    const stream = new Stream({ isOperator: operator, onEnd: (dropped) => this.#forget({ stream, source, dropped }) })
    this.#streams.add(stream)
    this.#begin(stream, from).catch(() => stream.end())
    return { status: 200, headers, body: stream.readable }
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe()
    this.#stopBeat()
    for (const stream of this.#streams) stream.end()
  }

  #publishBlock(block: BlockSummary): void {
    this.#height = block.height
    if (this.#streams.size === 0) return
    const event = encodeBlock(block)
    for (const stream of this.#streams) stream.tell(event)
  }

  /** Brings a reader up to now from history; from then on it gets what all get. */
  async #begin(stream: Stream, from: number | undefined): Promise<void> {
    stream.push(encoder.encode(': turnpike\n\n'))
    if (from === undefined) return stream.goLive()
    let seen = from
    if (seen > this.#height || this.#height - seen > resumeMax) {
      seen = this.#height
      stream.push(encodeEvent('reset', { height: seen }))
    }
    while (seen < this.#height && !stream.hasEnded) {
      const blocks = await this.#ledger.blocks({ after: seen, limit: batchBlocks })
      if (blocks.length === 0) throw new Error('History lacks a block that was published.')
      for (const block of blocks) stream.push(encodeBlock(block))
      seen = blocks.at(-1)!.height
      await stream.room()
    }
    // No turn has passed since the height was compared, so nothing lies between history and what comes now.
    stream.goLive()
  }

  #forget({
    stream,
    source,
    dropped,
  }: {
    readonly stream: Stream
    readonly source: string
    readonly dropped: boolean
  }): void {
    this.#streams.delete(stream)
    this.#sources.leave(source)
    if (dropped) this.#dropped += 1
  }

  #beat(): void {
    const comment = encoder.encode(':\n\n')
    this.#stopBeat = this.#clock.after(heartbeatMs, () => {
      for (const stream of this.#streams) stream.beat(comment)
      this.#beat()
    })
  }
}

type StreamOptions = { readonly isOperator: boolean; readonly onEnd: (dropped: boolean) => void }

/** One reader. */
class Stream {
  readonly isOperator: boolean
  readonly readable: ReadableStream<Uint8Array>
  readonly #onEnd: (dropped: boolean) => void
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #live = false
  #ended = false
  #stalledBeats = 0
  #waiting: (() => void) | undefined

  constructor({ isOperator, onEnd }: StreamOptions) {
    this.isOperator = isOperator
    this.#onEnd = onEnd
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#waiting?.(),
        cancel: () => this.#finish(false),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: waitingBytesMax }),
    )
  }

  /** Whether its reader has left, or was dropped. */
  get hasEnded(): boolean {
    return this.#ended
  }

  goLive(): void {
    this.#live = true
  }

  /** For readers who are up to now; the others find it in history. */
  tell(event: Uint8Array): void {
    if (this.#live) this.push(event)
  }

  push(event: Uint8Array): void {
    if (this.#ended) return
    this.#controller.enqueue(event)
    if (this.#live && this.#isFull()) this.#drop()
  }

  /** A sign of life; who reads nothing of history for two of them does not keep its place. */
  beat(comment: Uint8Array): void {
    this.#stalledBeats = this.#isFull() ? this.#stalledBeats + 1 : 0
    if (this.#stalledBeats > 1) this.#drop()
    else this.push(comment)
  }

  /** Resolves when the reader has taken enough for more to be prepared. */
  async room(): Promise<void> {
    if (this.#ended || !this.#isFull()) return
    await new Promise<void>((resolve) => (this.#waiting = resolve))
    this.#waiting = undefined
  }

  end(): void {
    if (this.#ended) return
    this.#finish(false)
    this.#controller.close()
  }

  #isFull(): boolean {
    return (this.#controller.desiredSize ?? 0) <= 0
  }

  #drop(): void {
    if (this.#ended) return
    this.#finish(true)
    this.#controller.error(new Error('The reader is too slow.'))
  }

  #finish(dropped: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting?.()
    this.#onEnd(dropped)
  }
}

function tooManyStreams(max: number): Problem {
  return new Problem({
    status: 503,
    code: 'gateway/too_many_streams',
    detail: `The node serves as many event streams as it does, ${max} in all and three quarters of them to one source.`,
    hint: 'Share one stream, or ask again later.',
    headers: { 'retry-after': '5' },
  })
}
