// Sockets: serves a function over HTTP/1.1, with bounds on everything a stranger can hold open (T150, T154).
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { isIPv6 } from 'node:net'
import type { Socket } from 'node:net'
import { Failure } from './Failure.ts'
import { answerOver } from './http.ts'
import type { Serve } from './http.ts'
import type { Ms } from './Machine.ts'
import { createSources, sourceOf } from './sources.ts'

export type ListenOptions = {
  readonly host: string
  /** 0: any free port; the address says which. */
  readonly port: number
  /** Bounds that tests and operators may set; the defaults are below. */
  readonly limits?: Partial<ListenLimits>
}

export type ListenLimits = {
  readonly connectionsMax: number
  /** Of one source, see `sources.ts`. */
  readonly connectionsPerSourceMax: number
  /** How long a client may take for its headers, from the first byte on. */
  readonly headersTimeoutMs: Ms
  /** How long a client may take for headers and body together. */
  readonly requestTimeoutMs: Ms
  /** How long a connection may neither send nor take a byte while it is owed something. Longer than the pause between events. */
  readonly stalledTimeoutMs: Ms
  /** How long an idle connection is kept. Longer than common proxies keep theirs, or they meet closed ones. */
  readonly idleTimeoutMs: Ms
  /** How long answers that have begun may go on after `close`. */
  readonly closeTimeoutMs: Ms
}

/** The most bytes of request line and headers; beyond it the answer is 431. */
export const headerBytesMax = 16_384

const limitsByDefault: ListenLimits = {
  connectionsMax: 10_000,
  connectionsPerSourceMax: 2_500,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  stalledTimeoutMs: 60_000,
  idleTimeoutMs: 75_000,
  closeTimeoutMs: 5_000,
}

/**
 * The most requests of one connection that are not answered yet. Few clients send a second one before the answer to the first, and
 * one packet of them can ask for a thousand times its own size, which nobody may ever take.
 */
export const pipelinedMax = 4

/** How often open connections are held against their time limits. */
const CHECK_INTERVAL_MS = 1_000
/** How often connections that have become idle are closed while the port closes. */
const SWEEP_INTERVAL_MS = 20

/** An open port. */
export type Listener = {
  readonly url: string
  readonly port: number
  connections(): Promise<number>
  /** Takes no more requests and resolves when those in progress are answered, or the time for that is up. */
  close(): Promise<void>
}

/**
 * Opens a port.
 *
 * @throws Failure `node/address_in_use` or `node/address_not_available`.
 */
export async function listen(serve: Serve, options: ListenOptions): Promise<Listener> {
  const limits = { ...limitsByDefault, ...options.limits }
  const bounds = {
    maxHeaderSize: headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, limits.headersTimeoutMs),
  }
  const server = createServer(bounds, (incoming, outgoing) => {
    if (isOwedTooMuch(incoming, outgoing)) incoming.socket.destroy()
    // What is left of a packet whose connection was ended: nobody will get its answer, so nothing is done for it.
    if (!incoming.socket.destroyed) void answerOver(serve, incoming, outgoing)
  })
  server.timeout = limits.stalledTimeoutMs
  server.maxConnections = limits.connectionsMax
  boundSources(server, limits.connectionsPerSourceMax)
  // One was turned away: those that are owed nothing make room for the next.
  server.on('drop', () => server.closeIdleConnections())
  await bind(server, options)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `http://${isIPv6(options.host) ? `[${options.host}]` : options.host}:${port}`,
    port,
    connections: () => countConnections(server),
    close: () => close(server, limits.closeTimeoutMs),
  }
}

/** Closes what a source opens beyond its share. */
function boundSources(server: Server, max: number): void {
  const sources = createSources(max)
  server.on('connection', (socket) => {
    const source = sourceOf(socket.remoteAddress ?? '')
    if (sources.enter(source)) socket.once('close', () => sources.leave(source))
    else socket.destroy()
  })
}

const owed = Symbol('answers owed')

/** Counts the answers that a connection is owed, this one included. */
function isOwedTooMuch({ socket }: IncomingMessage, outgoing: ServerResponse): boolean {
  const connection = socket as Socket & { [owed]: number | undefined }
  const answers = (connection[owed] ?? 0) + 1
  connection[owed] = answers
  outgoing.on('close', () => void (connection[owed] = (connection[owed] ?? 1) - 1))
  return answers > pipelinedMax
}

function bind(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, { host, port })))
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function explain(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  const values = { host, port }
  if (error.code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is in use by another program.`
    const hint = 'Stop that program, or choose another port with --port.'
    return new Failure({ code: 'node/address_in_use', message, values, hint, cause: error })
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EACCES') {
    const message = `This machine cannot listen on port ${port} of ${host}: ${error.message}.`
    const hint = 'Choose an address of this machine with --host and a port above 1023 with --port.'
    return new Failure({ code: 'node/address_not_available', message, values, hint, cause: error })
  }
  return error
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

function close(server: Server, timeoutMs: Ms): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), timeoutMs)
    // A kept connection whose request was in progress becomes idle only later, and nothing else would close it.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_INTERVAL_MS)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}
