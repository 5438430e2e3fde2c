// `npm run check`: everything that is read from the tree without running it. All steps run, then it says which failed.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './launcher/program.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const PUBLISHED = ['packages/chain', 'packages/sdk', 'packages/node', 'packages/cli']

/** @type {readonly { step: string, name: string, args: readonly string[] }[]} */
const STEPS = [
  { step: 'types', name: 'typescript', args: ['-b'] },
  { step: 'lint', name: 'oxlint', args: [] },
  { step: 'format', name: 'oxfmt', args: ['--check', '.'] },
  { step: 'unused code', name: 'knip', args: [] },
  ...PUBLISHED.map((folder) => ({ step: `contents of ${folder}`, name: 'publint', args: [folder, '--strict'] })),
  ...(existsSync(join(root, 'test/tidy.test.ts'))
    ? [{ step: 'tidy', name: 'vitest', args: ['run', 'test/tidy.test.ts'] }]
    : []),
]

const failed = []
for (const { step, name, args } of STEPS) {
  console.log(`\n--- ${step}`)
  if ((await runProgram({ root, name, args })) !== 0) failed.push(step)
}

console.log(failed.length === 0 ? '\nEvery check passed.' : `\nFailed: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1
