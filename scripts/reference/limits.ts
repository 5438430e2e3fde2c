// The page of limits: every bound by name, with the value that stands in the sources.
import { readdirSync, readFileSync } from 'node:fs'
import { folderAt } from '../generated.ts'
import { bounds, unbounding, type Bound } from './bounds.ts'
import { code, page, table } from './markdown.ts'

const packages = folderAt('packages')
/** Sources whose constants with Max in their name are bounds of somebody else's doing. */
const rooms = ['node/src', 'sdk/src', 'cli/src'] as const
const apart = /\.(?:test|test-d|fuzz|bench|fixture|compliance)\.ts$|^cli\/src\/demo\/|^cli\/src\/commands\/demo\.ts$/
const declared = /^(?:export )?const (\w*(?:Max|MAX)\w*)(?:: \w+)? = [\d]/gm

const read = (file: string): string => readFileSync(`${packages}/${file}`, 'utf8')

/** The number that a name has in a text: as a constant, a field or a default. @throws Error when there is none */
function valueIn(text: string, { name, file }: { readonly name: string; readonly file: string }): number {
  const [, product] = new RegExp(`\\b${name}(?:: \\w+ =| =|:| \\?\\?) ([\\d_]+(?: \\* [\\d_]+)*)`).exec(text) ?? []
  if (product === undefined) throw new Error(`scripts/reference speaks of ${name}, which ${file} does not have.`)
  return product
    .replaceAll('_', '')
    .split(' * ')
    .reduce((value, factor) => value * Number(factor), 1)
}

function unitOf(name: string): string {
  if (/Ms$|_MS$|Ms[A-Z]/.test(name)) return 'ms'
  return /Bytes|BYTES/.test(name) ? 'bytes' : ''
}

function rowsOf(file: string, constants: { readonly [name: string]: Bound }): readonly (readonly string[])[] {
  const text = read(file)
  return Object.entries(constants).map(([name, [what, beyond]]) => [
    code(name),
    valueIn(text, { name, file }).toLocaleString('en-US'),
    unitOf(name),
    what,
    beyond,
  ])
}

/** Bounds that stand in the sources and in no row. */
function findMissing(): readonly string[] {
  const known = new Set(unbounding)
  for (const files of Object.values(bounds))
    for (const [file, constants] of Object.entries(files))
      for (const name of Object.keys(constants)) known.add(`${file} ${name}`)
  const files = rooms.flatMap((room) =>
    readdirSync(`${packages}/${room}`, { recursive: true, encoding: 'utf8' }).map((path) => `${room}/${path}`),
  )
  return files
    .filter((file) => file.endsWith('.ts') && !apart.test(file))
    .flatMap((file) => [...read(file).matchAll(declared)].map(([, name]) => `${file} ${name}`))
    .filter((bound) => !known.has(bound))
}

/** @throws Error when sources and rows name different bounds */
export function limitsPage(): string {
  const missing = findMissing()
  if (missing.length > 0) throw new Error(`scripts/reference/bounds.ts says nothing of ${missing.join(', ')}.`)
  const head = ['name', 'value', 'unit', 'what it bounds', 'what comes of more']
  const parts = Object.entries(bounds).map(([floor, files]) => {
    const rows = Object.entries(files).flatMap(([file, constants]) => rowsOf(file, constants))
    return `## ${floor}\n\n${table(head, rows)}`
  })
  return page(
    'Limits',
    'Fixed in the code: those of the chain are the same for every chain of this version. What a chain may choose stands in [params](params.md), what a node may choose in [settings](settings.md), and the most bytes of a body at each of the [routes](routes.md). Sizes of other texts and lists stand beside the fields of [messages](messages.md). Codes are explained [on a page of theirs](codes.md).',
    ...parts,
  )
}
