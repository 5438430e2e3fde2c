// A node that cannot go on: a block that cannot be written ends the process, with exit code 1, the reason, and no answer to
// whoever waited for that block. The next start has all that was acknowledged.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHome, startTurnpike } from './turnpike.ts'
import type { NodeProcess } from './turnpike.ts'

const address = '0x00000000000000000000000000000000000000aa'

let home: ReturnType<typeof createHome>
let node: NodeProcess
beforeEach(async () => {
  home = createHome()
  node = await startTurnpike({ home: home.path })
})
afterEach(async () => {
  await node.kill()
  home.remove()
})

function drip(url: string): Promise<Response> {
  return fetch(`${url}/faucet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address, amount: '5' }),
  })
}

test('T161 a block that cannot be written ends the process and is acknowledged to nobody', async () => {
  // Where the directory of the log is gone, the first write of a run cannot take the close record away durably.
  await rm(join(home.path, 'log'), { recursive: true })
  const answer = await drip(node.url).then(
    ({ status }) => status,
    () => 'none',
  )
  expect([503, 'none']).toContain(answer)
  expect(await node.ended).toBe(1)
  expect(node.errors()).toContain('engine/log_write_failed')
  node = await startTurnpike({ home: home.path })
  expect(node.ready.height).toBe(0)
  expect((await drip(node.url)).status).toBe(200)
})
