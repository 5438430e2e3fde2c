// The directory of a running node is taken away: it says so, and does not stay behind as a process that nobody can end.
import { expect, test } from 'vitest'
import { createPayee } from '../../bench/payments.ts'
import { openBooks } from '../processes/books.ts'
import { createHome, startTurnpike } from '../processes/turnpike.ts'

test('T161 a node without its directory ends when it is told to, with an error', async () => {
  const home = createHome()
  const node = await startTurnpike({ home: home.path })
  const books = openBooks(node.url)
  await books.fund(createPayee('home', 0), 1n)
  await books.close()
  home.remove()
  expect(await node.stop()).toBe(1)
  expect(node.errors()).toContain(home.path)
})
