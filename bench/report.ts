// Writes what a full benchmark run measured: figures as JSON beside the benchmark, a section in the internals docs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { fileURLToPath } from 'node:url'

const docsUrl = new URL('../docs/internals/benchmarks.md', import.meta.url)

const preface = `# Benchmarks

Written by \`npm run bench\`; every section is replaced when its benchmark runs in full. R is one native secp256k1
recovery, measured in the same run: compare the ratios, not the figures of different machines.
`

/** What was measured on, in one line. */
export function describeMachine(): string {
  const all = cpus()
  return `${all.length} x ${all[0]?.model.trim() ?? 'unknown processor'}, Linux ${release()}, Node ${process.version}`
}

/** How busy it was: the load averages of the last 1, 5 and 15 minutes. */
export function describeLoad(): string {
  return loadavg()
    .map((average) => average.toFixed(2))
    .join(' ')
}

/** A table in Markdown; the first column is text, the others are figures. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

/** One section of the page: what it is called, its text, and the figures it was made of. */
export type Section = { readonly name: string; readonly markdown: string; readonly figures: object }

/** Replaces the section in `docs/internals/benchmarks.md`, or appends it, and writes `bench/<name>.json`. */
export function writeSection({ name, markdown, figures }: Section): void {
  writeFileSync(new URL(`./${name}.json`, import.meta.url), `${JSON.stringify(figures, null, 2)}\n`)
  const [open, close] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const page = existsSync(docsUrl) ? readFileSync(docsUrl, 'utf8') : preface
  const section = `${open}\n\n${markdown.trim()}\n\n${close}`
  const [from, to] = [page.indexOf(open), page.indexOf(close)]
  const replaced =
    from < 0 || to < 0
      ? `${page.trimEnd()}\n\n${section}\n`
      : page.slice(0, from) + section + page.slice(to + close.length)
  mkdirSync(new URL('.', docsUrl), { recursive: true })
  writeFileSync(docsUrl, replaced)
  console.log(`\nWritten: ${fileURLToPath(docsUrl)} and bench/${name}.json`)
}
