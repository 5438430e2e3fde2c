// Paths, pasted ids and the operator token in the fragment.
import { expect, test } from 'vitest'
import { findToken } from './operatorToken.ts'
import { findRoute, parseRoute, pathOf } from './route.ts'

const account = `0x${'aB'.repeat(20)}`
const operation = `0x${'cd'.repeat(32)}`

test('every page has a path and every path its page', () => {
  expect(parseRoute('/')).toEqual({ page: 'live' })
  expect(parseRoute(`/agent/${account}`)).toEqual({ page: 'agent', address: account.toLowerCase() })
  for (const path of ['/', `/seller/${account.toLowerCase()}`, `/operation/${operation}`]) {
    expect(pathOf(parseRoute(path))).toBe(path)
  }
})

test('any other path is unknown, not guessed', () => {
  for (const path of ['/agent', `/agent/${operation}`, `/agent/${account}/x`, '/agent/javascript:alert(1)', '/x']) {
    expect(parseRoute(path)).toEqual({ page: 'unknown', path })
  }
})

test('a pasted id leads to its page', () => {
  expect(findRoute(` ${operation.toUpperCase().replace('0X', '0x')} `, () => false)).toEqual({
    page: 'operation',
    operation,
  })
  expect(findRoute(account, () => true)?.page).toBe('agent')
  expect(findRoute(account, () => false)?.page).toBe('seller')
  expect(findRoute('scout', () => true)).toBeUndefined()
})

test('only a whole token in the fragment is taken', () => {
  expect(findToken(`#${'a1'.repeat(32)}`)).toBe('a1'.repeat(32))
  for (const fragment of ['', '#', '#payments', `#${'a'.repeat(300)}`, '#aaaaaaaaaaaaaaaaaaaa<script>']) {
    expect(findToken(fragment)).toBeUndefined()
  }
})
