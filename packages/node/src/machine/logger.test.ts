// The log: no secrets, no floods.
import { describe, expect, it } from 'vitest'
import { createClock } from './clock.ts'
import { createLogger } from './logger.ts'
import type { LogLevel } from './logger.ts'
import type { Clock, Logger } from './Machine.ts'

function startLog(
  level: LogLevel = 'debug',
  clock: Clock = createClock(),
): { logger: Logger; lines: { [name: string]: unknown }[] } {
  const lines: { [name: string]: unknown }[] = []
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as { [name: string]: unknown }) }
  return { logger: createLogger({ level, clock, destination }), lines }
}

describe('the log', () => {
  it('writes lines with level, time, message and fields', () => {
    const { logger, lines } = startLog('info')
    logger.info('The node is ready.', { height: 3, amount: 10n ** 30n, bytes: new Uint8Array(5) })
    logger.debug('Nobody sees this.')
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.any(Number),
        height: 3,
        amount: `1${'0'.repeat(30)}`,
        bytes: '[5 bytes]',
        msg: 'The node is ready.',
      },
    ])
  })

  it('T42 T95 writes no value under the name of a secret, however deep it lies or the name is spelled', () => {
    const { logger, lines } = startLog()
    const planted = 'f00dfeedf00dfeed'
    const cause = Object.assign(new Error('inner'), { privateKey: planted })
    logger.error('Broken.', {
      operatorToken: planted,
      headers: { Authorization: `Bearer ${planted}`, 'set-cookie': planted },
      list: [{ private_key: planted, signature: planted, TURNPIKE_PASSWORD: planted }],
      error: Object.assign(new Error('outer', { cause }), { secret: planted }),
      deep: { a: { b: { c: { d: { e: planted } } } } },
    })
    expect(lines).toHaveLength(1)
    expect(JSON.stringify(lines)).not.toContain(planted)
    expect(lines[0]?.['error']).toMatchObject({
      name: 'Error',
      message: 'outer',
      secret: '[redacted]',
      cause: { message: 'inner' },
    })
  })

  it('T165 leaves out what repeats itself, says how much, and cuts long texts', () => {
    let elapsedMs = 0
    const { logger, lines } = startLog('debug', { ...createClock(), elapsed: () => elapsedMs })
    for (let i = 0; i < 100_000; i++) logger.warn('A request was malformed.', { body: 'x'.repeat(1_000) })
    logger.warn('Something else.')
    expect(lines).toHaveLength(61)
    expect(String(lines[0]?.['body']).length).toBeLessThan(600)
    elapsedMs = 60_000
    logger.warn('A request was malformed.')
    expect(lines[61]).toMatchObject({ msg: 'A request was malformed.', leftOut: 99_940 })
  })
})
