// The pages by keyboard alone: every key of the help sheet, every link, and where the focus is at any moment.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describePages, expectAccessible, expectSoon, expectText, openBrowser, visit } from './browser.ts'
import { newPerson, openStage } from './stage.ts'
import type { Agent, Stage } from './stage.ts'

/** What has the focus: its words, its name or its id. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    if (element === null || element === document.body) return ''
    return (element.getAttribute('aria-label') ?? (element.textContent || element.id)).replaceAll(/\s+/g, ' ').trim()
  })
}

/** Walks through a whole page with Tab, and names what takes the focus without showing it. */
async function findUnseenFocus(page: Page): Promise<readonly string[]> {
  const unseen: string[] = []
  await page.locator('.skip').focus()
  for (let step = 0; step < 80; step++) {
    const found = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      const isSeen = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2
      const box = element.getBoundingClientRect()
      const isInSight = box.bottom > 0 && box.top < window.innerHeight && box.width > 0
      return { name: element.outerHTML.slice(0, 120), isFine: isSeen && isInSight, isEnd: element === document.body }
    })
    if (found.isEnd) break
    if (!found.isFine) unseen.push(found.name)
    await page.keyboard.press('Tab')
  }
  return unseen
}

describePages('the keyboard alone', () => {
  let stage: Stage
  let browser: Browser
  let agent: Agent
  const payee = newPerson().address

  beforeAll(async () => {
    ;[stage, browser] = await Promise.all([openStage(), openBrowser()])
    agent = await stage.hire()
    for (const amount of ['0.01', '0.02', '0.03']) await stage.pay({ agent, payee, amount })
  })
  afterAll(() => Promise.all([stage.close(), browser.close()]))

  it('opens the help sheet, keeps the focus in it and gives it back', async () => {
    const { page, leave } = await visit(browser, stage.url)
    await expectText(page, '.connection', 'Live')
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('Skip to the page')
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Keys' })
    await sheet.waitFor()
    await expectAccessible(page, 'help sheet')
    for (let step = 0; step < 5; step++) {
      await page.keyboard.press('Tab')
      expect(
        await page.evaluate(
          () => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
        ),
      ).toBe(true)
    }
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'hidden' })
    expect(await focused(page)).toBe('Skip to the page')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN')
    await leave()
  })

  it('goes into the list, along it, into an operation and back, pauses, and finds an agent and its freeze', async () => {
    const { page, leave } = await visit(browser, stage.url)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await expectText(page, '.stream .row .cell-amount', '$0.03')
    await page.keyboard.press('t')
    await expectText(page, '.pause-state', 'Paused while you are in it')
    await page.keyboard.press('j')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('k')
    expect(await page.evaluate(() => document.activeElement?.closest('[data-index]')?.getAttribute('data-index'))).toBe(
      '1',
    )
    await page.keyboard.press('Enter')
    await expectText(page, 'h1', 'Payment')
    await expectText(page, '.headline-number', /^\$0\.02 /)
    expect(await focused(page)).toBe('Payment')

    await page.keyboard.press('b')
    await expectText(page, 'h1', 'Live')
    await page.keyboard.press('p')
    await expectText(page, '.pause-state', 'Paused by hand')
    await page.keyboard.press('p')
    await expectText(page, '.pause-state', '')

    await page.keyboard.press('/')
    expect(await focused(page)).toBe('Go to an address or an operation')
    await page.keyboard.type('nobody?')
    await page.keyboard.press('Enter')
    await expectText(page, '#search-trouble', 'An address has 40 digits after 0x, an operation 64.')
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type(agent.account.toUpperCase().replace('0X', '0x'))
    await page.keyboard.press('Enter')
    await expectSoon(() => page.url()).toBe(`${stage.url}/agent/${agent.account}`)
    await page.locator('#freeze').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('f')
    expect(await focused(page)).toBe('Freeze this agent')
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('Copy the freeze command')
    await page.keyboard.press('Enter')
    await expectText(page, '#freeze .copy', 'Copied')
    await expectText(page, '[aria-live=polite]', 'Copied the freeze command.')
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^npx @turnpike\/cli agent freeze 0x/)
    await page.keyboard.press('l')
    await expectText(page, 'h1', 'Live')
    await leave()
  })

  it('lets single keys be turned off and on again', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/agent/${agent.account}`)
    await expectText(page, '.connection', 'Live')
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await page.locator('dialog input').focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('l')
    expect(page.url()).toContain('/agent/')
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await page.locator('dialog input').focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('l')
    await expectText(page, 'h1', 'Live')
    await leave()
  })

  it.each(['/', '/agent', '/seller', '/operation'])('shows the focus on all of %s', async (path) => {
    const operation = await stage.pay({ agent, payee, amount: '0.01' }).then((receipt) => receipt.operation)
    const names: Readonly<Record<string, string>> = {
      '/agent': agent.account,
      '/seller': payee,
      '/operation': operation,
    }
    const { page, leave } = await visit(browser, `${stage.url}${path}${path === '/' ? '' : `/${names[path]}`}`)
    await expectText(page, '.connection', 'Live')
    await page.locator('.section').first().waitFor()
    expect(await findUnseenFocus(page)).toEqual([])
    await leave()
  })
})
