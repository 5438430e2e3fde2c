// What is printed: errors with code and hint, JSON without loss, and nothing that a terminal obeys.
import { describe, expect, it } from 'vitest'
import { LedgerError } from '@turnpike/sdk'
import { columns, errorText, jsonLine, printable, tell } from './output.ts'

describe('output', () => {
  it('tells an error with its code, its hint and its values', () => {
    const error = new LedgerError({
      code: 'bank/balance',
      message: 'Too little.',
      hint: 'Fund it.',
      retry: 'later',
      values: { needed: 2n ** 100n },
    })
    expect(tell(error)).toEqual({
      code: 'bank/balance',
      message: 'Too little.',
      hint: 'Fund it.',
      retry: 'later',
      values: { needed: '1267650600228229401496703205376' },
    })
    expect(errorText(tell(error))).toBe('Too little.\nFund it. (bank/balance)\n')
  })

  it.each([new Error('boom'), Object.assign(new Error('boom'), { code: 'ENOENT' }), 'boom'])(
    'calls what has no code a mistake of the program: %s',
    (error) => {
      expect(tell(error)).toMatchObject({ code: 'cli/internal', message: 'boom' })
    },
  )

  it('T104 shows what would move, colour, hide or reorder text as a mark', () => {
    const hostile = 'a\u001B[2Jb\rc\u0007d\u202Ee\u200Bf\u2028g\u009Bh\ni'
    expect(printable(hostile)).toBe('a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFDe\uFFFDf\uFFFDg\uFFFDh\ni')
    expect(printable('Ü 日本 🙂')).toBe('Ü 日本 🙂')
    expect(errorText({ code: 'a/b', message: '\u001B[31m', hint: '' })).not.toContain('\u001B')
  })

  it('writes JSON in one line, amounts as text', () => {
    expect(jsonLine({ amount: 1n, nothing: undefined, text: 'a\nb' })).toBe('{"amount":"1","text":"a\\nb"}\n')
  })

  it('sets columns', () => {
    expect(
      columns([
        ['a', 'one'],
        ['long', 'two'],
        ['empty', ''],
      ]),
    ).toBe('a      one\nlong   two\nempty')
  })
})
