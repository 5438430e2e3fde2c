// The route table becomes fetch(Request) -> Response: routing, bounds, the operator, and every error as problem+json.
// No sockets here; machine/listen.ts has them.
import { Hono } from 'hono'
import type { Clock, Logger, Metrics } from '../machine/Machine.ts'
import { lengthOf, parseJson, readText } from './body.ts'
import { requireKnownHost } from './hosts.ts'
import type { OperatorCheck } from './operator.ts'
import { createBodyRoom, createBrake, createGate, isOverload } from './overload.ts'
import type { BodyRoom, Entry } from './overload.ts'
import { findProblem, internal, Problem, toResponse } from './problem.ts'
import type { Call, Route } from './route.ts'

/** HTTP as a function. */
export type Fetch = (request: Request) => Response | Promise<Response>

export type ServerOptions = {
  readonly routes: readonly Route[]
  readonly isOperator: OperatorCheck
  /** Names under which a development node answers; undefined: any name, as behind a public host name. */
  readonly hosts: readonly string[] | undefined
  readonly concurrencyMax: number
  /** What no route answers: the pages. */
  readonly assets: (request: Request) => Promise<Response | undefined>
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Pick<Clock, 'after'>
}

/** What a body may have where a route does not say. */
const bodyBytesMaxDefault = 65_536

/** Puts the server together. */
export function createServer(options: ServerOptions): Fetch {
  const { routes, assets, hosts, isOperator, logger } = options
  const gate = createGate(options.concurrencyMax)
  const bodies = createBodyRoom()
  const brake = createBrake(options.clock)
  measure(options, gate.status)
  const failed = (error: unknown): Response => {
    const problem = findProblem(error)
    if (problem === undefined) logger.error('A request failed through a mistake of the node.', { error })
    return toResponse(problem ?? internal)
  }
  const hono = new Hono()
  for (const route of routes) {
    hono.on(route.method, route.path, async (context) => {
      const request = context.req.raw
      let entry: Entry | undefined
      try {
        if (hosts !== undefined) requireKnownHost(request, hosts)
        if (route.load === 'bounded') entry = gate.open(() => showsToken(request, isOperator))
        const call = createCall(route, { request, path: context.req.param(), isOperator, bodies, entry })
        if (route.body === undefined) entry?.take()
        return await route.run(call)
      } catch (error) {
        if (isOverload(error)) await brake()
        return failed(error)
      } finally {
        entry?.leave()
      }
    })
  }
  hono.notFound(async ({ req: { raw: request } }) => {
    try {
      if (hosts !== undefined) requireKnownHost(request, hosts)
      return (await assets(request)) ?? toResponse(nowhere(routes, request))
    } catch (error) {
      return failed(error)
    }
  })
  hono.onError(failed)
  return (request) => hono.fetch(request)
}

type CallParts = {
  readonly request: Request
  readonly path: { readonly [name: string]: string }
  readonly isOperator: OperatorCheck
  readonly bodies: BodyRoom
  readonly entry: Entry | undefined
}

function createCall(route: Route, { request, path, isOperator, bodies, entry }: CallParts): Call {
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
function showsToken(request: Request, isOperator: OperatorCheck): boolean {
  try {
    return request.headers.has('authorization') && isOperator(request)
  } catch {
    return false // Another server's token, as some clients send it along.
  }
}

/** What is said where nothing is: which methods the path knows, or that there is no such path. */
function nowhere(routes: readonly Route[], request: Request): Problem {
  const { pathname } = new URL(request.url)
  const asked = request.method === 'HEAD' ? 'GET' : request.method
  const there = routes.filter((route) => matches(route.path, pathname) && !route.promised?.includes(asked))
  const methods = there.map((route) => route.method)
  if (methods.length === 0) {
    const detail = 'There is nothing under this path.'
    return new Problem({ status: 404, code: 'gateway/not_found', detail, hint: 'GET /openapi.json lists every route.' })
  }
  const allow = methods.join(', ')
  const detail = `This path answers ${allow} only.`
  return new Problem({
    status: 405,
    code: 'gateway/method',
    detail,
    hint: 'GET /openapi.json lists every route.',
    headers: { allow },
  })
}

function matches(pattern: string, pathname: string): boolean {
  const [wanted, given] = [pattern.split('/'), pathname.split('/')]
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith(':') || part === given[i])
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
