// House rule 6: the pages of docs/reference and the tables of the code say the same. Once by making the pages anew, and once by
// reading the committed ones as a person does, row by row, so that a generator that forgets something is found too.
import { readdirSync, readFileSync } from 'node:fs'
import { createChain, developmentModules } from '@turnpike/chain'
import type { Module } from '@turnpike/chain'
import { commands } from '@turnpike/cli'
import { historyQuestions, listSettings } from '@turnpike/node'
import { describe, expect, it } from 'vitest'
import { folderAt } from '../scripts/generated.ts'
import { createReference } from '../scripts/reference/pages.ts'
import { readSurface } from '../scripts/reference/surface.ts'

const folder = folderAt('docs/reference')
const app = createChain(developmentModules)
const surface = await readSurface()

const read = (name: string): string => readFileSync(`${folder}/${name}.md`, 'utf8')

/** The part of a page under one of its headings. */
function under(name: string, heading: string): string {
  return (
    read(name)
      .split(/^## /m)
      .find((part) => part.startsWith(`${heading}\n`)) ?? ''
  )
}

/** The names in the first column of every table of a text. */
function rowsOf(text: string): readonly string[] {
  return [...text.matchAll(/^\| (?:\[)?`([^`]+)`/gm)].map((match) => match[1]!)
}

function headingsOf(name: string): readonly string[] {
  return [...read(name).matchAll(/^## (.+)$/gm)].map((match) => match[1]!)
}

/** The cells of the row of a name. */
function cellsOf(text: string, name: string): readonly string[] {
  const line = text.split('\n').find((each) => each.startsWith(`| \`${name}\` |`)) ?? ''
  return line.split(/(?<!\\)\|/).map((cell) => cell.trim())
}

const sorted = (names: Iterable<string>): readonly string[] => [...names].toSorted()

