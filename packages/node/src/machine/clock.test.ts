// The real clock.
import { describe, expect, it } from 'vitest'
import { createClock } from './clock.ts'

const clock = createClock()

describe('the clock', () => {
  it('runs what is due in order, and not what was called off', async () => {
    const ran: string[] = []
    await new Promise<void>((resolve) => {
      clock.after(100, () => {
        ran.push('second')
        resolve()
      })
      clock.after(0, () => ran.push('first'))
      clock.after(1, () => ran.push('never'))()
    })
    expect(ran).toEqual(['first', 'second'])
  })

  it('T161 waits for delays that no timer of the runtime can hold, instead of firing at once', async () => {
    const ran: string[] = []
    const callOff = clock.after(2 ** 31 + 5, () => ran.push('a month early'))
    await new Promise<void>((resolve) => clock.after(5, resolve))
    callOff()
    expect(ran).toEqual([])
  })

  it('measures forwards and lets others have their turn', async () => {
    const before = clock.elapsed()
    let hadTurn = false
    setImmediate(() => (hadTurn = true))
    await clock.turn()
    expect(hadTurn).toBe(true)
    expect(clock.elapsed()).toBeGreaterThan(before)
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000)
  })
})
