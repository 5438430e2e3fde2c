// A command line without a process: variables given, output caught, no terminal, and a signal that the test sends.
import { PassThrough, Writable } from 'node:stream'
import type { Surroundings } from './command.ts'
import { main } from './main.ts'

/** What a call of the command line came to. */
export type Called = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** A call in progress. */
export type Calling = {
  readonly ended: Promise<Called>
  /** What was printed so far. */
  printed(): string
  /** The first whole line of stdout. */
  readonly firstLine: Promise<string>
  signal(): void
}

/** Begins a call. */
export function begin(
  argv: readonly string[],
  environment: { readonly [name: string]: string | undefined } = {},
): Calling {
  const printed = { stdout: '', stderr: '' }
  const line = Promise.withResolvers<string>()
  const signal = Promise.withResolvers<void>()
  const into = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        printed[name] += chunk.toString()
        if (name === 'stdout' && printed.stdout.includes('\n')) line.resolve(printed.stdout.split('\n')[0]!)
        done()
      },
    })
  const around: Surroundings = {
    environment,
    stdout: into('stdout'),
    stderr: into('stderr'),
    stdin: new PassThrough(),
    stopped: signal.promise,
  }
  const ended = main(argv, around).then((exitCode) => ({ exitCode, ...printed }))
  // Whoever waits for a line that never comes learns why.
  void ended.then(({ stderr }) => line.reject(new Error(`ended without a line: ${stderr}`)))
  line.promise.catch(() => undefined)
  return { ended, printed: () => printed.stdout, firstLine: line.promise, signal: () => signal.resolve() }
}

/** Calls the command line to its end. */
export function call(
  argv: readonly string[],
  environment: { readonly [name: string]: string | undefined } = {},
): Promise<Called> {
  return begin(argv, environment).ended
}

/** Calls with --json; the one line that it answered. */
export async function callJson(
  argv: readonly string[],
  environment: { readonly [name: string]: string | undefined } = {},
): Promise<{ readonly exitCode: number; readonly json: Record<string, unknown> }> {
  const { exitCode, stdout } = await call([...argv, '--json'], environment)
  return { exitCode, json: JSON.parse(stdout) as Record<string, unknown> }
}
