// A watch that is told what no node tells ends with a typed error, and does not ask again and again.
import { expect, test } from 'vitest'
import { createClient } from '../client.ts'
import { watchBlocks } from './watchBlocks.ts'

test.each(['{', '7', '{"height":"1"}'])('T32 a block that is none ends the watch: %s', async (data) => {
  let asked = 0
  const client = createClient({
    url: 'http://node.test',
    fetch: () => Promise.resolve(new Response(`event: block\ndata: ${data}\n\n${asked++ > 0 ? 'asked again' : ''}`)),
  })
  await expect(watchBlocks(client, { afterHeight: 0 }).next()).rejects.toMatchObject({ code: 'sdk/malformed_answer' })
  expect(asked).toBe(1)
})
