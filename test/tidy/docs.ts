// House rule 10: one title per page, links and paths lead somewhere, and the tree in ARCHITECTURE.md is the tree.
import { posix } from 'node:path'
import { exists, isLive, isTest, moduleOf } from './tree.ts'
import type { Finding, Rule, Tree } from './tree.ts'

const architecture = 'ARCHITECTURE.md'

/** A page with its fenced blocks blanked, so that lines stay where they were. */
function prose(text: string): string {
  let isFenced = false
  return text
    .split('\n')
    .map((line) => {
      const isFence = /^\s*```/.test(line)
      if (isFence) isFenced = !isFenced
      return isFence || isFenced ? '' : line
    })
    .join('\n')
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function titles(_tree: Tree, path: string, text: string): readonly Finding[] {
  const found = [...prose(text).matchAll(/^# .+$/gm)]
  if (found.length === 1 && text.replace(/^\s*<!--[^]*?-->\s*/, '').startsWith('# ')) return []
  return [{ path, text: `has ${found.length} titles. A page begins with its one title ("# …").` }]
}

function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...prose(text).matchAll(/^#+ (.+)$/gm)]
  const slug = (heading: string): string =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-')
  return new Set(headings.map((match) => slug(match[1]!)))
}

function links(tree: Tree, path: string, text: string): readonly Finding[] {
  const findings: Finding[] = []
  const body = prose(text).replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length))
  for (const match of body.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)) {
    const link = match[1]!
    if (/^(?:https?|mailto):/.test(link)) continue
    const [file, anchor] = link.split('#')
    const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file!))
    const line = lineOf(body, match.index)
    if (!exists(tree, target)) findings.push({ path, line, text: `links to ${link}, and there is no such file.` })
    else if (anchor !== undefined && !anchorsOf(tree.files.get(target) ?? '').has(anchor)) {
      findings.push({ path, line, text: `links to ${link}, and ${target} has no such heading.` })
    }
  }
  return findings
}

/** Paths from the root that stand in backticks; a star stands for any name. */
function paths(tree: Tree, path: string, text: string): readonly Finding[] {
  const findings: Finding[] = []
  const body = prose(text)
  for (const match of body.matchAll(
    /`((?:packages|sim|test|bench|vectors|examples|docs|scripts|\.ci)\/[\w./*<>-]*)`/g,
  )) {
    const named = match[1]!
    if (/[*<>]/.test(named) || exists(tree, named)) continue
    findings.push({
      path,
      line: lineOf(body, match.index),
      text: `names ${named}, and there is no such file or folder.`,
    })
  }
  return findings
}

/** Files of code in backticks, by the end of their path: walks are read with the files open. `x.test.ts` stands for any. */
function namedFiles(tree: Tree, path: string, text: string): readonly Finding[] {
  const body = prose(text)
  const named = [...body.matchAll(/`(?!x\.)([\w./-]+\.(?:tsx?|mjs|css))`/g)]
  return named.flatMap((match): readonly Finding[] => {
    const file = match[1]!
    const isThere = [...tree.files.keys()].some((each) => each === file || each.endsWith(`/${file}`))
    const line = lineOf(body, match.index)
    return isThere ? [] : [{ path, line, text: `names ${file}, and no file's path ends so.` }]
  })
}

type Entry = { readonly path: string; readonly line: number }

/** What the tree blocks of a page list: each block opens with its root, folders end in a slash, files hang by their indent. */
function listedIn(text: string): readonly Entry[] {
  const entries: Entry[] = []
  let stack: readonly { readonly indent: number; readonly path: string }[] | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('```')) stack = line.trim() === '```tree' ? [] : undefined
    else if (stack !== undefined && line.trim() !== '') {
      const indent = line.length - line.trimStart().length
      let parents: readonly { readonly indent: number; readonly path: string }[] = stack.filter(
        (each) => each.indent < indent,
      )
      const folder = /^\s*([\w./-]+\/)(?=\s|$)/.exec(line)?.[1]
      if (folder !== undefined) {
        const path = `${parents.at(-1)?.path ?? ''}${folder}`.replace(/^turnpike\//, '')
        parents = [...parents, { indent, path }]
        entries.push({ path, line: index + 1 })
      }
      const here = parents.at(-1)?.path ?? ''
      for (const match of line.matchAll(/(?<![\w/.-])[\w.-]+\.(?:tsx?|m?js|json|md|css|html)(?![\w/-])/g)) {
        entries.push({ path: `${here}${match[0]}`, line: index + 1 })
      }
      stack = parents
    }
  }
  return entries.filter((entry) => entry.path !== '')
}

/** The names of a module that need no line of their own in the tree (ARCHITECTURE.md says what they are). */
const usualNames = new Set(['module.ts', 'wire.ts', 'state.ts', 'queries.ts', 'params.ts', 'invariants.ts', 'index.ts'])

function needsLine(path: string): boolean {
  if (moduleOf(path) !== undefined && usualNames.has(posix.basename(path))) return false
  return (
    (isLive(path) || path.endsWith('.css')) &&
    /^(?:packages\/[^/]+\/(?:src|testing|bin)|sim|scripts|bench)\//.test(path)
  )
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`)
}

function floorPlan(tree: Tree): readonly Finding[] {
  const text = tree.files.get(architecture)
  if (text === undefined) return []
  const listed = listedIn(text)
  const known = new Set(listed.map((entry) => entry.path))
  const findings: Finding[] = []
  for (const { path, line } of listed) {
    if (!exists(tree, path)) findings.push({ path: architecture, line, text: `lists ${path}, which does not exist.` })
  }
  for (const path of tree.files.keys()) {
    if (needsLine(path) && !known.has(path))
      findings.push({ path, text: `has no line in the tree of ${architecture}. Say there what it is.` })
  }
  const folders = new Set([...tree.files.keys()].filter((path) => isLive(path) || isTest(path)).flatMap(foldersOf))
  for (const path of folders) {
    if (!known.has(path))
      findings.push({ path, text: `has no line in the tree of ${architecture}. Say there what stands in it.` })
  }
  return findings
}

function pagesOf(tree: Tree): readonly (readonly [string, string])[] {
  return [...tree.files].filter(([path]) => path.endsWith('.md') && !path.startsWith('vectors/'))
}

const plan = [
  '# Architecture',
  '',
  '## The tree',
  '```tree',
  'turnpike/',
  '  sim/      seeded',
  '    main.ts random.ts  both',
  '```',
  '',
].join('\n')

/** House rule 10. */
export const docs: Rule = {
  item: '10',
  claim: 'pages have one title, links and paths lead somewhere, the tree in ARCHITECTURE.md is the tree',
  check: (tree) => [
    ...pagesOf(tree).flatMap(([path, text]) =>
      [titles, links, paths, namedFiles].flatMap((of) => of(tree, path, text)),
    ),
    ...floorPlan(tree),
  ],
  good: {
    [architecture]: plan,
    'README.md':
      '# Turnpike\n\n[tree](ARCHITECTURE.md#the-tree), [site](https://example.org), `sim/main.ts`, `sim/<module>.ts`\n```\n# a comment\n[x](y)\n```\n',
    'sim/main.ts': '',
    'sim/random.ts': '',
  },
  bad: [
    { name: 'two titles', change: { 'README.md': '# One\n\n# Two\n' }, finds: 'README.md has 2 titles' },
    { name: 'no title', change: { 'README.md': 'Turnpike\n' }, finds: 'README.md has 0 titles' },
    {
      name: 'a dead link',
      change: { 'README.md': '# T\n\n[start](docs/start.md)\n' },
      finds: 'README.md:3 links to docs/start.md',
    },
    {
      name: 'a dead anchor',
      change: { 'README.md': '# T\n\n[t](ARCHITECTURE.md#the-forest)\n' },
      finds: 'has no such heading',
    },
    {
      name: 'a dead path',
      change: { 'README.md': '# T\n\nSee `sim/faults.ts`.\n' },
      finds: 'README.md:3 names sim/faults.ts',
    },
    {
      name: 'a file that is not there',
      change: { 'README.md': '# T\n\nSee `auditor/bank.ts`.\n' },
      finds: 'README.md:3 names auditor/bank.ts',
    },
    {
      name: 'a folder without a line',
      change: { 'sim/auditor/bank.ts': '' },
      finds: 'sim/auditor/ has no line in the tree',
    },
    {
      name: 'a file without a line',
      change: { 'sim/faults.ts': '' },
      finds: 'sim/faults.ts has no line in the tree',
    },
    {
      name: 'a line without a file',
      change: { 'sim/random.ts': null },
      finds: 'ARCHITECTURE.md:7 lists sim/random.ts',
    },
  ],
}
