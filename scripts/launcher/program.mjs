// Installed programs, found by their package's own manifest and run with the Node that runs us.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @param {string} root
 * @param {string} name of the package; of several programs the one of that name, else the first
 * @returns {string} the file that Node runs
 */
export const resolveProgram = (root, name) => {
  const folder = join(root, 'node_modules', name)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0]))
}

/**
 * @param {{ root: string, name: string, args: readonly string[] }} options
 * @returns {Promise<number>} the exit code; 1 when a signal ended it
 */
export const runProgram = ({ root, name, args }) =>
  new Promise((resolve, reject) => {
    const file = resolveProgram(root, name)
    const child = spawn(process.execPath, [...process.execArgv, file, ...args], { cwd: root, stdio: 'inherit' })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
