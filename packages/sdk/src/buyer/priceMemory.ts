// What routes cost, as far as it was seen: whoever knows the price pays with the first request. Bounded, and gone with the process.
import type { Challenge } from './challenge.ts'

/** A price and the address it was named for. */
export type Remembered = { readonly challenge: Challenge; readonly url: string }

/** Prices by route: method, origin and path. A price that depends on the query as well is asked for again when it differs. */
export type PriceMemory = {
  find(route: string): Remembered | undefined
  set(route: string, remembered: Remembered): void
  forget(route: string): void
}

const routesMax = 1_000

/** The route of a request. */
export function routeOf({ method, url }: { readonly method: string; readonly url: URL }): string {
  return `${method} ${url.origin}${url.pathname}`
}

/** A memory without anything in it. The route used longest ago is forgotten first. */
export function createPriceMemory(): PriceMemory {
  const prices = new Map<string, Remembered>()
  return {
    find(route) {
      const found = prices.get(route)
      if (found === undefined) return undefined
      prices.delete(route)
      prices.set(route, found)
      return found
    },
    set(route, remembered) {
      prices.delete(route)
      prices.set(route, remembered)
      for (const oldest of prices.keys()) {
        if (prices.size <= routesMax) break
        prices.delete(oldest)
      }
    },
    forget: (route) => void prices.delete(route),
  }
}
