// Lists longer than one answer of history: the way on at their end, where the focus goes, what stands still, and where history begins.
import { charge, refundPayment, usd } from '@turnpike/sdk'
import type { Receipt } from '@turnpike/sdk'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describePages, expectAccessible, expectSoon, expectText, openBrowser, visit } from './browser.ts'
import { newPerson, openStage } from './stage.ts'
import type { Agent, Stage } from './stage.ts'

const pageLength = 200
const paidCount = 230
const refundedCount = 23
const agentsCount = 10

/** The row or the entry that has the focus, by its place. */
function focusedPlace(page: Page): Promise<number> {
  return page.evaluate(() => {
    const element = document.activeElement
    const row = element?.closest('[data-index]')?.getAttribute('data-index')
    if (row !== null && row !== undefined) return Number(row)
    const entry = element?.closest('li')
    return entry === null || entry === undefined ? -1 : [...(entry.parentElement?.children ?? [])].indexOf(entry)
  })
}

/** How many rows a table says it has, its heading aside; -2 when more follow than are known. */
async function rowCount(page: Page): Promise<number> {
  return Number(await page.getByRole('table').last().getAttribute('aria-rowcount')) - 1
}

/** Where the last row of so many stands on the screen. */
async function placeOf(page: Page, count: number): Promise<number> {
  const box = await page.locator(`#payments .row[data-index="${count - 1}"]`).boundingBox()
  return Math.round(box?.y ?? Number.NaN)
}

