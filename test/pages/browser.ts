// Chromium as the tests of the pages drive it: one browser per file, a clean profile per visitor, and a watch over each page that
// nothing foreign is asked for, nothing fails in its console, and the content policy never has to step in.
import { accessSync, constants, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import axe from 'axe-core'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect } from 'vitest'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, 'chromium')).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const executablePath = findChromium()
if (executablePath === undefined) {
  process.stderr.write('There is no chromium in PATH: the pages are NOT tested. On Debian: apt-get install chromium.\n')
}

/** Tests of pages: skipped, and said so, where there is no Chromium. */
export function describePages(name: string, tests: () => void): void {
  describe.skipIf(executablePath === undefined)(name, tests)
}

/** Starts Chromium without a window. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ ...(executablePath !== undefined && { executablePath }), args: flags, headless: true })
}

/** A page that is watched. */
export type Visit = {
  readonly page: Page
  /** Closes the page and says what was wrong while it was open. */
  leave(): Promise<void>
  /** What was wrong so far. */
  faults(): readonly string[]
}

/** What the watch lets pass: Chromium's own line about an answer that is an error, which is expected where a node is away. */
const expectedLine = /^Failed to load resource: /

/** Opens a page as a new visitor. Motion is reduced unless the options say otherwise, so that what is looked at stands still. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  })
  const page = await context.newPage()
  const faults: string[] = []
  const { origin } = new URL(url)
  page.on('request', (request) => {
    const to = new URL(request.url())
    if (to.origin !== origin && to.protocol !== 'data:') faults.push(`asked ${request.url()}`)
  })
  page.on('console', (message) => {
    const isFault = message.type() === 'error' || message.type() === 'warning'
    if (isFault && !expectedLine.test(message.text())) faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(url)
  return {
    page,
    faults: () => faults,
    async leave() {
      // What a test has changed on its way may be on its way still.
      await context.unrouteAll({ behavior: 'ignoreErrors' })
      await context.close()
      expect(faults).toEqual([])
    },
  }
}

const widths = [390, 768, 1440] as const
const schemes = ['light', 'dark'] as const
/** What can differ in the dark, where all but the colours is the same. */
const colourRules = ['color-contrast', 'link-in-text-block'] as const
/** Where every state that is looked at is kept as a picture, for people to look at too. */
const picturesFolder = process.env['PAGES_PICTURES']

/** Looks at a page as phone, tablet and desktop, light and dark: axe finds nothing, and nothing stands out at the side. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  await page.evaluate(axe.source)
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme })
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      const rules = colorScheme === 'light' ? undefined : colourRules
      expect({ state, colorScheme, width, ...(await examine(page, rules)) }).toEqual({
        state,
        colorScheme,
        width,
        violations: [],
        overhang: 0,
      })
      await keepPicture(page, `${state}-${width}-${colorScheme}`)
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 })
}

type Findings = { readonly violations: readonly string[]; readonly overhang: number }

function examine(page: Page, rules: readonly string[] | undefined): Promise<Findings> {
  return page.evaluate(async (rules) => {
    const { axe: engine } = globalThis as unknown as { readonly axe: Pick<typeof axe, 'run'> }
    const { violations } = await engine.run({
      resultTypes: ['violations'],
      ...(rules !== undefined && { runOnly: [...rules] }),
    })
    return {
      violations: violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
      ),
      overhang: Math.max(0, document.documentElement.scrollWidth - window.innerWidth),
    }
  }, rules)
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (picturesFolder === undefined) return
  mkdirSync(picturesFolder, { recursive: true })
  await page.screenshot({ path: join(picturesFolder, `${name.replaceAll(/[^a-z0-9]+/g, '-')}.png`), fullPage: true })
}

const patience = { timeout: 15_000, interval: 50 } as const

/** Waits until what is read on a page is what is expected: `await expectSoon(() => rows.count()).toBe(4)`. */
export function expectSoon<T>(read: () => Promise<T> | T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, patience)
}

/** Waits until a part of the page reads so, white space aside. */
export async function expectText(page: Page, selector: string, text: string | RegExp): Promise<void> {
  const part = page.locator(selector).first()
  const read = async (): Promise<string> =>
    (await part.innerText({ timeout: 1000 }).catch(() => `there is no ${selector}`)).replaceAll(/\s+/g, ' ').trim()
  if (typeof text === 'string') await expectSoon(read).toBe(text)
  else await expectSoon(read).toMatch(text)
}
