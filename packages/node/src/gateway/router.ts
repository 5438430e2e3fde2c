// Finds the route of a request. Paths are compared as they were sent: no second spelling of a path reaches anything.
import { Problem } from './problem.ts'
import type { Route } from './route.ts'

/** A route, and the named parts of the path that led to it. */
export type Found = { readonly route: Route; readonly path: { readonly [name: string]: string } }

export type Router = {
  find(method: string, path: string): Found | undefined
  /** What is said where nothing is: which methods the path knows, or that there is no such path. */
  nowhere(method: string, path: string): Problem
}

/** The path of a request's target. */
export function pathOf(target: string): string {
  const end = target.indexOf('?')
  return end < 0 ? target : target.slice(0, end)
}

/** The query of a request's target. */
export function queryOf(target: string): URLSearchParams {
  const end = target.indexOf('?')
  return new URLSearchParams(end < 0 ? '' : target.slice(end))
}

const noParts = {}

/** A router over the table. */
export function createRouter(routes: readonly Route[]): Router {
  const fixed = new Map<string, Found>()
  for (const route of routes)
    if (!route.path.includes(':')) fixed.set(`${route.method} ${route.path}`, { route, path: noParts })
  const open = routes.filter((route) => route.path.includes(':'))
  return {
    find(asked, path) {
      const method = readAs(asked)
      const known = fixed.get(`${method} ${path}`)
      if (known !== undefined) return known
      for (const route of open) {
        const parts = route.method === method ? match(route.path, path) : undefined
        if (parts !== undefined) return { route, path: parts }
      }
      return undefined
    },
    nowhere(asked, path) {
      const there = routes.filter(
        (route) => match(route.path, path) !== undefined && !route.promised?.includes(readAs(asked)),
      )
      return there.length === 0 ? notFound() : wrongMethod(there)
    },
  }
}

/** What is asked for with HEAD is found under GET. */
function readAs(method: string): string {
  return method === 'HEAD' ? 'GET' : method
}

/** The named parts of a path, decoded, if it is one of the pattern. */
function match(pattern: string, path: string): Found['path'] | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const parts: { [name: string]: string } = {}
  for (const [i, part] of wanted.entries()) {
    const value = given[i]!
    if (part.startsWith(':')) parts[part.slice(1)] = decode(value)
    else if (part !== value) return undefined
  }
  return parts
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // Whatever it is, it is nothing that a route would take.
  }
}

function notFound(): Problem {
  const detail = 'There is nothing under this path.'
  return new Problem({ status: 404, code: 'gateway/not_found', detail, hint: 'GET /openapi.json lists every route.' })
}

function wrongMethod(there: readonly Route[]): Problem {
  const allow = there.map((route) => route.method).join(', ')
  return new Problem({
    status: 405,
    code: 'gateway/method',
    detail: `This path answers ${allow} only.`,
    hint: 'GET /openapi.json lists every route.',
    headers: { allow },
  })
}
