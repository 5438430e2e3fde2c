// Moving between pages without loading them anew; the browser's own history stays in charge.
import { useSyncExternalStore } from 'react'
import { parseRoute, pathOf } from './route.ts'
import type { Route } from './route.ts'

const listeners = new Set<() => void>()
let isMoved = false
let current: { readonly path: string; readonly route: Route } = { path: '', route: { page: 'live' } }

function read(): Route {
  const path = window.location.pathname
  if (current.path !== path) current = { path, route: parseRoute(path) }
  return current.route
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  const onPopState = (): void => {
    isMoved = true
    listener()
  }
  window.addEventListener('popstate', onPopState)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('popstate', onPopState)
  }
}

/** The page that is open. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, read)
}

/** Whether the reader came here from another of our pages, and so expects the focus to follow. */
export function hasMoved(): boolean {
  return isMoved
}

/** Opens a page. */
export function navigate(route: Route): void {
  const path = pathOf(route)
  isMoved = true
  if (path !== window.location.pathname) {
    window.history.pushState(null, '', path)
    window.scrollTo(0, 0)
  }
  for (const listener of listeners) listener()
}
