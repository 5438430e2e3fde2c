// The part of house rule 5 that holds a module's README against its code: headings that apply, in order, and every name in wire.ts.
import type { Wire } from './wireText.ts'
import type { Finding } from './tree.ts'

type Page = {
  readonly name: string
  readonly folder: string
  readonly wire: Wire
  readonly readme: string | undefined
  readonly text: (file: string) => string | undefined
}

/** The headings in their order, and when each is due. */
const headings: readonly { readonly title: string; readonly isDue: (page: Page) => boolean }[] = [
  { title: 'Purpose', isDue: () => true },
  { title: 'State', isDue: (page) => page.text('state.ts') !== undefined },
  { title: 'Messages', isDue: (page) => page.wire.messages.length > 0 },
  { title: 'Events', isDue: (page) => page.wire.events.length > 0 },
  { title: 'Codes', isDue: (page) => page.wire.codes.length > 0 },
  { title: 'Params', isDue: (page) => page.text('params.ts') !== undefined },
  { title: 'Invariants', isDue: (page) => page.text('invariants.ts') !== undefined },
  { title: 'Who decides what', isDue: () => true },
]

/** The text of each second-level section of a page, by its title. */
function sectionsOf(page: string): ReadonlyMap<string, string> {
  const sections = new Map<string, string>()
  for (const part of page.split(/^## /m).slice(1)) {
    const end = part.indexOf('\n')
    sections.set((end < 0 ? part : part.slice(0, end)).trim(), end < 0 ? '' : part.slice(end))
  }
  return sections
}

function checkHeadings(page: Page, titles: readonly string[]): readonly string[] {
  const due = headings.filter((heading) => heading.isDue(page)).map((heading) => heading.title)
  const known = headings.map((heading) => heading.title)
  const missing = due
    .filter((title) => !titles.includes(title))
    .map((title) => `has no heading "${title}", and the code calls for it.`)
  const places = titles.filter((title) => known.includes(title)).map((title) => known.indexOf(title))
  const isOrdered = places.every((place, index) => index === 0 || places[index - 1]! < place)
  return [
    ...missing,

    ...(isOrdered ? [] : [`has its headings out of order; the order is ${known.join(', ')}.`]),
  ]
}

/** Whether a page names a thing as a word of its own, with or without the module before it. */
function names(text: string, word: string): boolean {
  return new RegExp(`(?:^|[^\\w])${word.replace('/', '\\/')}(?![\\w])`).test(text)
}

function checkNames(page: Page, sections: ReadonlyMap<string, string>): readonly string[] {
  const { messages, events, codes } = page.wire
  const short = (type: string): string => type.slice(type.indexOf('/') + 1)
  const wanted = [...messages.map((message) => short(message.type)), ...events.map(short), ...codes]
  const missing = wanted
    .filter((word) => !names(page.readme ?? '', word))
    .map((word) => `says nothing of ${word}, which wire.ts declares.`)
  const listed = [...(sections.get('Codes') ?? '').matchAll(/`([a-z]+)\/([a-z0-9_]+)`/g)]
    .filter((match) => match[1] === page.name)
    .map((match) => match[2]!)
  const gone = listed
    .filter((code) => !codes.includes(code))
    .map((code) => `lists the code ${code}, which wire.ts does not have.`)
  return [...missing, ...gone]
}

/** Holds the README of a module against its code. */
export function checkReadme(page: Page): readonly Finding[] {
  if (page.readme === undefined) return []
  const sections = sectionsOf(page.readme)
  const problems = [...checkHeadings(page, [...sections.keys()]), ...checkNames(page, sections)]
  return problems.map((text) => ({ path: `${page.folder}README.md`, text }))
}
