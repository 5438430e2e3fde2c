// Real threads.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createThreads, moduleBeside, openPort } from './threads.ts'
import type { Thread } from './Machine.ts'

const threads = createThreads()
let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'threads-'))
})
afterEach(() => rm(home, { recursive: true }))

/** A thread that answers numbers with their double, throws at text, and closes its port at null. */
async function start(): Promise<Thread> {
  const path = join(home, 'worker.ts')
  const program = `
    import { openPort } from ${JSON.stringify(new URL('threads.ts', import.meta.url).href)}
    const port = openPort()
    port.on('message', (message: unknown) => {
      if (typeof message === 'string') throw new Error(message)
      if (message === null) port.close()
      else if (message instanceof Uint8Array) port.postMessage(message, [message.buffer])
    })`
  await writeFile(path, program)
  return threads.spawn(moduleBeside(pathToFileURL(join(home, 'other.ts')).href, './worker'))
}

describe('a thread', () => {
  it('gets memory handed over, and what was posted before it listened', async () => {
    const thread = await start()
    const bytes = Uint8Array.of(1, 2, 3)
    const answer = new Promise((resolve) => thread.on('message', resolve))
    thread.postMessage(bytes, [bytes.buffer])
    expect(bytes.length).toBe(0)
    expect(await answer).toEqual(Uint8Array.of(1, 2, 3))
    await thread.terminate()
  })

  it('tells when something was thrown in it, and that it ended', async () => {
    const thread = await start()
    const error = new Promise((resolve) => thread.on('error', resolve))
    const exit = new Promise((resolve) => thread.on('exit', resolve))
    thread.postMessage('a mistake')
    expect(await error).toMatchObject({ message: 'a mistake' })
    expect(await exit).toBe(1)
  })

  it('ends by itself when it hears no more', async () => {
    const thread = await start()
    const exit = new Promise((resolve) => thread.on('exit', resolve))
    thread.postMessage(null)
    expect(await exit).toBe(0)
  })
})

it('A module beside another has its extension, from source and once built', () => {
  expect(moduleBeside('file:///node/src/pool.ts', './worker').href).toBe('file:///node/src/worker.ts')
  expect(moduleBeside('file:///node/dist/pool.js', './worker').href).toBe('file:///node/dist/worker.js')
  expect(threads.cores).toBeGreaterThan(0)
})

it('Only a spawned thread has a port', async () => {
  // This test may itself run in a thread, so it asks in a process of its own.
  const { execFileSync } = await import('node:child_process')
  const program = `import { openPort } from ${JSON.stringify(new URL('threads.ts', import.meta.url).href)}
    try { openPort() } catch (error) { console.log(error.message) }`
  expect(execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })).toContain(
    'spawned',
  )
  expect(openPort).toBeTypeOf('function')
})
