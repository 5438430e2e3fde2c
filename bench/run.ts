// Runs one benchmark by its name, or all of them: `npm run bench -- settle --quick`.
// A benchmark is a file `*.bench.ts`; each runs in a process of its own, so that none inherits another's heap.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = new Map(
  globSync(['bench/**/*.bench.ts', 'packages/*/src/**/*.bench.ts'], { cwd: root })
    .toSorted()
    .map((file) => [basename(file, '.bench.ts'), file] as const),
)

const [first, ...others] = process.argv.slice(2)
const isNamed = first !== undefined && !first.startsWith('-')
const names = isNamed ? [first] : [...files.keys()]
const args = isNamed || first === undefined ? others : [first, ...others]

let failed = 0
for (const name of names) {
  const file = files.get(name)
  if (file === undefined) {
    console.error(`There is no benchmark "${name}". There are: ${[...files.keys()].join(', ')}.`)
    process.exit(2)
  }
  console.log(`\n${name} (${file})`)
  const { status } = spawnSync(process.execPath, [...process.execArgv, join(root, file), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
