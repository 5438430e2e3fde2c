// up: a node in the foreground. The first line says where it is, and is printed only when requests are accepted.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createConfig, startNode, type Node, type NodeConfig } from '@turnpike/node'
import type { Call, Output } from '../command.ts'
import { parseCount } from '../count.ts'
import { jsonLine } from '../output.ts'

/** Where the built pages may lie: in the published package, and in a checkout. */
const pagesPlaces = ['../pages', '../../../explorer/dist']

/** The built pages, where there are any. */
export function findPages(): string | undefined {
  const folders = pagesPlaces.map((place) => fileURLToPath(new URL(place, import.meta.url)))
  return folders.find((folder) => existsSync(`${folder}/index.html`))
}

/** How long a node that can't go on may take to end. */
const endMs = 3_000

/** How the node is to run: flags first, then variables, then defaults. @throws CliError, ConfigError */
function configOf({ flags, environment }: Call): NodeConfig {
  const { home, host, port, genesis, retain } = flags
  const pages = findPages()
  return createConfig(
    {
      ...(home !== undefined && { home }),
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port: parseCount('port', port) }),
      ...(genesis !== undefined && { genesisFile: genesis }),
      ...(retain !== undefined && { retain }),
      ...(pages !== undefined && { pages }),
      ...(flags['dev'] === 'true' && { dev: true }),
      ...(flags['dev-public'] === 'true' && { devPublic: true }),
    },
    environment,
  )
}

function readyLine(node: Node, isJson: boolean): string {
  const height = node.height()
  if (isJson)
    return jsonLine({ ready: true, url: node.url, chainId: node.chainId, engine: 'embedded', height, pid: process.pid })
  return `Turnpike, chain ${node.chainId} at height ${height}: ${node.url}\nPages: ${node.pagesUrl}\n`
}

/** Runs a node until a signal (exit code 0, everything acknowledged durable) or until it can't go on (1). */
export async function up(call: Call): Promise<Output | { readonly exitCode: number }> {
  // Signals are waited for before the node starts, so that one during a long replay is not lost.
  const { stopped } = call
  const node = await startNode(configOf(call))
  call.stdout.write(readyLine(node, call.isJson))
  const failure = await Promise.race([stopped, node.failed.then((error) => ({ error }))])
  if (failure !== undefined) {
    await endAtOnce(node)
    throw failure.error
  }
  try {
    await node.close()
  } catch (error) {
    // It is said on standard error; a thread that hangs on the same trouble must not keep the process.
    setTimeout(() => process.exit(1), endMs).unref()
    throw error
  }
  return { exitCode: 0 }
}

/** Ends a node that can't go on. Whatever hangs in it must not keep the process: it answers nobody any more. */
async function endAtOnce(node: Node): Promise<void> {
  setTimeout(() => process.exit(1), 2 * endMs).unref()
  const late = new Promise<void>((resolve) => setTimeout(resolve, endMs).unref())
  await Promise.race([node.close().catch(() => undefined), late])
}
