// The Python programs of these tests: one process each, started by the first job and given all others, ended with the tests.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const installed = fileURLToPath(new URL('../../../.python/bin/python', import.meta.url))

const named = process.env['TURNPIKE_PYTHON'] ?? (existsSync(installed) ? installed : '')

/** The interpreter that has the official packages: TURNPIKE_PYTHON (empty for none), or what the script `install` made. */
export const python: string | undefined = named === '' ? undefined : named

if (python === undefined) {
  process.emitWarning(
    'Python clients and servers are left out: test/compatibility/python/install gives them to the tests.',
  )
}

/** What a program asks while it works on a job. */
export type Question = Readonly<Record<string, unknown>>

/** A program that takes jobs. */
export type PythonProgram = {
  /** @throws Error with what Python wrote, when the job failed or the program ended. */
  do(job: object): Promise<unknown>
}

type Message =
  | { readonly number: number; readonly result: unknown }
  | { readonly number: number; readonly error: string }
  | ({ readonly question: number } & Question)

/** Names a program in this folder; it starts with its first job. */
export function createPythonProgram(
  name: 'buyer' | 'seller',
  answerQuestion: (question: Question) => Promise<unknown> = () => Promise.reject(new Error('nobody answers')),
): PythonProgram {
  let child: ChildProcess | undefined
  let errors = ''
  let ended: Error | undefined
  let jobs = 0
  const open = new Map<number, PromiseWithResolvers<unknown>>()

  const write = (message: object): void => void child?.stdin?.write(`${JSON.stringify(message)}\n`)
  const read = (line: string): void => {
    const message = JSON.parse(line) as Message
    if ('question' in message) {
      const { question } = message
      return void answerQuestion(message).then((answer) => write({ question, answer }))
    }
    const job = open.get(message.number)
    open.delete(message.number)
    if ('error' in message) job?.reject(new Error(message.error))
    else job?.resolve(message.result)
  }
  const start = (): ChildProcess => {
    if (python === undefined) throw new Error('there is no Python with the official packages')
    const program = fileURLToPath(new URL(`${name}.py`, import.meta.url))
    const started = spawn(python, [program], { stdio: ['pipe', 'pipe', 'pipe'] })
    createInterface(started.stdout).on('line', read)
    started.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
    const end = (error: Error): void => {
      ended ??= error
      open.forEach((job) => job.reject(error))
    }
    started.once('close', (code) => end(new Error(`${name}.py ended with ${code}: ${errors}`)))
    started.once('error', end)
    started.stdin.on('error', end)
    process.once('exit', () => started.kill('SIGKILL'))
    // It does not keep the tests from ending.
    started.unref()
    for (const pipe of [started.stdin, started.stdout, started.stderr]) (pipe as Socket).unref()
    return started
  }

  return {
    async do(job) {
      child ??= start()
      if (ended !== undefined) throw ended
      const number = ++jobs
      const answer = Promise.withResolvers<unknown>()
      open.set(number, answer)
      write({ number, job })
      return answer.promise
    },
  }
}
