// Fenced blocks of the project's pages. The first word behind the fence is the language, the others say what a test does with it:
//   run            runs it to its end, with exit code 0
//   serve          starts it; it is ready when it prints an address, and stays up while the page goes on
//   stopped        before it runs, whatever the page has started is stopped
//   file=NAME      keeps it under that name in the reader's folder
//   by=TEST        another test runs it, and names the page
//   prints         what the block before it prints, line by line; an ellipsis stands for anything
//   shown          nobody runs it, and a comment above says why: <!-- shown: the reason -->
// A page of docs/coding that another test names is run by that test as a whole.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../packages/stage.ts'

/** A fenced block. */
export type Block = {
  /** The page's path from the root. */
  readonly page: string
  /** Where the block begins, from 1. */
  readonly line: number
  readonly language: string
  readonly words: ReadonlySet<string>
  readonly file: string | undefined
  readonly by: string | undefined
  /** Why nobody runs it. */
  readonly reason: string | undefined
  readonly text: string
}

const skipped = /(^|\/)(node_modules|dist|\.\w[\w-]*)(\/|$)/

/** Every page of the project. */
export function listPages(): readonly string[] {
  const below = (folder: string): readonly string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (skipped.test(path) || entry.isSymbolicLink()) return []
      return entry.isDirectory() ? below(path) : path.endsWith('.md') ? [path] : []
    })
  return below('').toSorted()
}

/** The blocks of a page, in their order. */
export function readBlocks(page: string): readonly Block[] {
  return blocksOf(page, readFileSync(join(root, page), 'utf8'))
}

/** The blocks of a text, as `page`. */
export function blocksOf(page: string, text: string): readonly Block[] {
  const pattern = /(?:^<!-- shown: (.+?) -->\n\n?)?^( *)```([^\n]*)\n([^]*?)^\2```$/gm
  return [...text.matchAll(pattern)].map((match) => {
    const [whole, reason, indent = '', info = '', body = ''] = match
    const [language = '', ...rest] = info.trim().split(/\s+/)
    const valueOf = (name: string): string | undefined =>
      rest.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
    const before = text.slice(0, match.index + whole.indexOf('```'))
    return {
      page,
      line: before.split('\n').length,
      language,
      words: new Set(rest.map((word) => word.split('=')[0]!)),
      file: valueOf('file'),
      by: valueOf('by'),
      reason,
      text: indent === '' ? body : body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }
  })
}

const programs = new Set(['sh', 'bash', 'shell', 'console', 'ts', 'js', 'mjs', 'tsx', 'python', 'py'])
const known = new Set(['run', 'serve', 'stopped', 'file', 'by', 'prints', 'shown'])
const commandLine =
  /^\s*(\$ |npm |npx |node |curl |export |turnpike |python3? |pip |uv |sudo |docker |tar |systemctl )/m

/** What is wrong with how a block is marked, or nothing. */
export function mistakeOf(block: Block): string | undefined {
  const { language, words, by, file, reason, text } = block
  const strange = [...words].find((word) => !known.has(word))
  if (strange !== undefined) return `says "${strange}", which means nothing`
  if (words.has('shown'))
    return reason === undefined ? 'is shown, and no comment above it says why it is not run' : undefined
  if (by !== undefined || file !== undefined || words.has('run') || words.has('serve')) return undefined
  if (programs.has(language)) return `is a program in ${language}, and does not say how it is run`
  if (language === '' && commandLine.test(text)) return 'has commands, and does not say that it is sh'
  return undefined
}
