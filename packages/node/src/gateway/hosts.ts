// Under which names a development node answers. A page of a stranger that points its own name at this machine (DNS rebinding)
// sends that name as Host; addresses and localhost can't be pointed anywhere.
import type { HttpRequest } from '../machine/http.ts'
import { Problem } from './problem.ts'

const ipv4Form = /^[0-9]{1,3}(\.[0-9]{1,3}){3}$/
const ipv6Form = /^\[[0-9a-f:.]+\]$/

/** @throws Problem 421 unless the request names this machine by address, as localhost, or by one of the given names. */
export function requireKnownHost(request: HttpRequest, names: readonly string[]): void {
  const host = request.header('host') ?? ''
  const name = host.toLowerCase().replace(/:[0-9]{1,5}$/, '')
  if (name === 'localhost' || ipv4Form.test(name) || ipv6Form.test(name) || names.includes(name)) return
  throw new Problem({
    status: 421,
    code: 'gateway/unknown_host',
    detail: 'A development node answers only under the name of its machine.',
    hint: 'Use http://127.0.0.1 and the port of the node.',
  })
}
