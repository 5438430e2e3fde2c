// Every command and every program that a page of ours shows is run, from its fence, as a reader would. test/docs/blocks.ts says
// how a block is marked.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blocksOf, listPages, mistakeOf, readBlocks } from './docs/blocks.ts'
import type { Block } from './docs/blocks.ts'
import { expectPrinted } from './docs/printed.ts'
import { openSession } from './docs/session.ts'
import { root } from './packages/stage.ts'
import { findFreePort } from './processes/turnpike.ts'

/** Pages that a test of their own runs as a whole: it names them. */
const otherTests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && path !== 'docs.test.ts')
  .map((path) => readFileSync(join(root, 'test', path), 'utf8'))
const isRunElsewhere = (page: string): boolean =>
  page.startsWith('docs/coding/') && otherTests.some((text) => text.includes(page))

const pages = listPages()
  .filter((page) => !isRunElsewhere(page))
  .map((page) => ({ page, blocks: readBlocks(page) }))
const doesSomething = ({ words, by }: Block): boolean => by === undefined && (words.has('run') || words.has('serve'))

describe('blocks', () => {
  it('of every page say what is done with them', () => {
    const blocks = pages.flatMap((page) => page.blocks)
    expect(blocks.length).toBeGreaterThan(20)
    const mistakes = blocks.map((block) => ({ at: `${block.page}:${block.line}`, mistake: mistakeOf(block) }))
    expect(mistakes.filter(({ mistake }) => mistake !== undefined)).toEqual([])
  })

  it('that another test runs are named there', () => {
    for (const { page, by } of pages.flatMap(({ blocks }) => blocks)) {
      if (by === undefined) continue
      expect([page, by, existsSync(join(root, by))]).toEqual([page, by, true])
      expect(readFileSync(join(root, by), 'utf8')).toContain(page)
    }
  })

  it.each([
    ['```sh\nnpm start\n```', 'is a program in sh, and does not say how it is run'],
    ['```\nnpm start\n```', 'has commands, and does not say that it is sh'],
    ['```sh shown\nnpm start\n```', 'is shown, and no comment above it says why it is not run'],
    ['```sh walk\nnpm start\n```', 'says "walk", which means nothing'],
    ['<!-- shown: it would not end -->\n```sh shown\nnpm start\n```', undefined],
    ['1. Start:\n\n   ```sh run\n   npm start\n   ```', undefined],
    ['```json\n{}\n```', undefined],
  ])('%j: %s', (text, mistake) => {
    const blocks = blocksOf('page.md', text)
    expect(blocks.map(mistakeOf)).toEqual([mistake])
    expect(blocks[0]!.text).toMatch(/^(npm start|\{\})\n$/)
  })
})

/** The names in the first column of the tables of the reference. */
const referenceNames = new Set(
  listPages()
    .filter((page) => page.startsWith('docs/reference/'))
    .flatMap((page) => [...readFileSync(join(root, page), 'utf8').matchAll(/^\| \[?`([^` ]+)|^## (\S+\/\S+)$/gm)])
    .map(([, row, heading]) => row ?? heading!),
)

describe('names of the outside world', () => {
  const texts = listPages()
    .filter((page) => /^(docs\/(?!internals|reference)|README|SECURITY|packages\/\w+\/README)/.test(page))
    .map((page) => ({ page, text: readFileSync(join(root, page), 'utf8') }))
  const strangers = (pattern: RegExp): readonly string[] =>
    texts.flatMap(({ page, text }) =>
      [...text.matchAll(pattern)]
        .map(([, name]) => name!)
        .filter((name) => !referenceNames.has(name))
        .map((name) => `${page}: ${name}`),
    )

  it('that pages mention are in the reference: metrics and methods', () => {
    expect(strangers(/\b(turnpike_[a-z_]+?)(?:_bucket|_sum|_count)?\b(?![a-z_])/g)).toEqual([])
  })

  it('that pages mention are in the reference: variables', () => {
    const settings = readFileSync(join(root, 'docs/reference/settings.md'), 'utf8')
    const others = strangers(/\b(TURNPIKE_[A-Z_]+)\b/g).filter(
      (each) => !settings.includes(`\`${each.split(': ')[1]}\``),
    )
    expect(others.filter((each) => !ofCommands.test(each))).toEqual([])
  })

  it('that pages mention are in the reference: codes, messages, queries', () => {
    expect(
      strangers(
        /`((?:accounts|bank|engine|faucet|gateway|history|keystore|node|payments|policy|sdk|signatures|toll|token|wire)\/\w+)`/g,
      ),
    ).toEqual([])
  })
})

/** Variables that stand for a flag of a command, or for a secret that has no flag. */
const ofCommands = /: TURNPIKE_(PASSWORD|OWNER_KEY|AGENT_KEY|URL|PER_CALL|SECONDS)$/

describe('a reader who does what it says reaches the end of', () => {
  it.each(pages.filter(({ blocks }) => blocks.some(doesSomething)))('$page', async ({ blocks }) => {
    const session = await openSession(await findFreePort())
    try {
      let output = ''
      for (const block of blocks) {
        if (block.by !== undefined) continue
        if (block.words.has('prints')) expectPrinted(output, block)
        else if (doesSomething(block) || block.file !== undefined) output = await session.follow(block)
      }
    } finally {
      await session.close()
    }
  })
})