describePages('lists longer than one answer', () => {
  let stage: Stage
  let browser: Browser
  let agent: Agent
  let paid: readonly Receipt[]
  const seller = newPerson()
  const payee = seller.address

  beforeAll(async () => {
    ;[stage, browser] = await Promise.all([openStage(), openBrowser()])
    for (let count = 0; count < agentsCount; count++) agent = await stage.hire()
    const { client, owner } = stage
    paid = await many(paidCount, () => charge(client, { signer: owner, payee, amount: usd('0.02') }))
    const amount = usd('0.01')
    for (const { operation } of paid.slice(0, refundedCount))
      await refundPayment(client, { signer: seller, operation, amount })
    await many(pageLength + 5, () => charge(client, { signer: seller, payee: newPerson().address, amount }))
  })
  afterAll(() => Promise.all([stage.close(), browser.close()]))

  it('go on by keyboard: the focus lands on the first older row, nothing jumps, and it is said how much came', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/seller/${payee}`)
    await expectSoon(() => rowCount(page)).toBe(-2)
    const more = page.getByRole('button', { name: 'Show older payments' })
    await more.focus()
    const place = await placeOf(page, pageLength)
    await page.keyboard.press('Enter')
    await expectSoon(() => focusedPlace(page)).toBe(pageLength)
    expect(await placeOf(page, pageLength)).toBe(place)
    expect(await rowCount(page)).toBe(paidCount)
    expect(await more.count()).toBe(0)
    await expectText(page, '[aria-live=polite]', `${paidCount - pageLength} more.`)

    await stage.pay({ agent, payee, amount: '0.03' })
    await expectText(page, '.pause-state', 'Paused while you are in it: 1 new')
    expect([await rowCount(page), await focusedPlace(page)]).toEqual([paidCount, pageLength])
    expect(await placeOf(page, pageLength)).toBe(place)
    await page.keyboard.press('End')
    await expectSoon(() => focusedPlace(page)).toBe(paidCount - 1)
    await expectAccessible(page, 'seller long')
    await page.evaluate(() => {
      ;(document.activeElement as HTMLElement).blur()
      document.getElementById('payments')?.scrollIntoView()
    })
    await expectSoon(() => rowCount(page)).toBe(paidCount + 1)
    await expectText(page, '#payments .row[data-index="0"] .cell-amount', '$0.03')
    await leave()
  })

  it('go on by pointer on the live page, back to the first payment of all', async () => {
    const { page, leave } = await visit(browser, stage.url)
    const more = page.getByRole('button', { name: 'Show earlier payments' })
    const all = paidCount + refundedCount + pageLength + 6
    for (const [known, count] of [
      [pageLength, -2],
      [pageLength * 2, all],
    ] as const) {
      await more.hover()
      const place = await placeOf(page, known)
      await page.mouse.down()
      await page.mouse.up()
      await expectSoon(() => focusedPlace(page)).toBe(known)
      expect(await placeOf(page, known)).toBe(place)
      expect(await rowCount(page)).toBe(count)
    }
    await page.keyboard.press('End')
    await expectSoon(() => page.evaluate(() => document.activeElement?.getAttribute('href'))).toMatch(/^\/operation\//)
    const last = await page.evaluate(() => document.activeElement?.getAttribute('href'))
    expect(paid.slice(0, 20).map(({ operation }) => `/operation/${operation}`)).toContain(last)
    await leave()
  })

  it('find what went back of a payment behind all that the payee has paid since', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/operation/${paid[0]!.operation}`)
    await expectText(page, '.refunded', /^\$0\.01 of \$0\.02 was refunded:/)
    await refundPayment(stage.client, { signer: seller, operation: paid[0]!.operation, amount: usd('0.005') })
    await expectText(page, '.refunded', /^\$0\.015 of \$0\.02 was refunded:/)
    await leave()
  })

  it('show older refunds and older agents in their place', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/seller/${payee}`)
    const refunds = page.locator('#refunds li')
    for (const known of [8, 20]) {
      await expectSoon(() => refunds.count()).toBe(known)
      await page.getByRole('button', { name: 'Show older refunds' }).focus()
      await page.keyboard.press('Enter')
      await expectSoon(() => focusedPlace(page)).toBe(known)
    }
    expect(await refunds.count()).toBe(refundedCount + 1)
    await page.goto(`${stage.url}/agent/${stage.owner.address}`)
    const agents = page.locator('#owned li')
    await expectSoon(() => agents.count()).toBe(8)
    await page.getByRole('button', { name: 'Show older agents' }).click()
    await expectSoon(() => focusedPlace(page)).toBe(8)
    expect(await agents.count()).toBe(agentsCount)
    expect(await page.getByRole('button', { name: 'Show older agents' }).count()).toBe(0)
    await leave()
  })

  it('say where history begins, and go on where a search was cut', async () => {
    const { page, leave } = await visit(browser, `${stage.url}/seller/${payee}`)
    await page.context().route(/\/rpc$/, async (route) => {
      const [name, args] = (route.request().postDataJSON() as { readonly params: readonly [string, object] }).params
      if (name !== 'history/account' && name !== 'history/recent') return route.continue()
      const response = await route.fetch()
      const answer = (await response.json()) as { readonly result: { readonly next?: string } }
      const { next: cursor, ...rest } = answer.result
      const begin = { sequence: 100, height: 1234, time: paid[0]!.timeMs }
      if ('cursor' in args) return route.fulfill({ response, json: { ...answer, result: { ...rest, begin } } })
      const data = { code: 'history/too_slow', hint: 'Ask again.', retry: 'later', values: { cursor } }
      return route.fulfill({
        response,
        json: { jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'Cut.', data } },
      })
    })
    await page.reload()
    await expectText(page, '.connection', 'Live')
    const more = page.getByRole('button', { name: 'Show older payments' })
    await more.waitFor()
    expect(await page.locator('#payments .row, #payments .empty, #payments .failure').count()).toBe(0)
    await more.click()
    await expectText(page, '#payments .list-begin', /^This node keeps history from block 1,234 on, /)
    expect(await page.locator('#payments .row').count()).toBeGreaterThan(0)
    expect(await more.count()).toBe(0)
    await leave()
  })
})

/** So many of something, some at a time. */
async function many<T>(count: number, make: () => Promise<T>): Promise<readonly T[]> {
  const made: T[] = []
  while (made.length < count)
    made.push(...(await Promise.all(Array.from({ length: Math.min(40, count - made.length) }, make))))
  return made
}
