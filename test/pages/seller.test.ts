// The page of a seller: nothing sold, revenue and toll as they grow, refunds, what was refused to buyers, the node gone and back.
import { PaymentRefused, refundPayment, usd } from '@turnpike/sdk'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describePages, expectAccessible, expectSoon, expectText, openBrowser, visit } from './browser.ts'
import { newPerson, openStage } from './stage.ts'
import type { Agent, Stage } from './stage.ts'

const sentence = '.headline .sentence'
const number = '.headline-number'

describePages('the page of a seller', () => {
  let stage: Stage
  let browser: Browser
  let agents: readonly [Agent, Agent]
  const seller = newPerson()
  const payee = seller.address

  beforeAll(async () => {
    ;[stage, browser] = await Promise.all([openStage(), openBrowser()])
    agents = [await stage.hire(), await stage.hire()]
  })
  afterAll(() => Promise.all([stage.close(), browser.close()]))

  it('says how to be paid while nothing was sold', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/seller/${payee}`)
    await expectText(page, sentence, 'Nothing has been paid to this account yet.')
    await expectText(page, '#payments .empty', /^No payment yet\. To be paid, name this address as payTo/)
    await expectText(page, '#refused .empty', 'No payment to this account was refused.')
    await expectAccessible(page, 'seller empty')
    await leave()
  })

  it('counts revenue, toll and refunds exactly, and knows its buyers', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/seller/${payee}`)
    await expectText(page, '.connection', 'Live')
    const paid = await stage.pay({ agent: agents[0], payee, amount: '0.05' })
    await stage.pay({ agent: agents[0], payee, amount: '0.05' })
    await stage.pay({ agent: agents[1], payee, amount: '0.02' })
    await expectText(page, sentence, 'Was paid $0.12 in 3 payments; the toll was $0.00012, nothing was refunded.')
    await expectText(page, number, '$0.11988 kept, after toll and refunds')
    await refundPayment(stage.client, { signer: seller, operation: paid.operation, amount: usd('0.03') })
    await expectText(page, sentence, 'Was paid $0.12 in 3 payments; the toll was $0.00012, $0.03 was refunded.')
    await expectText(page, number, /^\$0\.08988 kept/)
    await expectText(page, '.facts', /^Has in pUSD \$0\.08988/)
    const refund = page.locator('#refunds li')
    await expectSoon(() => refund.locator('.amount').innerText()).toBe('$0.03')
    expect(await refund.locator('a').last().getAttribute('href')).toBe(`/operation/${paid.operation}`)
    const buyers = page.locator('#buyers li')
    expect((await buyers.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/2 for \$0\.10$/),
      expect.stringMatching(/1 for \$0\.02$/),
    ])
    expect(await page.locator('#payments .row').count()).toBe(3)
    await leave()
  })

  it('shows of refusals their class and nothing of a budget', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/seller/${payee}`)
    await expect(stage.pay({ agent: agents[1], payee, amount: '0.06' })).rejects.toBeInstanceOf(PaymentRefused)
    await expectText(page, '.classes li', /^1 Policy The buyer.s spending policy said no/)
    expect(await page.locator('#refused').innerText()).not.toMatch(/cap_|\$/)
    await page.getByText('As a table').click()
    await expectText(page, '.plain-table tbody tr', /3 \$0\.12 \$0\.00012$/)
    await expectAccessible(page, 'seller filled')
    await page.getByRole('button', { name: '30 days' }).click()
    await expectText(page, '.plain-table tbody tr', /3 \$0\.12 \$0\.00012$/)
    await expectAccessible(page, 'seller days')
    await leave()
  })

  it('keeps its books in sight while the node is gone, and goes on when it is back', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/seller/${payee}`)
    await expectText(page, number, /^\$0\.08988 kept/)
    await stage.kill()
    await expectText(page, '.connection', 'Node gone')
    await expectText(page, number, /^\$0\.08988 kept/)
    await expectAccessible(page, 'seller node gone')
    await stage.start()
    await expectText(page, '.connection', 'Live')
    await stage.pay({ agent: agents[1], payee, amount: '0.04' })
    await expectText(page, number, /^\$0\.12984 kept/)
    await leave()
  })
})
