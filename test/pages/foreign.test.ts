// Nothing foreign on the pages: not in what they load, not in what the policy of their content lets run, and not in texts that others
// wrote. The ledger takes no free text yet, so a hostile node is played by answers that are changed on their way.
import { PaymentRefused } from '@turnpike/sdk'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describePages, expectSoon, expectText, openBrowser, visit } from './browser.ts'
import { newPerson, openStage } from './stage.ts'
import type { Agent, Stage } from './stage.ts'

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Starts code in any page that takes it for markup, for an attribute, for an address or for a script; and turns the line around. */
const hostile =
  '\u202e"\'><img src=x onerror=alert(1)><svg onload=alert(2)><script>alert(3)</script>javascript:alert(4)'
const shown = '"\'><img src=x onerror=alert(1)>'

/** Fields in which a page looks for one of a few words, and which lead to nothing when they hold another. */
const choices = new Set(['jsonrpc', 'status', 'engine', 'genesis', 'network', 'chainId'])
const exact = /^(0x[0-9a-f]*|[0-9]+|payment|lifetime|rolling)$/

/** The same answer, with every text that somebody could have written turned hostile. */
function poison(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return choices.has(name) || exact.test(value) ? value : hostile
  if (Array.isArray(value)) return value.map((each) => poison(each))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => [key, poison(each, key)] as const)
  const isAgent = 'account' in value && 'owner' in value && 'created' in value
  return Object.fromEntries(isAgent ? [...entries, ['name', hostile]] : entries)
}

async function poisonAnswers(page: Page): Promise<void> {
  await page.context().route(/\/(rpc|chain|receipts\/.*)$/, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: poison(await response.json()) })
  })
}

describePages('nothing foreign', () => {
  let stage: Stage
  let browser: Browser
  let agent: Agent
  let operation: string
  const payee = newPerson().address

  beforeAll(async () => {
    ;[stage, browser] = await Promise.all([openStage(), openBrowser()])
    agent = await stage.hire()
    operation = (await stage.pay({ agent, payee, amount: '0.05' })).operation
    await expect(stage.pay({ agent, payee, amount: '0.06' })).rejects.toBeInstanceOf(PaymentRefused)
  })
  afterAll(() => Promise.all([stage.close(), browser.close()]))

  it('T144 is let run: markup that asks for code or for another host is stopped by the policy, and the watch of these tests sees it', async () => {
    const { page, faults } = await visit(browser, stage.url)
    const response = await page.reload()
    expect(response?.headers()['content-security-policy']).toBe(policy)
    await expectText(page, '.connection', 'Live')
    expect(faults()).toEqual([])
    await page.evaluate(() => {
      document.body.insertAdjacentHTML(
        'beforeend',
        '<img src="x:y" onerror="document.title=`run`"><p style="color:red">',
      )
      const image = new Image()
      image.src = 'http://other.test/pixel.png'
      document.body.append(image)
    })
    await expectSoon(() => faults().filter((fault) => /Content Security Policy/.test(fault)).length).toBeGreaterThan(2)
    expect(await page.title()).not.toBe('run')
    await page.context().close()
  })

  const places = ['live', 'agent', 'seller', 'operation'] as const

  it.each(places)('T103 T104 T144 runs from a text on the page: %s', async (place) => {
    const paths = {
      live: '',
      agent: `agent/${agent.account}`,
      seller: `seller/${payee}`,
      operation: `operation/${operation}`,
    }
    const { page, leave } = await visit(browser, stage.url)
    await expectText(page, '.connection', 'Live')
    await poisonAnswers(page)
    await page.goto(`${stage.url}/${paths[place]}`)
    await expectText(page, '.connection', 'Live')
    await page.getByText(shown).first().waitFor({ state: 'attached' })
    const html = await page.content()
    expect(html).not.toContain('\u202e')
    expect(
      await page.locator('#root :is(script, svg, iframe, object, embed), #root [onload], #root [onerror]').count(),
    ).toBe(0)
    expect(await page.locator('#root img:not([src="/mark.svg"])').count()).toBe(0)
    const addresses = await page
      .locator('#root a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')))
    expect(addresses.filter((address) => !/^\/(?!\/)/.test(address ?? ''))).toEqual([])
    await leave()
  })

  it('T144 comes from the address bar or the search', async () => {
    const { page, leave } = await visit(browser, stage.url)
    await page.getByLabel('Go to an address or an operation').fill(hostile)
    await page.keyboard.press('Enter')
    await expectText(page, '#search-trouble', /^An address has 40 digits/)
    await page.evaluate(() => {
      history.pushState({}, '', '/agent/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E')
      dispatchEvent(new PopStateEvent('popstate'))
    })
    await expectText(page, 'h1', 'No such page')
    await leave()
  })
})
