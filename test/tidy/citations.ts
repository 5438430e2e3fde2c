// House rule 10, citations: where a comment names a section of an internals page, as in (decisions 5), that section is there.
import type { Finding, Rule, Tree } from './tree.ts'
import { isSource, isTest } from './tree.ts'

const cited = /\b(decisions|shapes|agent-policy|x402) (\d+)(?:\.(\d+))?(?![\d.]*\d)/g

/** The sections of a page: `5` and `5.1` from headings, `16.6` also from the sixth item of a numbered list under 16. */
function sectionsOf(text: string): ReadonlySet<string> {
  const sections = new Set<string>()
  let section = ''
  for (const line of text.split('\n')) {
    const heading = /^#{2,3} (\d+(?:\.\d+)?)\.? /.exec(line)?.[1]
    const item = /^(\d+)\. /.exec(line)?.[1]
    if (heading !== undefined) section = heading
    if (heading !== undefined || item !== undefined) sections.add(heading ?? `${section}.${item}`)
  }
  return sections
}

function check(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  const known = new Map<string, ReadonlySet<string>>()
  for (const [path, text] of tree.files) {
    if (!(isSource(path) || isTest(path)) || path.startsWith('test/tidy')) continue
    for (const [citation, name, section, part] of text.matchAll(cited)) {
      const page = `docs/internals/${name}.md`
      if (!known.has(page)) known.set(page, sectionsOf(tree.files.get(page) ?? ''))
      const wanted = part === undefined ? section! : `${section}.${part}`
      if (!known.get(page)!.has(wanted))
        findings.push({ path, text: `cites (${citation}), and ${page} has no such section.` })
    }
  }
  return findings
}

/** House rule 10, for comments. */
export const citations: Rule = {
  item: '10, citations',
  claim: 'comments cite sections of docs/internals that are there',
  check,
  good: {
    'docs/internals/decisions.md': '# Decisions\n\n## 5. Durability\n\n1. One.\n2. Two.\n\n### 5.7 Segments\n',
    'packages/node/src/node.ts': '// One write (decisions 5), two rules (decisions 5.2), x402 v2 (decisions 5.7).\n',
  },
  bad: [
    {
      name: 'a section that is not there',
      change: { 'packages/node/src/node.ts': '// One write (decisions 6).\n' },
      finds: 'cites (decisions 6)',
    },
    {
      name: 'a part that is not there',
      change: { 'packages/node/src/node.ts': '// One write (decisions 5.3).\n' },
      finds: 'cites (decisions 5.3)',
    },
    {
      name: 'a page that is not there',
      change: { 'packages/node/src/node.ts': '// As a wallet does (shapes 5).\n' },
      finds: 'docs/internals/shapes.md has no such section',
    },
  ],
}
