// The page of an agent: a new one, its limits filling, what was refused, what is held, frozen, private, the node gone and back.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freezeAgent, getAgent, PaymentRefused, requestFaucet, usd } from '@turnpike/sdk'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describePages, expectAccessible, expectSoon, expectText, openBrowser, visit } from './browser.ts'
import { newPerson, openStage } from './stage.ts'
import type { Agent, Stage } from './stage.ts'

const sentence = '.headline .sentence'
const number = '.headline-number'

describePages('the page of an agent', () => {
  let stage: Stage
  let browser: Browser
  let agent: Agent
  const payee = newPerson().address

  beforeAll(async () => {
    ;[stage, browser] = await Promise.all([openStage(), openBrowser()])
    agent = await stage.hire()
  })
  afterAll(() => Promise.all([stage.close(), browser.close()]))

  it('shows a new agent: all of its budget, its policy in words, nothing paid, nothing refused', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/agent/${agent.account}`)
    const { sentence: ofLedger, words } = await stateOf(agent)
    await expectText(
      page,
      sentence,
      'It has spent $0.00 of $0.25. The most it can lose today is $0.25, right now $0.25.',
    )
    expect(ofLedger).toBe('The most it can lose today is 0.25 USD, right now 0.25 USD.')
    await expectText(page, number, '$0.25 worst loss still possible today')
    await expectText(page, '#refusals .empty', 'Nothing was refused.')
    await expectText(page, '#payments .empty', /^It has paid nothing yet\./)
    await expectText(page, '#holds .empty', 'Nothing is set aside.')
    await expectText(page, '.words', words.replaceAll(/\s+/g, ' '))
    await expectText(page, '#policy .section-aside', 'version 1')
    expect(await page.locator('.keys-list code').allInnerTexts()).toEqual([agent.key.address])
    await expectAccessible(page, 'agent new')
    await leave()
  })

  it('fills its limits to exactly their end, then shows why the ledger refused', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/agent/${agent.account}`)
    const meter = page.getByRole('meter', { name: 'Limit life' })
    await expectSoon(() => meter.getAttribute('aria-valuetext')).toBe('$0.00 of $0.25, $0.25 left')
    for (let count = 0; count < 4; count++) await stage.pay({ agent, payee, amount: '0.05' })
    await expectSoon(() => meter.getAttribute('aria-valuetext')).toBe('$0.20 of $0.25, $0.05 left')
    expect(await page.locator('.limit-near').count()).toBe(1)
    await expectText(page, number, /^\$0\.05 /)
    await stage.pay({ agent, payee, amount: '0.05' })
    const refusal = await stage.pay({ agent, payee, amount: '0.01' }).catch((error: unknown) => error)
    if (!(refusal instanceof PaymentRefused)) throw new Error('The budget did not hold.')
    await expectSoon(() => meter.getAttribute('aria-valuetext')).toBe('$0.25 of $0.25, $0.00 left')
    await expectText(page, number, /^\$0\.00 /)
    const item = page.locator('.refusals > li')
    await expectSoon(() => item.count()).toBe(1)
    const text = await item.innerText()
    for (const part of [
      'policy/cap_lifetime',
      '$0.01',
      refusal.message,
      refusal.hint,
      'only the owner can change this',
    ])
      expect(text).toContain(part)
    expect(await page.locator('.limit-spent').count()).toBe(1)
    await expectAccessible(page, 'agent refused')
    await leave()
  })

  it('shows what is held and what a freeze would leave to move, then the freeze', async () => {
    const held = await stage.hire()
    const { page, leave } = await visit(browser, `${stage.url}/agent/${held.account}`)
    await expectText(page, '#freeze', /Can still move Nothing: no hold is open at this moment\./)
    await stage.hold({ agent: held, payee, amount: '0.03' })
    await expectText(page, '#holds', /^Open holds 1 \$0\.03 for 0x.* ends in \d+ s/)
    await expectText(page, '#freeze', /Can still move \$0\.03 in 1 open hold, until it ends/)
    await expectText(page, '.limits', /\$0\.00 \+ \$0\.03 held of \$0\.25/)
    const command = await page.locator('#freeze .command code').first().innerText()
    expect(command).toBe(`npx @turnpike/cli agent freeze ${held.account} --url ${stage.url}`)
    await expectAccessible(page, 'agent holds')
    await freezeAgent(stage.client, { agent: held.account, owner: stage.owner })
    await expectText(page, `${sentence} .badge`, 'frozen')
    await expectText(page, '#freeze-heading', 'Frozen')
    await expect(stage.pay({ agent: held, payee, amount: '0.01' })).rejects.toBeInstanceOf(PaymentRefused)
    await expectText(page, '.refusals > li', /policy\/frozen/)
    await expectAccessible(page, 'agent frozen')
    await leave()
  })

  it('says when there is room again where a limit is of a window', async () => {
    const daily = await stage.hire({ perDay: usd('0.10') })
    await stage.pay({ agent: daily, payee, amount: '0.10' })
    await expect(stage.pay({ agent: daily, payee, amount: '0.10' })).rejects.toBeInstanceOf(PaymentRefused)
    const { page, leave } = await visit(browser, `${stage.url}/agent/${daily.account}`)
    await expectText(page, sentence, /^It has spent \$0\.10 of \$0\.10 in the last 24 h\./)
    await expectText(
      page,
      '.limits',
      /Any 24 hours day \$0\.00 left \$0\.10 of \$0\.10 room again at .+, in (1 day|2\d h)/,
    )
    await expectText(page, '.refusals > li', /It fits again at .+, in (1 day|2\d h)/)
    await leave()
  })

  it('leads from an owner to its agents, and says so of an account that nobody knows', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/agent/${stage.owner.address}`)
    await expectText(page, sentence, 'This account has no spending policy: its own keys decide.')
    const links = page.locator('#owned a')
    await expectSoon(() => links.count()).toBeGreaterThan(2)
    await links.last().click()
    await expectSoon(() => page.url()).toBe(`${stage.url}/agent/${agent.account}`)
    await expectText(page, number, /^\$0\.00 worst loss/)
    await page.goto(`${stage.url}/agent/${newPerson().address}`)
    await expectText(page, '#payments .empty', /^It has paid nothing yet\./)
    expect(await page.locator('.failure').count()).toBe(0)
    await expectAccessible(page, 'agent unknown')
    await leave()
  })

  it('keeps what it knew while the node is gone, and goes on when it is back', async () => {
    const paying = await stage.hire()
    const { page, leave } = await visit(browser, `${stage.url}/agent/${paying.account}`)
    await stage.pay({ agent: paying, payee, amount: '0.02' })
    await expectText(page, sentence, /^It has spent \$0\.02 /)
    await stage.kill()
    await expectText(page, '.connection', 'Node gone')
    await expectText(page, sentence, /^It has spent \$0\.02 /)
    await expectAccessible(page, 'agent node gone')
    await stage.start()
    await expectText(page, '.connection', 'Live')
    await stage.pay({ agent: paying, payee, amount: '0.03' })
    await expectText(page, sentence, /^It has spent \$0\.05 /)
    await leave()
  })

  function stateOf({ account }: Agent): Promise<{ readonly sentence: string; readonly words: string }> {
    return getAgent(stage.client, { agent: account, signer: stage.owner })
  }
})

describePages('the page of an agent, where budgets are private', () => {
  let stage: Stage
  let browser: Browser

  beforeAll(async () => {
    ;[stage, browser] = await Promise.all([openStage(['--dev', '--dev-public', '--host', '0.0.0.0']), openBrowser()])
  })
  afterAll(() => Promise.all([stage.close(), browser.close()]))

  it('T15 T42 tells a stranger nothing of a budget, and opens with the token, which leaves the address bar at once', async () => {
    const agent = await stage.hire()
    await expect(stage.pay({ agent, payee: newPerson().address, amount: '0.06' })).rejects.toBeInstanceOf(
      PaymentRefused,
    )
    await requestFaucet(stage.client, { address: agent.account, amount: usd('1') })
    const { page, leave } = await visit(browser, `${stage.url}/agent/${agent.account}`)
    await expectText(page, sentence, 'What this account paid is public; what it may still spend is not.')
    await expectText(page, '.facts', /^Has in pUSD \$2\.00/)
    expect(await page.locator('body').innerText()).not.toMatch(/0\.25|0\.05|cap_payment/)
    await expectAccessible(page, 'agent private')

    await page.getByLabel('Operator token').fill('wrong')
    await page.keyboard.press('Enter')
    await expectText(page, '.private [role=alert]', 'That is no token.')
    await page.getByLabel('Operator token').fill('f'.repeat(64))
    await page.keyboard.press('Enter')
    await expectText(page, sentence, 'What this account paid is public; what it may still spend is not.')

    const token = readFileSync(join(stage.home, 'operator.token'), 'utf8').trim()
    await page.goto(`${stage.url}/#${token}`)
    await expectSoon(() => page.url()).toBe(`${stage.url}/`)
    await page.getByLabel('Go to an address or an operation').fill(agent.account)
    await page.keyboard.press('Enter')
    await expectText(page, sentence, /^It has spent \$0\.00 of \$0\.25\. /)
    await expectText(page, '.refusals > li', /policy\/cap_payment/)
    await leave()
  })
})
