// The operator token: arrives in the page's fragment, leaves the address bar at once, lives as long as the tab.

const STORAGE_NAME = 'turnpike.operator'
const tokenForm = /^#([A-Za-z0-9_-]{16,256})$/

/** The token that a fragment carries, if it carries one. */
export function findToken(fragment: string): string | undefined {
  return tokenForm.exec(fragment)?.[1]
}

/** Moves a token from the address bar into the tab's storage. Says whether there was one. */
export function takeToken(): boolean {
  const token = findToken(window.location.hash)
  if (token === undefined) return false
  window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search)
  keepToken(token)
  return true
}

/** Keeps a token for this tab. */
export function keepToken(token: string): void {
  window.sessionStorage.setItem(STORAGE_NAME, token)
}

/** Forgets the token, because the node does not know it. */
export function forgetToken(): void {
  window.sessionStorage.removeItem(STORAGE_NAME)
}

/** The headers that make this tab the operator; none without a token. */
export function authorization(): Record<string, string> {
  const token = window.sessionStorage.getItem(STORAGE_NAME)
  return token === null ? {} : { authorization: `Bearer ${token}` }
}
