// Any words on the command line: help, a command with its words and flags, or a usage error.
import { fuzzParser } from '@turnpike/chain/testing'
import { Text } from '@turnpike/chain/wire'
import { expect, it } from 'vitest'
import { parseArgv } from './argv.ts'
import { commands } from './commands.ts'
import { parseCount } from './count.ts'
import { CliError } from './failure.ts'

const decoder = new TextDecoder()

it('T32 any words', async () => {
  const names = commands.map(({ name, args }) => [name, ...args.map(() => 'x')].join(' '))
  const outcomes = await fuzzParser({
    name: 'argv',
    seeds: ['', 'help', 'up --dev --port 0 --home=/a', ...names].map(Text.toBytes),
    pieces: [' ', '--', '-', '=', '--json', '--help', '--no-json', ' -- ', '__proto__', '--url '].map(Text.toBytes),
    errors: [CliError],
    judge(input) {
      const words = decoder.decode(input).split(' ')
      const parsed = parseArgv(commands, words[0] === '' ? [] : words, { TURNPIKE_URL: 'http://x', TURNPIKE_JSON: '1' })
      if (parsed.kind === 'help') return 'help'
      const known = new Set([...Object.keys(parsed.command.flags), 'json'])
      for (const flag of Object.keys(parsed.flags)) expect(known).toContain(flag)
      return parsed.command.name
    },
  })
  for (const { name } of commands) expect(outcomes).toContain(name)
})

it('T32 any text as a count', async () => {
  const outcomes = await fuzzParser({
    name: 'count',
    seeds: ['0', '1', '999999999', '1000000000'].map(Text.toBytes),
    pieces: ['-', '+', '.', 'e3', '0x', ' ', '１', '\n'].map(Text.toBytes),
    errors: [CliError],
    judge(input) {
      const text = decoder.decode(input)
      expect(String(parseCount('last', text))).toBe(text.replace(/^0+(?=[0-9])/, ''))
      return 'a count'
    },
  })
  expect(outcomes).toContain('a count')
})
