// The page of one operation: a payment and what went back of it, other deeds, none at all, and one that waits for the node.
import { freezeAgent, getReceipt, refundPayment, usd } from '@turnpike/sdk'
import type { Receipt } from '@turnpike/sdk'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describePages, expectAccessible, expectSoon, expectText, openBrowser, visit } from './browser.ts'
import { newPerson, openStage } from './stage.ts'
import type { Agent, Stage } from './stage.ts'

const sentence = '.headline .sentence'

describePages('the page of an operation', () => {
  let stage: Stage
  let browser: Browser
  let agent: Agent
  let paid: Receipt
  const seller = newPerson()

  beforeAll(async () => {
    ;[stage, browser] = await Promise.all([openStage(), openBrowser()])
    agent = await stage.hire()
    paid = await stage.pay({ agent, payee: seller.address, amount: '0.05' })
  })
  afterAll(() => Promise.all([stage.close(), browser.close()]))

  it('tells a payment in one sentence, field by field, and down to its bytes', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/operation/${paid.operation}`)
    await expectText(page, 'h1', 'Payment')
    await expectText(page, sentence, /^0x\S+ paid \$0\.05 to 0x\S+ ?, of which \$0\.00005 was the toll\.$/)
    await expectText(page, '.headline-number', '$0.05 durable on the ledger')
    const fields = (await page.locator('.fields').innerText()).replaceAll(/\s+/g, ' ')
    for (const part of [
      'payments/charge',
      'ok',
      `Block ${paid.height}`,
      `Sequence ${paid.sequence}`,
      'Policy version 1',
    ])
      expect(fields).toContain(part)
    expect(await page.locator('#signers code').allInnerTexts()).toEqual([agent.key.address])
    const { leaf } = await getReceipt(stage.client, { operation: paid.operation })
    await page.getByText('The receipt\u2019s 250 bytes').click()
    await expectText(page, '#raw .full-id code', leaf)
    await page.getByText('What was signed, as JSON').click()
    expect(JSON.parse(await page.locator('#raw pre').first().innerText())).toMatchObject({ payee: seller.address })
    await expectAccessible(page, 'operation payment')
    await leave()
  })

  it('tells what went back of a payment, and leads there and back', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/operation/${paid.operation}`)
    await expectText(page, '.connection', 'Live')
    const refund = await refundPayment(stage.client, { signer: seller, operation: paid.operation, amount: usd('0.02') })
    await expectText(page, '.refunded', /^\$0\.02 of \$0\.05 was refunded:/)
    await page.locator('.refunded a').click()
    await expectSoon(() => page.url()).toBe(`${stage.url}/operation/${refund.receipt.operation}`)
    await expectText(page, sentence, /^0x\S+ refunded \$0\.02 to 0x\S+ ?\.$/)
    await page.locator(`.fields a[href="/operation/${paid.operation}"]`).click()
    await expectText(page, '.refunded', /^\$0\.02 of \$0\.05/)
    await expectAccessible(page, 'operation refunded')
    await leave()
  })

  it('tells what moved no money', async () => {
    const other = await stage.hire()
    const { receipt } = await freezeAgent(stage.client, { agent: other.account, owner: stage.owner })
    const { page, leave } = await visit(browser, `${stage.url}/operation/${receipt.operation}`)
    await expectText(page, sentence, /^An owner froze 0x\S+ ?: nothing new leaves its account\.$/)
    expect(await page.locator('.fields a').getAttribute('href')).toBe(`/agent/${other.account}`)
    await expectAccessible(page, 'operation freeze')
    await leave()
  })

  it('says of an operation that it does not know where else to look', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/operation/0x${'ab'.repeat(32)}`)
    await expectText(page, sentence, 'This ledger has no receipt of that operation.')
    await expectText(page, '.failure code', /\//)
    await expectAccessible(page, 'operation unknown')
    await leave()
  })

  it('waits for a node that is gone, and shows the receipt when it is back', async () => {
    const { page, leave } = await visit(browser, stage.url)
    await expectText(page, '.connection', 'Live')
    await stage.kill()
    await expectText(page, '.connection', 'Node gone')
    await page.locator(`.stream a[href="/operation/${paid.operation}"]`).first().click()
    await expectText(page, sentence, 'Reading the receipt\u2026')
    await expectAccessible(page, 'operation node gone')
    await stage.start()
    await expectText(page, sentence, /^0x\S+ paid \$0\.05 to /)
    await leave()
  })
})
