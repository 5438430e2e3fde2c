// Addresses of pages: path to page and back. The fragment is kept free for the operator token.

/** Which page is asked for. */
export type Route =
  | { readonly page: 'live' }
  | { readonly page: 'agent'; readonly address: string }
  | { readonly page: 'seller'; readonly address: string }
  | { readonly page: 'operation'; readonly operation: string }
  | { readonly page: 'unknown'; readonly path: string }

const addressForm = /^0x[0-9a-f]{40}$/
const operationForm = /^0x[0-9a-f]{64}$/

/** The page that a path stands for. */
export function parseRoute(path: string): Route {
  const [page = '', name = '', ...rest] = path.replace(/^\//, '').replace(/\/$/, '').split('/')
  const lower = name.toLowerCase()
  if (rest.length === 0) {
    if (page === '' && name === '') return { page: 'live' }
    if (page === 'agent' && addressForm.test(lower)) return { page, address: lower }
    if (page === 'seller' && addressForm.test(lower)) return { page, address: lower }
    if (page === 'operation' && operationForm.test(lower)) return { page, operation: lower }
  }
  return { page: 'unknown', path }
}

/** The path of a page. */
export function pathOf(route: Route): string {
  if (route.page === 'live') return '/'
  if (route.page === 'unknown') return route.path
  return route.page === 'operation' ? `/operation/${route.operation}` : `/${route.page}/${route.address}`
}

/** What a pasted text leads to: an operation, an account, or nothing. */
export function findRoute(text: string, isAgent: (address: string) => boolean): Route | undefined {
  const name = text.trim().toLowerCase()
  if (operationForm.test(name)) return { page: 'operation', operation: name }
  if (addressForm.test(name)) return { page: isAgent(name) ? 'agent' : 'seller', address: name }
  return undefined
}
