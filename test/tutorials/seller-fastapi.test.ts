// docs/coding/sell-with-fastapi.md, literally: a stranger's stock Python client pays a FastAPI service, and is given some of it back.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { blocksOf } from '../docs/blocks.ts'
import { root } from '../packages/stage.ts'
import { followPage } from './follow.ts'
import { expectSold } from './seller.ts'

const page = 'docs/coding/sell-with-fastapi.md'
const installed = join(root, '.python/bin/python')
const python = process.env['TURNPIKE_PYTHON'] ?? (existsSync(installed) ? installed : undefined)
if (python === undefined)
  process.emitWarning('The tutorial for FastAPI is left out: there is no Python with x402 here.')

/** A price has no word behind it: the official parser would drop the word, and take a number for dollars. */
const [prices] = blocksOf(
  page,
  `\`\`\`sh run
python - <<'END'
from turnpike import Turnpike

turnpike = Turnpike("http://127.0.0.1:4020")
for price in "$0.01", "0.01", "1 cent", "0.01 EUR":
    try:
        print(turnpike.scheme().parse_price(price, turnpike.network).amount)
    except ValueError:
        print("none")
END
\`\`\`
`,
)

it.skipIf(python === undefined)('whoever follows the page is paid, and gives back what he says', async () => {
  const reader = await followPage(page, [dirname(python!)])
  try {
    await expectSold(reader)
    expect(await reader.follow(prices!)).toBe('10000\n10000\nnone\nnone\n')
  } finally {
    await reader.close()
  }
})
