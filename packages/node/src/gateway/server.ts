// The route table becomes one function from request to answer: routing, bounds, the operator, and every error as problem+json.
// No sockets here; machine/listen.ts has them.
import type { HttpAnswer, HttpRequest, Serve } from '../machine/http.ts'
import type { Clock, Logger, Metrics } from '../machine/Machine.ts'
import type { Assets } from './assets.ts'
import { lengthOf, parseJson, readText } from './body.ts'
import { requireKnownHost } from './hosts.ts'
import type { OperatorCheck } from './operator.ts'
import { createBodyRoom, createBrake, createGate, isOverload } from './overload.ts'
import type { BodyRoom, Entry } from './overload.ts'
import { findProblem, internal, toAnswer } from './problem.ts'
import type { Call, Route } from './route.ts'
import { createRouter, pathOf } from './router.ts'
import type { Found } from './router.ts'

export type ServerOptions = {
  readonly routes: readonly Route[]
  readonly isOperator: OperatorCheck
  /** Names under which a development node answers; undefined: any name, as behind a public host name. */
  readonly hosts: readonly string[] | undefined
  readonly concurrencyMax: number
  /** What no route answers: the pages. */
  readonly assets: Assets
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Pick<Clock, 'after'>
}

/** What a body may have where a route does not say. */
const bodyBytesMaxDefault = 65_536

/** Puts the server together. */
export function createServer(options: ServerOptions): Serve {
  const { assets, hosts, isOperator, logger } = options
  const router = createRouter(options.routes)
  const gate = createGate(options.concurrencyMax)
  const bodies = createBodyRoom()
  const brake = createBrake(options.clock)
  measure(options, gate.status)
  const run = async (found: Found, request: HttpRequest): Promise<HttpAnswer> => {
    const { route } = found
    const entry =
      route.load === 'bounded' ? gate.open(request.source, () => showsToken(request, isOperator)) : undefined
    try {
      const call = createCall(found, { request, isOperator, bodies, entry })
      if (route.body === undefined) entry?.take()
      return await route.run(call)
    } finally {
      entry?.leave()
    }
  }
  return async (request) => {
    try {
      if (hosts !== undefined) requireKnownHost(request, hosts)
      const path = pathOf(request.target)
      const found = router.find(request.method, path)
      if (found !== undefined) return await run(found, request)
      return (await assets(request)) ?? toAnswer(router.nowhere(request.method, path))
    } catch (error) {
      if (isOverload(error)) await brake()
      const problem = findProblem(error)
      if (problem === undefined) logger.error('A request failed through a mistake of the node.', { error })
      return toAnswer(problem ?? internal)
    }
  }
}

type CallParts = {
  readonly request: HttpRequest
  readonly isOperator: OperatorCheck
  readonly bodies: BodyRoom
  readonly entry: Entry | undefined
}

function createCall({ route, path }: Found, { request, isOperator, bodies, entry }: CallParts): Call {
  const bytesMax = route.body?.bytesMax ?? bodyBytesMaxDefault
  const text = async (): Promise<string> => {
    const whole = await bodies.read(Math.min(lengthOf(request) ?? bytesMax, bytesMax), () =>
      readText(request, bytesMax),
    )
    entry?.take()
    return whole
  }
  return {
    request,
    path,
    isOperator: () => isOperator(request),
    text,
    json: async () => parseJson(await text()),
  }
}

/** Whether the operator's token comes with a request. On a development node everybody is the operator, and nobody goes first. */
function showsToken(request: HttpRequest, isOperator: OperatorCheck): boolean {
  try {
    return request.header('authorization') !== undefined && isOperator(request)
  } catch {
    return false // Another server's token, as some clients send it along.
  }
}

function measure({ metrics }: ServerOptions, status: ReturnType<typeof createGate>['status']): void {
  metrics.gauge({
    name: 'turnpike_http_requests_in_progress',
    help: 'Requests being worked on.',
    read: () => status().inProgress,
  })
  metrics.gauge({
    name: 'turnpike_http_turned_away_total',
    help: 'Requests turned away because too many were in progress.',
    read: () => status().turnedAway,
  })
}
