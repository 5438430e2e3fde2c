// `npm run build`: what is published, from nothing: the packages' JavaScript and types, and the pages.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPages } from './launcher/pages.mjs'
import { runProgram } from './launcher/program.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const PACKAGES = ['packages/chain', 'packages/sdk', 'packages/node', 'packages/cli']

for (const folder of PACKAGES) rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
const types = await runProgram({ root, name: 'typescript', args: ['-b', ...PACKAGES] })
const pages = await buildPages({
  root,
  node: process.execPath,
  run: async ({ command, args, cwd }) => spawnSync(command, args, { cwd, stdio: 'inherit' }).status ?? 1,
})
process.exitCode = types === 0 && pages === 0 ? 0 : 1
