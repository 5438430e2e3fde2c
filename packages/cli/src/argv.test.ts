// From argv to a row of the table: words, flags, variables, help, and what is no command.
import { describe, expect, it } from 'vitest'
import { parseArgv, variableOf } from './argv.ts'
import { commands } from './commands.ts'
import { call } from './surroundings.fixture.ts'

function run(argv: readonly string[], environment = {}): Extract<ReturnType<typeof parseArgv>, { kind: 'run' }> {
  const parsed = parseArgv(commands, argv, environment)
  if (parsed.kind !== 'run') throw new Error(parsed.text)
  return parsed
}

describe('argv', () => {
  it('finds the command, its words and its flags', () => {
    const parsed = run(['agent', 'create', 'buyer', '--per-call', '0.05', '--json'])
    expect(parsed.command.name).toBe('agent create')
    expect(parsed).toMatchObject({ words: { NAME: 'buyer' }, flags: { 'per-call': '0.05' }, isJson: true })
  })

  it('takes variables where no flag is given, and the flag where both are', () => {
    const environment = { TURNPIKE_PORT: '5000', TURNPIKE_HOME: '/data', TURNPIKE_DEV: '1', TURNPIKE_JSON: '0' }
    expect(run(['up', '--port', '0'], environment)).toMatchObject({
      flags: { port: '0', home: '/data', dev: 'true' },
      isJson: false,
    })
    expect(variableOf('per-call')).toBe('TURNPIKE_PER_CALL')
    expect(() => run(['up'], { TURNPIKE_DEV: 'yes' })).toThrow('TURNPIKE_DEV is neither 1 nor 0')
  })

  it.each([
    [['nothing'], 'There is no command "nothing"'],
    [['sandbox'], 'There is no command "sandbox"'],
    [['export', '--home', 'x'], 'There is no command'],
    [['agent', 'delete', 'x'], 'There is no command "agent delete"'],
    [['agent', 'create'], 'NAME is missing'],
    [['agent', 'create', 'a', 'b'], '"b" is one word too many'],
    [['up', '--nonsense'], '--nonsense'],
    [['up', '--port'], '--port'],
    [['up', '--dev=1'], '--dev'],
  ])('%j is wrong usage, exit code 2', async (argv, message) => {
    const { exitCode, stdout, stderr } = await call(argv)
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).toContain('(cli/usage)')
    const told = await call([...argv, '--json'])
    expect(told.exitCode).toBe(2)
    expect(JSON.parse(told.stdout)).toMatchObject({ error: { code: 'cli/usage', hint: expect.any(String) as string } })
  })

  it('computes help from the table, for all, for a group and for every command', async () => {
    const all = await call(['--help'])
    expect(all.exitCode).toBe(0)
    for (const { name } of commands) expect(all.stdout).toContain(`  ${name} `)
    const group = await call(['agent', '--help'])
    expect(group.stdout).toContain('agent freeze')
    expect(group.stdout).not.toContain('wallet')
    for (const { name, flags } of commands) {
      const { exitCode, stdout } = await call([...name.split(' '), '--help'])
      expect(exitCode).toBe(0)
      for (const flag of [...Object.keys(flags), 'json', 'help']) expect(stdout).toContain(`--${flag}`)
    }
    expect(await call([])).toEqual(all)
  })
})
