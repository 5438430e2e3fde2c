// The command line: from argv to an exit code. Nothing of a command is loaded before it is called.
import { constants } from 'node:os'
import { parseArgv } from './argv.ts'
import type { Call, Surroundings } from './command.ts'
import { commands } from './commands.ts'
import { errorText, jsonLine, printable, tell, type Told } from './output.ts'

export { commands } from './commands.ts'

const usageCodes: ReadonlySet<string> = new Set(['cli/usage', 'node/config'])

function exitCodeOf({ code }: Told): number {
  return usageCodes.has(code) ? 2 : 1
}

/** For so long a signal may be an echo: a terminal sends it to whoever started us as well, who passes it on. */
const echoMs = 1_000

/** Resolves at the first signal that asks the process to end; one that is no echo of it ends the process at once. */
function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined
    const hear = (signal: NodeJS.Signals): void => {
      if (firstAt !== undefined && performance.now() - firstAt > echoMs) process.exit(128 + constants.signals[signal])
      firstAt ??= performance.now()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, hear)
  })
}

function surroundings(): Surroundings {
  const { env: environment, stdout, stderr, stdin } = process
  let stopped: Promise<void> | undefined
  // Signals are caught only once somebody waits for them: until then Ctrl-C ends the process by itself.
  return {
    environment,
    stdout,
    stderr,
    stdin,
    get stopped() {
      return (stopped ??= waitForSignal())
    },
  }
}

/** Runs the command that the arguments name; the exit code says what came of it: 0 done, 1 refused or failed, 2 wrong usage. */
export async function main(argv: readonly string[], around: Surroundings = surroundings()): Promise<number> {
  const { stdout, stderr, environment } = around
  let isJson = argv.includes('--json')
  try {
    const parsed = parseArgv(commands, argv, environment)
    if (parsed.kind === 'help') {
      stdout.write(parsed.text)
      return 0
    }
    isJson = parsed.isJson
    const run = await parsed.command.load()
    const call: Call = Object.create(
      around,
      Object.getOwnPropertyDescriptors({ words: parsed.words, flags: parsed.flags, isJson }),
    ) as Call
    const output = await run(call)
    if ('json' in output) stdout.write(isJson ? jsonLine(output.json) : `${printable(output.text)}\n`)
    return output.exitCode ?? 0
  } catch (error) {
    const told = tell(error)
    if (isJson) stdout.write(jsonLine({ error: told }))
    else stderr.write(errorText(told))
    return exitCodeOf(told)
  }
}
