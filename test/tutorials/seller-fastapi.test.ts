// docs/coding/sell-with-fastapi.md, literally: a stranger's stock Python client pays a FastAPI service, and is given some of it back.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { it } from 'vitest'
import { root } from '../packages/stage.ts'
import { followPage } from './follow.ts'
import { expectSold } from './seller.ts'

const installed = join(root, '.python/bin/python')
const python = process.env['TURNPIKE_PYTHON'] ?? (existsSync(installed) ? installed : undefined)
if (python === undefined)
  process.emitWarning('The tutorial for FastAPI is left out: there is no Python with x402 here.')

it.skipIf(python === undefined)('whoever follows the page is paid, and gives back what he says', async () => {
  const reader = await followPage('docs/coding/sell-with-fastapi.md', [dirname(python!)])
  try {
    await expectSold(reader)
  } finally {
    await reader.close()
  }
})
