// The live page: nothing yet, payments as they come, what was refused, standing still for a reader, the node gone and back.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PaymentRefused } from '@turnpike/sdk'
import { describePages, expectAccessible, expectSoon, expectText, openBrowser, visit } from './browser.ts'
import { newPerson, openStage } from './stage.ts'
import type { Agent, Stage } from './stage.ts'

describePages('the live page', () => {
  let stage: Stage
  let browser: Browser
  let agent: Agent
  const seller = newPerson().address

  beforeAll(async () => {
    ;[stage, browser] = await Promise.all([openStage(), openBrowser()])
  })
  afterAll(() => Promise.all([stage.close(), browser.close()]))

  const sentence = '.headline .sentence'
  const number = '.headline-number'
  const rows = '.stream .row'

  it('says what to run while nothing has happened', async () => {
    const { page, leave } = await visit(browser, stage.url)
    await expectText(page, '.connection', 'Live')
    await expectText(page, 'h2', 'Nothing has happened yet')
    await expectText(page, sentence, 'No payment has been made on this ledger yet.')
    await expectText(page, number, /^\$0\.00 paid in 0 payments$/)
    expect(await page.locator('.command code').first().innerText()).toBe('npx @turnpike/cli demo')
    await expectAccessible(page, 'live empty')
    await leave()
  })

  it('fills by itself, payment by payment, and counts exactly', async () => {
    agent = await stage.hire()
    const { page, leave } = await visit(browser, stage.url)
    await expectText(page, '.connection', 'Live')
    const before = await page.locator(rows).count()
    for (let count = 1; count <= 4; count++) await stage.pay({ agent, payee: seller, amount: '0.05' })
    await expectSoon(() => page.locator(rows).count()).toBe(before + 4)
    const first = page.locator(rows).first()
    expect(await first.locator('.cell-amount').innerText()).toBe('$0.05')
    expect(await first.locator('.cell-toll').innerText()).toBe('$0.00005')
    expect(await first.locator('.cell-amount .amount').getAttribute('title')).toBe('50000 base units of pUSD')
    expect(await first.locator('.cell-payer a').getAttribute('href')).toBe(`/agent/${agent.account}`)
    expect(await first.locator('.cell-payee a').getAttribute('href')).toBe(`/seller/${seller}`)
    await expectText(
      page,
      sentence,
      /^0\.\d payments a second, \$0\.0\d* a second, 0 refused since this page connected\.$/,
    )
    await leave()
  })

  it('shows what was refused beside what was paid, once the budget is used up', async () => {
    const { page, leave } = await visit(browser, stage.url)
    await expectText(page, '.connection', 'Live')
    await stage.pay({ agent, payee: seller, amount: '0.05' })
    await expect(stage.pay({ agent, payee: seller, amount: '0.05' })).rejects.toBeInstanceOf(PaymentRefused)
    const refused = page.locator(`${rows}.refused`)
    await refused.waitFor()
    expect(await refused.locator('.cell-reason').innerText()).toBe('policy/cap_lifetime')
    expect(await refused.locator('.cell-payer a').getAttribute('href')).toBe(`/agent/${agent.account}`)
    await expectText(page, sentence, /, 1 refused since this page connected\.$/)
    await expectText(page, '[aria-live=polite]', 'A payment was refused by the payer\u2019s own policy.')
    await expectAccessible(page, 'live refused')
    await leave()
  })

  it('stands still under the pointer and by hand, says how much waits, and goes on', async () => {
    const rich = await stage.hire({})
    const { page, leave } = await visit(browser, stage.url)
    await expectText(page, '.connection', 'Live')
    const top = page.locator(rows).first()
    const before = await top.innerText()
    await page.locator('.stream').hover({ position: { x: 40, y: 60 } })
    await stage.pay({ agent: rich, payee: seller, amount: '0.01' })
    await stage.pay({ agent: rich, payee: seller, amount: '0.02' })
    await expectText(page, '.pause-state', 'Paused while you point at it: 2 new')
    expect(await top.innerText()).toBe(before)
    await page.mouse.move(5, 5)
    await expectText(page, `${rows} .cell-amount`, '$0.02')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.mouse.move(5, 5)
    await stage.pay({ agent: rich, payee: seller, amount: '0.03' })
    await expectText(page, '.pause-state', 'Paused by hand: 1 new')
    await page.getByRole('button', { name: 'Let it run' }).click()
    await expectText(page, `${rows} .cell-amount`, '$0.03')
    await leave()
  })

  it('says that the node is gone, keeps what was seen, and goes on where it was when the node is back', async () => {
    const rich = await stage.hire({})
    const { page, leave } = await visit(browser, stage.url)
    await expectText(page, '.connection', 'Live')
    await stage.pay({ agent: rich, payee: seller, amount: '0.04' })
    await expectText(page, `${rows} .cell-amount`, '$0.04')
    const [count, paid] = [await page.locator(rows).count(), await page.locator(number).innerText()]
    await stage.kill()
    await expectText(page, '.connection', 'Node gone')
    await expectText(
      page,
      '.strip',
      /^No answer from the node for .*nothing acknowledged is lost.* npx @turnpike\/cli up --dev/,
    )
    await expectText(page, sentence, /^The node is away; the last payment seen was at /)
    expect(await page.locator(rows).count()).toBe(count)
    await expectAccessible(page, 'live node gone')
    await stage.start()
    await stage.pay({ agent: rich, payee: seller, amount: '0.06' })
    await expectText(page, '.connection', 'Live')
    await expectText(page, `${rows} .cell-amount`, '$0.06')
    expect(await page.locator(rows).count()).toBe(count + 1)
    expect(await page.locator(number).innerText()).not.toBe(paid)
    expect(await page.locator('.strip').count()).toBe(0)
    const seen = await page.locator(number).innerText()
    await page.reload()
    await expectText(page, number, seen.replaceAll(/\s+/g, ' '))
    await leave()
  })
})
