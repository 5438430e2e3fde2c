// Who is the operator: whoever shows the token, and on a development node on loopback whoever asks (shapes 8).
import { sha256, Text } from '@turnpike/chain/wire'
import type { HttpRequest } from '../machine/http.ts'
import { Problem } from './problem.ts'

/** Says whether a request comes from the operator. @throws Problem 401 for a token that is not the operator's */
export type OperatorCheck = (request: HttpRequest) => boolean

export type OperatorOptions = {
  readonly token: string
  /** Whether no token is asked: a development node that only this machine reaches. */
  readonly open: boolean
}

/** The check for a token. Both sides are hashed first, so the comparison takes the same time whatever was guessed. */
export function createOperatorCheck({ token, open }: OperatorOptions): OperatorCheck {
  const expected = sha256(Text.toBytes(token))
  return (request) => {
    const header = request.header('authorization')
    if (header === undefined) return open
    const given = /^Bearer ([A-Za-z0-9_-]{1,256})$/i.exec(header)?.[1]
    if (given === undefined || !isEqual(sha256(Text.toBytes(given)), expected)) throw unknownToken()
    return true
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0)
  return difference === 0
}

function unknownToken(): Problem {
  return new Problem({
    status: 401,
    code: 'gateway/unknown_token',
    detail: 'This is not the token of the operator.',
    hint: 'The node prints it inside the address of its pages at each start; it lies in operator.token of the data directory.',
    headers: { 'www-authenticate': 'Bearer' },
  })
}