/** Every code that stands in the live sources of the packages above the chain, however it is thrown. */
function codesInSources(): ReadonlySet<string> {
  const ledgers = new Set(['wire', ...app.modules.map(({ name }) => name)])
  const others = /^(?:application|text|image|font|zod|viem)\//
  const codes = new Set<string>()
  for (const room of ['node', 'sdk', 'cli']) {
    const src = folderAt(`packages/${room}/src`)
    for (const path of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts') || /\.(?:test|fuzz|fixture|compliance)\.ts$/.test(path)) continue
      const text = readFileSync(`${src}/${path}`, 'utf8')
      for (const [, name] of text.matchAll(/'([a-z]+\/[a-z_]+)'/g)) {
        const isLedgers = ledgers.has(name!.split('/')[0]!)
        if (!isLedgers && !others.test(name!) && !historyQuestions.has(name!)) codes.add(name!)
      }
      // Two files name the room once, and what follows where it is thrown.
      if (room === 'sdk') for (const [, name] of text.matchAll(/\bownError\(\s*'([a-z_]+)'/g)) codes.add(`sdk/${name}`)
      if (path === 'keystore.ts')
        for (const [, name] of text.matchAll(/\bfailure\(\s*'([a-z_]+)'/g)) codes.add(`keystore/${name}`)
    }
  }
  return codes
}

describe('docs/reference', () => {
  it('is what npm run reference writes', () => {
    const made = createReference(surface)
    expect(sorted(readdirSync(folder))).toEqual(sorted(made.keys()))
    for (const [name, text] of made)
      expect(readFileSync(`${folder}/${name}`, 'utf8') === text, `${name} differs: run npm run reference.`).toBe(true)
  })

  it('has every message and every event with its number and all its fields', () => {
    const events = app.modules.flatMap((module: Module) => module.events ?? [])
    for (const [name, rows] of [
      ['messages', app.definitions],
      ['events', events],
    ] as const) {
      const headings = headingsOf(name).filter((heading) => heading.includes('/'))
      expect(headings).toEqual(rows.map(({ type }) => type))
      for (const { type, codec } of rows)
        expect(rowsOf(under(name, type))).toEqual(codec.shape.is === 'record' ? Object.keys(codec.shape.of) : [])
    }
    for (const { type, number } of app.definitions)
      expect(read('messages')).toContain(`(#${type.toLowerCase().replace('/', '')}) | ${number} |`)
    for (const { type, number } of events) expect(under('events', type)).toContain(`Number ${number}.`)
  })

  it('has every code of the ledger with number, retry, text and hint', () => {
    const text = under('codes', 'Of the ledger')
    expect(rowsOf(text)).toEqual([...app.codes.values()].map(({ code }) => code))
    for (const { code, number, retry, text: says, hint } of app.codes.values())
      expect(cellsOf(text, code).slice(2, 6)).toEqual([String(number), retry, says, hint])
  })

  it('has every other code that stands in the sources, and no more', () => {
    const ledgers = new Set<string>(rowsOf(under('codes', 'Of the ledger')))
    expect(sorted(rowsOf(read('codes')).filter((code) => !ledgers.has(code)))).toEqual(sorted(codesInSources()))
  })

  it('has every parameter that turnpike_params answers, with its value on a chain that sets none', () => {
    const text = read('params')
    const optional = app.params.filter(({ initial }) => initial === undefined).map(({ name }) => name)
    expect(sorted(rowsOf(text))).toEqual(sorted(new Set([...Object.keys(surface.params), ...optional])))
    for (const name of rowsOf(text)) {
      const [, , shown] = cellsOf(text, name)
      expect([name, shown]).toEqual([name, JSON.stringify(surface.params[name] ?? 'none').replaceAll('"', '')])
    }
  })

  it('has every query with its arguments, and says whose business it is', () => {
    const text = read('queries')
    const own = [...historyQuestions].map(([name, question]) => ({ name, ...question }))
    const queries = [...app.queries.values(), ...own]
    expect(headingsOf('queries')).toEqual(queries.map(({ name }) => name))
    for (const { name, args, subject } of queries) {
      expect(rowsOf(under('queries', name))).toEqual(args.shape.is === 'record' ? Object.keys(args.shape.of) : [])
      const row = text.split('\n').find((line) => line.startsWith(`| [\`${name}\`]`))!
      expect([name, row.includes('| anybody |')]).toEqual([name, subject === undefined])
    }
  })

  it('has every route with its answers, and every method', () => {
    const routes = Object.entries(surface.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, route]) => ({ heading: `${method.toUpperCase()} ${path}`, route })),
    )
    expect(headingsOf('routes')).toEqual(routes.map(({ heading }) => heading))
    for (const { heading, route } of routes) {
      const shown = [...under('routes', heading).matchAll(/^\| (\d{3}) \|/gm)].map((match) => match[1]!)
      expect([heading, ...shown]).toEqual([heading, ...Object.keys(route.responses)])
    }
    const methods = routes.flatMap(({ route }) => route['x-methods'] ?? [])
    expect(methods.length).toBeGreaterThan(0)
    expect(rowsOf(read('methods'))).toEqual(methods.map(({ name }) => name))
  })

  it('has every command with its words and flags', () => {
    expect(headingsOf('commands')).toEqual(commands.map(({ name }) => `turnpike ${name}`))
    for (const { name, args, flags } of commands) {
      const shown = rowsOf(under('commands', `turnpike ${name}`)).map((row) => row.split(' ')[0])
      expect(shown).toEqual([...args.map((arg) => arg.name), ...Object.keys(flags).map((flag) => `--${flag}`)])
    }
  })

  it('has every setting with its variable, default and bounds', () => {
    const text = read('settings')
    expect(rowsOf(text)).toEqual(listSettings().map(({ name }) => name))
    for (const { name, variable, initial, bounds } of listSettings()) {
      const [, , shownVariable, shownDefault, shownBounds = ''] = cellsOf(text, name)
      expect([name, shownVariable, shownDefault]).toEqual([name, `\`${variable}\``, `\`${initial ?? 'none'}\``])
      const words = bounds === undefined ? [] : 'min' in bounds ? [bounds.min, bounds.max] : bounds
      expect([name, shownBounds.split(/ to |, /).map((word) => word.replaceAll('`', ''))]).toEqual([
        name,
        words.length === 0 ? [''] : words.map(String),
      ])
    }
  })

  it('has every metric of ours that a node shows', () => {
    const shown = [...surface.metrics.matchAll(/^# TYPE (turnpike_\w+) \w+$/gm)].map((match) => match[1]!)
    expect(shown.length).toBeGreaterThan(0)
    expect(rowsOf(read('metrics'))).toEqual(shown)
  })
})
