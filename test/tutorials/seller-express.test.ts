// docs/coding/sell-with-express.md, literally: a stranger's stock client pays an Express service, and is given some of it back.
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { readBlocks } from '../docs/blocks.ts'
import { followPage } from './follow.ts'
import { expectSold } from './seller.ts'

const page = 'docs/coding/sell-with-express.md'

it('whoever follows the page is paid, and gives back what he says', async () => {
  const reader = await followPage(page)
  try {
    await expectSold(reader)
  } finally {
    await reader.close()
  }
})

it('the page asks for no package that is not here', () => {
  const lines = readBlocks(page).flatMap(({ text }) => text.split('\n'))
  const install = lines.find((line) => line.startsWith('npm install '))
  const { resolve } = createRequire(import.meta.url)
  const [own, ...names] = install!.split(' ').slice(2)
  expect([own, names.length > 3]).toEqual(['~/turnpike-packages/*.tgz', true])
  for (const name of names) expect(() => resolve(name), name).not.toThrow()
})
