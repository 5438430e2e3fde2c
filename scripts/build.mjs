// `npm run build`: what is published: the packages' JavaScript and types from nothing, the pages if they are older than
// their sources, and a copy of them in the package whose commands serve them.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { arePagesStale, buildPages } from './launcher/pages.mjs'
import { runProgram } from './launcher/program.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const PACKAGES = ['packages/chain', 'packages/sdk', 'packages/node', 'packages/cli']

for (const folder of PACKAGES) rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
const types = await runProgram({ root, name: 'typescript', args: ['-b', ...PACKAGES] })
const run = async (/** @type {Parameters<import('./launcher/install.mjs').Run>[0]} */ { command, args, cwd }) =>
  spawnSync(command, args, { cwd, stdio: 'inherit' }).status ?? 1
const pages = arePagesStale(root) ? await buildPages({ root, node: process.execPath, run }) : 0
if (pages === 0)
  cpSync(join(root, 'packages/explorer/dist'), join(root, 'packages/cli/dist/pages'), { recursive: true })
process.exitCode = types === 0 && pages === 0 ? 0 : 1
