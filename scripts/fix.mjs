// `npm run fix`: applies the lint fixes that are safe, then formats.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './launcher/program.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const paths = process.argv.slice(2)

const lint = await runProgram({ root, name: 'oxlint', args: ['--fix', ...paths] })
const format = await runProgram({ root, name: 'oxfmt', args: paths.length === 0 ? ['.'] : paths })
process.exitCode = lint === 0 && format === 0 ? 0 : 1
