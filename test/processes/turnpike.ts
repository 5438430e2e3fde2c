// The `turnpike` command as a process of its own, started, stopped and killed as a user's or an operator's would be.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../packages/cli/bin/turnpike.js', import.meta.url))

/** The first line that a node prints with `--json` (contract.md). */
export type Ready = {
  readonly ready: true
  readonly url: string
  readonly chainId: number
  readonly engine: string
  readonly height: number
  readonly pid: number
}

/** A node that accepts requests. */
export type NodeProcess = {
  readonly url: string
  readonly ready: Ready
  /** Everything it has written to standard error so far. */
  errors(): string
  /** Its exit code, when it has ended. */
  readonly ended: Promise<number | null>
  /** Asks it to stop (SIGTERM unless another signal is named) and gives its exit code. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>
  /** Ends it as a power cut would (SIGKILL). */
  kill(): Promise<void>
}

/** How a run of the command ended. */
export type CommandResult = { readonly code: number | null; readonly out: string; readonly errors: string }

type Environment = Readonly<Record<string, string>>

const started = new Set<ChildProcess>()
process.once('exit', () => started.forEach((child) => child.kill('SIGKILL')))

// The settings of whoever runs the tests do not reach the command under test.
function environment(extra: Environment): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('TURNPIKE_'))
  return { ...Object.fromEntries(own), ...extra }
}

/** Starts the command and leaves it running. */
function spawnTurnpike(args: readonly string[], extra: Environment = {}): ChildProcess {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: environment(extra) })
  started.add(child)
  child.once('exit', () => started.delete(child))
  return child
}

/** Runs the command to its end. */
export async function runTurnpike(args: readonly string[], extra: Environment = {}): Promise<CommandResult> {
  const child = spawnTurnpike(args, extra)
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, out, errors }
}

/** Below the ports that the system gives to outgoing connections: those may be taken while a node is down for a moment. */
const ports = { min: 10_000, max: 32_000 }

/** A port that was free a moment ago, and that no outgoing connection takes meanwhile. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(ports.min, ports.max)
    const probe = createServer().listen(port, '127.0.0.1')
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    probe.close()
    await once(probe, 'close')
    return port
  }
}

/** An empty directory, and how to be rid of it. */
export function createHome(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'turnpike-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Where a node stands; the same home and port again is the same node after its end. */
export type NodeOptions = {
  readonly home: string
  readonly port?: number
  readonly args?: readonly string[]
  /** `TURNPIKE_*` variables. */
  readonly settings?: Environment
}

/** Starts a development node and waits for its ready line. @throws Error with what it wrote when it ends before. */
export async function startTurnpike(options: NodeOptions): Promise<NodeProcess> {
  const { home, port, args = ['--dev'], settings } = options
  const listen = String(port ?? (await findFreePort()))
  const child = spawnTurnpike(['up', '--home', home, '--port', listen, '--json', ...args], settings)
  const exited = once(child, 'exit') as Promise<[number | null]>
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  const ready = await readReady(child).catch((cause: unknown) => {
    throw new Error(`the node did not start: ${errors}`, { cause })
  })
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    const [code] = await exited
    return code
  }
  return {
    url: ready.url,
    ready,
    errors: () => errors,
    ended: exited.then(([code]) => code),
    stop: (signal = 'SIGTERM') => end(signal),
    kill: async () => void (await end('SIGKILL')),
  }
}

/** An answer of `/health`. */
export type HealthAnswer = { readonly status: number; readonly body: unknown }

/** Starts a node and asks for its health over and over until it is well; gives every answer, once each. */
export async function watchStart(options: NodeOptions & { readonly port: number }): Promise<{
  readonly node: NodeProcess
  readonly answers: readonly HealthAnswer[]
}> {
  const answers = new Map<string, HealthAnswer>()
  const starting = startTurnpike(options)
  const ended = new AbortController()
  starting.finally(() => ended.abort()).catch(() => undefined)
  while (!ended.signal.aborted) {
    const answer = await fetch(`http://127.0.0.1:${options.port}/health`).catch(() => undefined)
    if (answer === undefined) continue
    const body = (await answer.json()) as unknown
    answers.set(JSON.stringify(body), { status: answer.status, body })
  }
  return { node: await starting, answers: [...answers.values()] }
}

/** Starts a node and kills it as soon as its port is open, while it still reads its log. */
export async function killWhileStarting({
  home,
  port,
}: {
  readonly home: string
  readonly port: number
}): Promise<void> {
  const child = spawnTurnpike(['up', '--home', home, '--port', String(port), '--json', '--dev'])
  const exited = once(child, 'exit')
  child.stdout!.resume()
  child.stderr!.resume()
  while (child.exitCode === null && !(await isOpen(port)));
  child.kill('SIGKILL')
  await exited
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const event = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false)
  socket.destroy()
  return event
}

/** The first line of standard output; later ones are read and dropped, so that the pipe does not fill. */
function readReady(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let line = ''
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      if (line.includes('\n')) return
      line += chunk
      if (!line.includes('\n')) return
      const answer = JSON.parse(line.slice(0, line.indexOf('\n'))) as Ready
      if (answer.ready) resolve(answer)
      else reject(new Error(`its first line is not the ready line: ${line}`))
    })
    child.once('exit', (code) => reject(new Error(`it ended with ${code} before its ready line`)))
  })
}
