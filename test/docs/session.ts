// A reader at a page: a folder that looks like the checkout, a shell whose variables live from block to block, and the programs
// that the page has told to start. Where a page says 4020 and 4021 the reader has two other ports, that nobody uses.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foreignEnvironment, root } from '../packages/stage.ts'
import type { Block } from './blocks.ts'

/** A reader who does what a page says. */
export type Session = {
  /** What the reader's programs and files find. */
  readonly folder: string
  /** Does what a block says. @returns what it printed @throws Error when it does not end well */
  follow(block: Block): Promise<string>
  close(): Promise<void>
}

const ownEntries = new Set(['.git', '.turnpike', 'dist', 'coverage'])
const source = '--conditions=@turnpike/source'
/** What npx does with a program that is installed, without its half a second. */
const npx = 'npx() { "node_modules/.bin/${1/#@turnpike\\/cli/turnpike}" "${@:2}"; }'

/** @param port one that is free, and the next one with it */
export async function openSession(port: number): Promise<Session> {
  const above = await mkdtemp(join(tmpdir(), 'turnpike-page-'))
  const [folder, home, state] = [join(above, 'checkout'), join(above, 'home'), join(above, 'variables')]
  await Promise.all([mkdir(folder), mkdir(home), writeFile(state, '')])
  for (const name of await readdir(root)) if (!ownEntries.has(name)) await symlink(join(root, name), join(folder, name))
  const url = `http://127.0.0.1:${port}`
  const settings = { TURNPIKE_HOME: join(folder, '.turnpike'), TURNPIKE_PORT: String(port), TURNPIKE_URL: url }
  const env = {
    ...foreignEnvironment(),
    HOME: home,
    npm_config_update_notifier: 'false',
    TURNPIKE_SECONDS: '0',
    ...settings,
  }
  const serving: Run[] = []
  const words = (text: string): string => text.replaceAll('4021', String(port + 1)).replaceAll('4020', String(port))

  const start = ({ page, line, text, language }: Block): Run => {
    if (language !== 'sh') throw new Error(`${page}:${line} is to be run, and is ${language}.`)
    // Variables that are exported are there for the next block, as in the terminal of a reader.
    const script = `. '${state}'\n${npx}\nset -e\n${words(text)}\nexport -p > '${state}'\n`
    return watch(spawn('bash', ['-c', script], { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] }))
  }

  const stop = async (): Promise<void> => {
    for (const { child, ended } of serving.splice(0)) {
      endGroup(child, 'SIGTERM')
      // The shell goes at once; its pipes close when the last of its programs has ended.
      await ended
    }
  }

  const runProgram = async ({ text, file = 'program.ts' }: Block): Promise<Run> => {
    await writeFile(join(folder, file), words(text))
    const options = { cwd: folder, env: { ...env, NODE_OPTIONS: source }, detached: true }
    return watch(spawn(process.execPath, [file], { ...options, stdio: ['ignore', 'pipe', 'pipe'] }))
  }

  return {
    folder,
    async follow(block) {
      const { words: does, file, text, language, page, line } = block
      if (does.has('stopped')) await stop()
      if (file !== undefined) await writeFile(join(folder, file), words(text))
      if (!does.has('run') && !does.has('serve')) return ''
      const running = language === 'sh' ? start(block) : await runProgram(block)
      if (does.has('serve')) {
        serving.push(running)
        await Promise.race([running.says(/http:\/\/127/), running.ended])
        if (running.child.exitCode === null) return running.output()
      }
      const code = await running.ended
      if (code !== 0) throw new Error(`${page}:${line} ended with ${code}:\n${running.output()}`)
      return running.output()
    },
    async close() {
      await stop()
      await rm(above, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

type Run = {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  says(pattern: RegExp): Promise<void>
  output(): string
}

function watch(child: ChildProcess): Run {
  let output = ''
  const waiting = new Map<RegExp, () => void>()
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      for (const [pattern, done] of waiting) if (pattern.test(output)) done()
    })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const says = (pattern: RegExp): Promise<void> => new Promise((resolve) => waiting.set(pattern, resolve))
  return { child, ended, says, output: () => output }
}

/** npx and bash stand between us and the program; all of them hear it. */
function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid!, signal)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ESRCH') throw error
  }
}
