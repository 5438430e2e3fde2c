// Who may enter: the operator by token, a development node by its host, and everybody up to a number.
import { describe, expect, it } from 'vitest'
import { requireKnownHost } from './hosts.ts'
import { createOperatorCheck } from './operator.ts'
import { createGate } from './overload.ts'
import { findProblem, internal, toResponse } from './problem.ts'

const request = (headers: { readonly [name: string]: string }): Request =>
  new Request('http://node.example/', { headers })

describe('the operator', () => {
  const token = 'a'.repeat(64)

  it('is whoever shows the token, and nobody without it', () => {
    const check = createOperatorCheck({ token, open: false })
    expect(check(request({ authorization: `Bearer ${token}` }))).toBe(true)
    expect(check(request({ authorization: `bearer ${token}` }))).toBe(true)
    expect(check(request({}))).toBe(false)
  })

  it('is anybody where no token is asked', () => {
    expect(createOperatorCheck({ token, open: true })(request({}))).toBe(true)
  })

  it.each([
    `Bearer ${'b'.repeat(64)}`,
    `Bearer ${token}a`,
    `Bearer ${token.slice(1)}`,
    'Bearer ',
    `Basic ${token}`,
    token,
    `Bearer ${token}, Bearer ${token}`,
  ])('T43 is told that %s is not the token, even where none is asked', (authorization) => {
    for (const open of [true, false]) {
      expect(() => createOperatorCheck({ token, open })(request({ authorization }))).toThrow('not the token')
    }
  })
})

describe('the host of a development node', () => {
  it.each([
    'localhost',
    'localhost:4020',
    '127.0.0.1:4020',
    '192.168.0.7',
    '[::1]:4020',
    'LOCALHOST:1',
    'tower.local:4020',
  ])('may be %s', (host) => {
    expect(() => requireKnownHost(request({ host }), ['tower.local'])).not.toThrow()
  })

  it.each([
    'rebound.example',
    'rebound.example:4020',
    'localhost.rebound.example',
    '127.0.0.1.rebound.example',
    '',
    'localhost:4020:1',
  ])('may not be %s', (host) => {
    expect(() => requireKnownHost(request({ host }), [])).toThrow('only under the name')
  })
})

describe('the gate', () => {
  it('lets as many through as there is room, and turns the next away at once', async () => {
    const gate = createGate(2)
    const held = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
    const passing = held.map(({ promise }) => gate.pass(() => promise))
    await expect(gate.pass(() => 'third')).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(gate.status()).toEqual({ inProgress: 2, turnedAway: 1 })
    held[0]!.resolve('first')
    held[1]!.reject(new Error('second'))
    expect(await passing[0]).toBe('first')
    await expect(passing[1]).rejects.toThrow('second')
    expect(await gate.pass(() => 'fourth')).toBe('fourth')
    expect(gate.status()).toEqual({ inProgress: 0, turnedAway: 1 })
  })
})

describe('problems', () => {
  it('say nothing about a mistake of the node', async () => {
    expect(findProblem(new TypeError('secret is not a function'))).toBeUndefined()
    const body = await toResponse(internal).json()
    expect(body).toMatchObject({ type: 'urn:turnpike:problem:gateway/internal', status: 500, code: 'gateway/internal' })
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  it('turn what passes by itself into 503 with a time to wait', () => {
    const passing = Object.assign(new Error('Too much.'), { code: 'engine/overloaded', retry: 'later', hint: 'Again.' })
    expect(findProblem(passing)).toMatchObject({
      status: 503,
      code: 'engine/overloaded',
      headers: { 'retry-after': '1' },
    })
  })
})
