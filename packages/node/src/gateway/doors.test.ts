// Who may enter: the operator by token, a development node by its host, and everybody up to a number.
import { describe, expect, it } from 'vitest'
import { toHttpRequest } from '../../testing/fetch.ts'
import type { HttpRequest } from '../machine/http.ts'
import { Failure } from '../machine/Failure.ts'
import { requireKnownHost } from './hosts.ts'
import { createOperatorCheck } from './operator.ts'
import { createBodyRoom, createBrake, createGate } from './overload.ts'
import { findProblem, internal, toAnswer } from './problem.ts'

const request = (headers: { readonly [name: string]: string }): HttpRequest =>
  toHttpRequest(new Request('http://node.example/', { headers }))

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
  const nobody = (): boolean => false
  const [here, there] = ['192.0.2.1', '192.0.2.2']
  const turnedAway = expect.objectContaining({ status: 503, headers: { 'retry-after': '1' } })
  const problemOf = (run: () => unknown): unknown => {
    try {
      return run()
    } catch (error) {
      return error
    }
  }

  it('T152 lets as many through as there is room, and turns the next away at once', () => {
    const gate = createGate(2)
    const entries = [gate.open(here, nobody), gate.open(here, nobody)]
    for (const entry of entries) entry.take()
    expect(problemOf(() => gate.open(here, nobody))).toEqual(turnedAway)
    expect(gate.status()).toEqual({ inProgress: 2, turnedAway: 1 })
    for (const entry of entries) entry.leave()
    gate.open(here, nobody).take()
    expect(gate.status()).toEqual({ inProgress: 1, turnedAway: 1 })
  })

  it('T152 T154 leaves some places to others, whatever one source does, and gives its own back to it', () => {
    const gate = createGate(8)
    const entries = Array.from({ length: 6 }, () => gate.open(here, nobody))
    const late = gate.open(here, nobody)
    for (const entry of entries) entry.take()
    expect(problemOf(() => gate.open(here, nobody))).toEqual(turnedAway)
    expect(problemOf(() => late.take())).toEqual(turnedAway)
    late.leave()
    for (let i = 0; i < 2; i++) gate.open(there, nobody).take()
    expect(problemOf(() => gate.open(there, nobody))).toEqual(turnedAway)
    gate.open(here, () => true).take()
    for (const entry of entries) entry.leave()
    expect(gate.status().inProgress).toBe(3)
    for (let i = 0; i < 5; i++) gate.open(here, nobody).take()
    expect(problemOf(() => gate.open(here, nobody))).toEqual(turnedAway)
  })

  it('T154 gives no place to a request that is not whole, and looks again when it is', () => {
    const gate = createGate(1)
    const slow = Array.from({ length: 100 }, () => gate.open(here, nobody))
    expect(gate.status().inProgress).toBe(0)
    slow[0]!.take()
    expect(problemOf(() => slow[1]!.take())).toEqual(turnedAway)
    slow[1]!.leave()
    expect(gate.status()).toEqual({ inProgress: 1, turnedAway: 1 })
    slow[0]!.leave()
    slow[0]!.leave()
    expect(gate.status().inProgress).toBe(0)
  })

  it('keeps a few places for the operator, whom it asks for only when the others are taken', () => {
    const gate = createGate(1)
    let asked = 0
    const operator = (): boolean => ++asked > 0
    gate.open(here, operator).take()
    expect(asked).toBe(0)
    for (let i = 0; i < 32; i++) gate.open(here, operator).take()
    expect([asked, gate.status().inProgress]).toEqual([32, 33])
    expect(problemOf(() => gate.open(here, operator))).toEqual(turnedAway)
  })

  it('T154 T163 bounds the large bodies that are being read by what they announce; small ones always pass', async () => {
    const room = createBodyRoom(65_536)
    const { promise, resolve } = Promise.withResolvers<string>()
    const large = [32_768, 32_768].map((bytes) => room.read(bytes, () => promise))
    await expect(room.read(16_385, () => promise)).rejects.toEqual(turnedAway)
    expect(await room.read(16_384, () => Promise.resolve('small'))).toBe('small')
    resolve('whole')
    expect(await Promise.all(large)).toEqual(['whole', 'whole'])
    expect(await room.read(65_536, () => Promise.resolve('next'))).toBe('next')
  })
})

describe('the brake', () => {
  it('T152 holds an answer the longer the more are held, and a second at most', async () => {
    const timers: { readonly delayMs: number; readonly run: () => void }[] = []
    const after = (delayMs: number, run: () => void): (() => void) => {
      timers.push({ delayMs, run })
      return () => undefined
    }
    const brake = createBrake({ after })
    const held = Array.from({ length: 1_500 }, () => brake())
    expect([0, 1, 999, 1_000, 1_499].map((i) => timers[i]!.delayMs)).toEqual([0, 1, 999, 1_000, 1_000])
    for (const { run } of timers) run()
    await Promise.all(held)
    void brake()
    expect(timers.at(-1)!.delayMs).toBe(0)
  })
})

describe('problems', () => {
  it('say nothing about a mistake of the node', async () => {
    expect(findProblem(new TypeError('secret is not a function'))).toBeUndefined()
    const body: unknown = JSON.parse(toAnswer(internal).body as string)
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

  it('turn what ends the process into 503, and keep its reason from the caller', () => {
    const failure = new Failure({ code: 'history/failed', message: 'No space in /secret.', values: {}, hint: 'Look.' })
    const problem = findProblem(failure)!
    expect(problem).toMatchObject({ status: 503, code: 'engine/stopped' })
    expect(toAnswer(problem).body).not.toContain('secret')
  })
})
