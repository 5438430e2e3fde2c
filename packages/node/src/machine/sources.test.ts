// Connections by their source: one that takes all it may leaves the others theirs.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import { listen } from './listen.ts'
import { createSources, sourceOf } from './sources.ts'

it('T154 a source that holds as many connections as it may gets no more, and takes none from others', async () => {
  const plain = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' }
  const limits = { connectionsPerSourceMax: 2, closeTimeoutMs: 50 }
  const listener = await listen(() => plain, { host: '127.0.0.1', port: 0, limits })
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port: listener.port, host: '127.0.0.1', localAddress })
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  const ask = async (socket: Socket): Promise<string> => {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString()
  }
  const [first, second] = [await open('127.0.0.2'), await open('127.0.0.2')]
  await once(await open('127.0.0.2'), 'close')
  expect(await ask(await open('127.0.0.3'))).toMatch(/^HTTP\/1\.1 200 /)
  expect(await ask(first)).toMatch(/^HTTP\/1\.1 200 /)
  // Whoever closes one may open another.
  expect(await listener.connections()).toBe(3)
  second.destroy()
  await vi.waitUntil(async () => (await listener.connections()) === 2)
  expect(await ask(await open('127.0.0.2'))).toMatch(/^HTTP\/1\.1 200 /)
  await listener.close()
})

it('T154 a count is given back, and nothing is kept of whoever has left', () => {
  const sources = createSources(2)
  for (let round = 0; round < 3; round++) {
    expect([1, 2, 3].map(() => sources.enter('a'))).toEqual([true, true, false])
    expect(sources.enter('b')).toBe(true)
    sources.leave('a')
    expect([sources.enter('a'), sources.enter('a')]).toEqual([true, false])
    for (const source of ['a', 'a', 'b']) sources.leave(source)
  }
})

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::9', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::', 'fe80:0:0:0'],
])('the source of %s is %s', (address, source) => {
  expect(sourceOf(address)).toBe(source)
})
