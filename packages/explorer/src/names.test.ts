// Names and short forms: nothing that looks like another is shown alone.
import { expect, test } from 'vitest'
import { cleanLine, cleanName, cleanWords } from './foreignText.ts'
import { nameAccounts, ShortForms, shorten, tagOf } from './names.ts'
import type { AgentEntry } from './questions.ts'

const address = (digit: string): string => `0x${digit.repeat(40)}`
const agent = (account: string, name: string): AgentEntry => {
  return { operation: account, account, name, owner: undefined, createdMs: undefined }
}

test('T103 names that look alike, or are not plain Latin, keep their address beside them', () => {
  const names = nameAccounts([
    agent(address('1'), 'scout'),
    agent(address('2'), 'planner'),
    agent(address('3'), 'p1anner'),
    agent(address('4'), 'sc\u043eut'),
    agent(address('5'), '   '),
  ])
  expect(names.get(address('1'))).toEqual({ name: 'scout', isPlain: true })
  expect(names.get(address('2'))?.isPlain).toBe(false)
  expect(names.get(address('3'))?.isPlain).toBe(false)
  expect(names.get(address('4'))?.isPlain).toBe(false)
  expect(names.has(address('5'))).toBe(false)
})

test('T103 two addresses with the same ends are told apart from then on', () => {
  const forms = new ShortForms()
  const first = `0x1234${'a'.repeat(32)}beef`
  const second = `0x1234${'b'.repeat(32)}beef`
  expect(forms.of(first)).toEqual({ text: '0x1234\u2026beef', isAmbiguous: false })
  expect(forms.of(second).isAmbiguous).toBe(true)
  expect(forms.of(first).text).not.toBe(forms.of(second).text)
  expect(shorten(first)).toBe(shorten(second))
})

test('every address has one of sixteen colours, and its middle counts', () => {
  const tags = Array.from({ length: 400 }, (_, i) => tagOf(`0x1234${String(i).padStart(32, '0')}beef`))
  expect(Math.min(...tags)).toBe(0)
  expect(Math.max(...tags)).toBe(15)
  expect(new Set(tags).size).toBe(16)
})

test('T144 foreign text keeps its letters and loses what hides or reorders', () => {
  expect(cleanName('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>')
  expect(cleanName('\u202egnp.\u200bexe\u0000')).toBe('gnp.exe')
  expect(cleanLine('two\nlines')).toBe('two lines')
  expect(cleanWords('a\u2066\r\nb\u0007\n\tc')).toBe('a\nb\n  c')
  expect(cleanName('x'.repeat(500)).length).toBe(65)
})
