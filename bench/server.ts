// Starts and stops the servers that are compared, each as a real process that prints one ready line in JSON.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'

/** Where a server answers the three calls of the comparison. */
export type Routes = { readonly credit: string; readonly verify: string; readonly settle: string }

/** A server that accepts requests. */
export type Server = {
  readonly url: string
  /** The process that serves, which need not be the one that was started. */
  readonly pid: number
  readonly routes: Routes
  /** Ends it in order and waits for the end. */
  readonly stop: () => Promise<void>
  /** Ends it as a power cut would (SIGKILL) and waits for the end. */
  readonly kill: () => Promise<void>
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}

async function readReady(child: ChildProcess): Promise<{ readonly url: string; readonly pid: number }> {
  if (child.stdout === null) throw new Error('the server has no standard output')
  // Left open: it reads the later lines, which are of no interest, so that the pipe does not fill.
  const lines = createInterface({ input: child.stdout })
  const ended = once(lines, 'close').then(() => undefined)
  const line: unknown = await Promise.race([once(lines, 'line').then(([first]) => first as unknown), ended])
  if (typeof line !== 'string') throw new Error('the server ended before its ready line')
  const { url, pid } = JSON.parse(line) as { readonly url?: string; readonly pid?: number }
  if (url === undefined || pid === undefined) throw new Error(`not a ready line: ${line}`)
  return { url, pid }
}

async function start(args: readonly string[], routes: Routes): Promise<Server> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const { url, pid } = await readReady(child)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    process.kill(pid, signal)
    await exited
  }
  return { url, pid, routes, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

const ourRoutes: Routes = { credit: '/faucet', verify: '/x402/verify', settle: '/x402/settle' }

/** Starts the baseline on a database file, new or old. */
export function startBaseline(database: string): Promise<Server> {
  const routes = { credit: '/credit', verify: '/verify', settle: '/settle' }
  return start([pathOf('./peers/baseline.ts'), database], routes)
}

/** Starts the reference facilitator on an EVM node of its own; it gives the payers their money itself. */
export function startReference(seed: string, payers: number): Promise<Server> {
  return start([pathOf('./peers/reference.ts'), seed, String(payers)], { ...ourRoutes, credit: '' })
}

/** Starts a shop that asks the facilitator, with the official middleware. */
export function startShop(facilitatorUrl: string): Promise<Server> {
  return start([pathOf('./peers/shop.ts'), facilitatorUrl], ourRoutes)
}

/** Starts the server that only says yes. */
export function startOkay(): Promise<Server> {
  return start([pathOf('./peers/okay.ts')], { ...ourRoutes, credit: '' })
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('the probe has no port')
  return address.port
}

/** Starts a Turnpike development node on a home directory, exactly as a user does. */
export async function startTurnpike(home: string): Promise<Server> {
  const port = String(await findFreePort())
  const bin = pathOf('../packages/cli/bin/turnpike.js')
  return start([bin, 'up', '--dev', '--home', home, '--port', port, '--json'], ourRoutes)
}

/** Gives every account the amount (base units of the dollar), a few calls at a time. */
export async function fundAccounts(server: Server, accounts: readonly string[], amount: bigint): Promise<void> {
  const pool = new Pool(server.url, { connections: 4 })
  const waiting = [...accounts]
  const fundNext = async (): Promise<void> => {
    for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
      const { statusCode, body } = await pool.request({
        path: server.routes.credit,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ address, amount: String(amount) }),
      })
      const answer = await body.text()
      if (statusCode !== 200) throw new Error(`${server.routes.credit} answered ${statusCode}: ${answer.slice(0, 300)}`)
    }
  }
  await Promise.all(Array.from({ length: 4 }, fundNext))
  await pool.close()
}
