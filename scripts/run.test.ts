// The launcher from outside: a copy of it in a folder of its own, where nothing is missing, starts real processes.
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const scripts = dirname(fileURLToPath(import.meta.url))
let root: string

const TARGET = `
process.on('SIGTERM', () => process.exit(7))
console.log(JSON.stringify({ pid: process.pid, args: process.argv.slice(2), options: process.env.NODE_OPTIONS, own: process.execArgv }))
if (process.argv[2] === 'wait') setInterval(() => {}, 1000)
else process.exitCode = Number(process.argv[3] ?? 0)
`

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'launcher-'))
  for (const folder of ['scripts', 'sim', 'node_modules']) mkdirSync(join(root, folder))
  cpSync(join(scripts, 'run.mjs'), join(root, 'scripts/run.mjs'))
  cpSync(join(scripts, 'launcher'), join(root, 'scripts/launcher'), { recursive: true })
  writeFileSync(join(root, 'package-lock.json'), '{ "packages": {} }')
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{ "packages": {} }')
  writeFileSync(join(root, 'sim/main.ts'), TARGET)
})
afterAll(() => rmSync(root, { recursive: true }))

const launch = (args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> =>
  spawn(process.execPath, [join(root, 'scripts/run.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=64' },
  })

const readFirstLine = async (child: { stdout: Readable }): Promise<{ pid: number }> => {
  let printed = ''
  for await (const chunk of child.stdout) {
    printed += String(chunk)
    if (printed.includes('\n')) break
  }
  return JSON.parse(printed)
}

const untilGone = async (pid: number): Promise<void> => {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('the launcher', () => {
  test('passes arguments, the source condition and the exit code on, and keeps NODE_OPTIONS', async () => {
    const child = launch(['sim', 'end', '3', '--seed', '4'])
    const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    const seen = JSON.parse(printed)
    expect(code).toBe(3)
    expect(seen.args).toEqual(['end', '3', '--seed', '4'])
    expect(seen.options).toBe('--max-old-space-size=64 --conditions=@turnpike/source')
    expect(seen.own).toContain('--conditions=@turnpike/source')
  })

  test('refuses a target that it does not know, and names those it does', async () => {
    const child = launch(['constructor'])
    const [, message, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    expect(code).toBe(2)
    expect(message).toContain('no target "constructor"; there are start, test, check')
  })

  test('forwards a signal and ends with the code that the target chose', async () => {
    const child = launch(['sim', 'wait'])
    await readFirstLine(child)
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([7, null])
  })

  test('ends with 128 + the signal that ended the target', async () => {
    const child = launch(['sim', 'wait'])
    const { pid } = await readFirstLine(child)
    const ended = once(child, 'exit')
    process.kill(pid, 'SIGKILL')
    expect(await ended).toEqual([137, null])
  })

  test('ends the target when whoever started the launcher is killed', async () => {
    // As npm does: a shell between, which passes no signal on.
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${join(root, 'scripts/run.mjs')}" sim wait; true`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const { pid } = await readFirstLine(shell)
    shell.kill('SIGKILL')
    await untilGone(pid)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})

describe('the install lock', () => {
  const WORKER = (lock: string): string => `
    import { appendFileSync } from 'node:fs'
    import { withLock } from ${JSON.stringify(lock)}
    await withLock(process.argv[1], async () => {
      appendFileSync(process.argv[2], 'in\\n')
      for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve))
      appendFileSync(process.argv[2], 'out\\n')
    })
  `
  const run = async (log: string): Promise<number> => {
    const lock = pathToFileURL(join(root, 'scripts/launcher/lock.mjs')).href
    const child = spawn(process.execPath, ['--input-type=module', '-e', WORKER(lock), root, log], { stdio: 'inherit' })
    const [code] = await once(child, 'exit')
    return code
  }

  test('lets one in at a time', async () => {
    const log = join(root, 'one')
    expect(await Promise.all([run(log), run(log), run(log)])).toEqual([0, 0, 0])
    expect(readFileSync(log, 'utf8')).toBe('in\nout\nin\nout\nin\nout\n')
  })

  test('is taken over from an owner that died, or whose process id is another process now', async () => {
    const log = join(root, 'two')
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'exit')
    for (const owner of [`${dead.pid} 1\n`, `${process.pid} 1\n`, 'no owner\n']) {
      writeFileSync(join(root, '.install.lock'), owner)
      expect(await run(log)).toBe(0)
    }
    expect(readFileSync(log, 'utf8')).toBe('in\nout\n'.repeat(3))
  })
})
