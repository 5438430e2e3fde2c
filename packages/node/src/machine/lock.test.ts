// The lock between real processes.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Failure } from './Failure.ts'
import { acquireLock } from './lock.ts'

let home = ''
let children: ChildProcess[] = []
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lock-'))
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  await rm(home, { recursive: true })
})

/** A process that tries to take the lock, says `locked` or the code of its failure, and stays if it has it. */
async function startProcess(path: string): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const program = `
    import { acquireLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)}
    try {
      acquireLock(${JSON.stringify(path)})
      console.log('locked')
      setInterval(() => undefined, 1_000)
    } catch (error) {
      console.log(error.code, error.values?.pid)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [said] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, said }
}

function failureOf(run: () => unknown): Failure {
  try {
    run()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('It did not fail.')
}

describe('the lock of a data directory', () => {
  it('T149 keeps a second process out, names the first, and is free at once after kill -9', async () => {
    const path = join(home, 'lock.db')
    const { child, said } = await startProcess(path)
    expect(said).toBe('locked')
    const failure = failureOf(() => acquireLock(path))
    expect(failure.code).toBe('node/locked')
    expect(failure.values).toEqual({ path, pid: child.pid })
    expect(failure.message).toContain(String(child.pid))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = acquireLock(path)
    expect((await startProcess(path)).said).toBe(`node/locked ${process.pid}`)
    lock.release()
    expect((await startProcess(path)).said).toBe('locked')
  })

  it('T149 is given to exactly one of several processes that start together', async () => {
    const path = join(home, 'lock.db')
    const processes = await Promise.all(Array.from({ length: 5 }, () => startProcess(path)))
    const holders = processes.filter(({ said }) => said === 'locked')
    expect(holders).toHaveLength(1)
    const pid = holders[0]?.child.pid
    expect(failureOf(() => acquireLock(path)).values['pid']).toBe(pid)
    for (const { said } of processes) expect(said).toMatch(/^(locked|node\/locked (\d+|undefined))$/)
  })

  it('is a file for its owner alone, also when it was not', async () => {
    const path = join(home, 'lock.db')
    acquireLock(path).release()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await chmod(path, 0o644)
    acquireLock(path).release()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('keeps out a second user in the same process, too', () => {
    const path = join(home, 'lock.db')
    const lock = acquireLock(path)
    expect(failureOf(() => acquireLock(path)).code).toBe('node/locked')
    lock.release()
    acquireLock(path).release()
  })

  it('says what is wrong when the directory is not there', () => {
    expect(() => acquireLock(join(home, 'nowhere', 'lock.db'))).toThrow(/no such file or directory.*lock\.db/)
  })
})
