// The front end for argv: finds the row of the table, reads words and flags, and computes help from it.
import { parseArgs } from 'node:util'
import type { Command, Flag } from './command.ts'
import { usageError } from './failure.ts'
import { columns } from './output.ts'

type Environment = { readonly [name: string]: string | undefined }

/** What was asked for. */
export type Parsed =
  | { readonly kind: 'help'; readonly text: string }
  | {
      readonly kind: 'run'
      readonly command: Command
      readonly words: Values
      readonly flags: Values
      readonly isJson: boolean
    }
/** What parseArgs makes of switches and values. */
type Given = { readonly [name: string]: string | boolean | undefined }
type Values = { readonly [name: string]: string | undefined }

/** Every command takes these. */
const everywhere: { readonly [name: string]: Flag } = {
  json: { summary: 'answer with one JSON object', isSwitch: true },
  help: { summary: 'say how the command is used', isSwitch: true },
}

/** The variable that stands for a flag. */
export function variableOf(flag: string): string {
  return `TURNPIKE_${flag.replaceAll('-', '_').toUpperCase()}`
}

/** @throws CliError `cli/usage` for a word, flag or value that the command does not have */
export function parseArgv(commands: readonly Command[], argv: readonly string[], environment: Environment): Parsed {
  const command = findCommand(commands, argv)
  const wantsHelp = argv.includes('--help') || argv.includes('-h') || argv[0] === 'help'
  if (command === undefined) {
    if (argv.length === 0 || wantsHelp || isGroup(commands, argv))
      return { kind: 'help', text: overview(commands, argv) }
    throw usageError(`There is no command "${argv.slice(0, 2).join(' ')}".`, 'turnpike --help lists the commands.')
  }
  if (wantsHelp) return { kind: 'help', text: helpOf(command) }
  const { values, positionals } = read(command, argv.slice(command.name.split(' ').length))
  return { kind: 'run', command, words: wordsOf(command, positionals), ...flagsOf(command, values, environment) }
}

function findCommand(commands: readonly Command[], argv: readonly string[]): Command | undefined {
  const asked = argv[0] === 'help' ? argv.slice(1) : argv
  return commands.find(({ name }) => name.split(' ').every((word, i) => asked[i] === word))
}

function isGroup(commands: readonly Command[], argv: readonly string[]): boolean {
  return argv.length === 1 && commands.some(({ name }) => name.startsWith(`${argv[0]} `))
}

function read(
  command: Command,
  argv: readonly string[],
): { readonly values: Given; readonly positionals: readonly string[] } {
  const flags = Object.entries({ ...command.flags, ...everywhere })
  const options = Object.fromEntries(
    flags.map(([name, { isSwitch }]) => [name, { type: isSwitch === true ? 'boolean' : 'string' } as const]),
  )
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
    return { values, positionals }
  } catch (error) {
    throw usageError(
      error instanceof Error ? error.message.split('. ')[0]! : String(error),
      `turnpike ${command.name} --help says how.`,
    )
  }
}

function wordsOf({ name, args }: Command, given: readonly string[]): Values {
  const hint = `turnpike ${name} --help says how.`
  if (given.length > args.length) throw usageError(`"${given[args.length]}" is one word too many.`, hint)
  const missing = args.find(({ isOptional }, i) => isOptional !== true && given[i] === undefined)
  if (missing !== undefined) throw usageError(`${missing.name} is missing: ${missing.summary}.`, hint)
  return Object.fromEntries(args.map((arg, i) => [arg.name, given[i]]))
}

function flagsOf(
  command: Command,
  values: Given,
  environment: Environment,
): { readonly flags: Values; readonly isJson: boolean } {
  const flags: Record<string, string | undefined> = {}
  for (const [name, flag] of Object.entries({ ...command.flags, json: everywhere['json']! })) {
    const given = values[name]
    const variable = environment[variableOf(name)]
    if (given !== undefined) flags[name] = String(given)
    else if (variable !== undefined && variable !== '')
      flags[name] = flag.isSwitch === true ? switchOf(name, variable) : variable
  }
  return { flags, isJson: flags['json'] === 'true' }
}

function switchOf(name: string, text: string): string | undefined {
  if (text === '1' || text === 'true') return 'true'
  if (text === '0' || text === 'false') return undefined
  throw usageError(`${variableOf(name)} is neither 1 nor 0.`, 'Set it to 1 or leave it out.')
}

function usageOf({ name, args }: Command): string {
  return ['turnpike', name, ...args.map((arg) => (arg.isOptional === true ? `[${arg.name}]` : arg.name))].join(' ')
}

function flagRows(flags: { readonly [name: string]: Flag }): readonly (readonly [string, string])[] {
  return Object.entries(flags).map(([name, { value, summary }]) => [
    `  --${name}${value === undefined ? '' : ` ${value}`}`,
    summary,
  ])
}

/** The help of one command. */
function helpOf(command: Command): string {
  const { summary, args, flags } = command
  const words = args.length === 0 ? [] : ['', columns(args.map((arg) => [`  ${arg.name}`, arg.summary]))]
  return [
    `${usageOf(command)} [flags]`,
    summary,
    ...words,
    '',
    columns(flagRows({ ...flags, ...everywhere })),
    '',
  ].join('\n')
}

/** The table in a few lines; of one group, if a group was named. */
function overview(commands: readonly Command[], argv: readonly string[]): string {
  const group = commands.filter(({ name }) => name.startsWith(`${argv[0]} `))
  const shown = group.length > 0 ? group : commands
  return [
    'turnpike: payments between agents and APIs, inside budgets that hold',
    '',
    columns(shown.map((command) => [`  ${usageOf(command).replace(/^turnpike /, '')}`, command.summary])),
    '',
    'Each command explains itself with --help and answers scripts with --json.',
    'Every flag has a variable: --url is TURNPIKE_URL. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.',
    '',
  ].join('\n')
}
