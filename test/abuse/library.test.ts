// A library under our client turns hostile, and so does whoever has the agent's key: the ledger judges what was signed. Nobody is paid
// who is not on the list, and never more than the caps allow, whatever was rewritten where.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createAgent,
  generatePrivateKey,
  getAgent,
  privateKeyAccount,
  requestFaucet,
  sendTransfer,
} from '@turnpike/sdk'
import { atFacilitator, cent, deliver, demand, offerOf, openHostileShop, openStage } from '../buyer/stage.fixture.ts'
import type { Shop, Stage } from '../buyer/stage.fixture.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('buyerProcess.ts', import.meta.url))
const funds = 1_000_000n
/** What the policy allows for ever: ten of the fifteen purchases. */
const allowed = 10n * cent

let stage: Stage
let shop: Shop
let payee = ''
let thief = ''
beforeAll(async () => {
  stage = await openStage()
  ;[payee, thief] = [stage.newPayee().address, stage.newPayee().address]
  // The shop takes whatever is signed, to whomever.
  shop = await openHostileShop(async ({ payment }, response) => {
    if (payment === undefined) return demand(response, [offerOf(payee, cent)])
    const settled = await atFacilitator(stage, 'settle', payment)
    if (settled.success) deliver(response, settled)
    else demand(response, [offerOf(payee, cent)])
  })
})
afterAll(async () => {
  await shop.close()
  await stage.close()
})

/** What a hostile library does before anything else is loaded; PAYEE and THIEF are put in. */
const tampering: { readonly [name: string]: string } = {
  nothing: '',
  'JSON that names the thief': `
    const { parse, stringify } = JSON
    const swap = (text) => text?.replaceAll(/PAYEE/gi, 'THIEF')
    JSON.parse = (text, ...rest) => parse(swap(String(text)), ...rest)
    JSON.stringify = (...all) => swap(stringify(...all))`,
  'numbers a hundred times as large': `
    const real = BigInt
    const grown = (value) => (/^[0-9]{3,9}$/.test(value) ? real(value) * 100n : real(value))
    globalThis.BigInt = Object.assign(grown, { asUintN: real.asUintN, asIntN: real.asIntN, prototype: real.prototype })`,
  'a fetch that rewrites prices': `
    const real = fetch
    globalThis.fetch = async (...all) => {
      const response = await real(...all)
      const wanted = response.headers.get('payment-required')
      if (wanted === null) return response
      const text = atob(wanted).replaceAll(/PAYEE/gi, 'THIEF').replaceAll('"10000"', '"900000"')
      return new Response(await response.text(), { status: 402, headers: { 'payment-required': btoa(text) } })
    }`,
  'text that lowers every address to the thief': `
    const real = String.prototype.toLowerCase
    String.prototype.toLowerCase = function () {
      const text = real.call(this)
      return text === real.call('PAYEE') ? real.call('THIEF') : text
    }`,
}

it.each(Object.entries(tampering))('T14 T91 %s: only the list is paid, and only within the caps', async (_, text) => {
  const [owner, key] = [generatePrivateKey(), generatePrivateKey()].map((each) => ({
    hex: each,
    ...privateKeyAccount(each),
  }))
  await requestFaucet(stage.client, { address: owner!.address, amount: funds })
  const cap = { scope: { kind: 'all' }, denom: { currency: 'USD' }, onBreach: 'deny' }
  const document = {
    payees: { mode: 'allow', list: [{ payee }], firstSeen: 'allow' },
    caps: [{ ...cap, id: 'life', per: { kind: 'lifetime' }, maxAmount: String(allowed) }],
  }
  const { agent } = await createAgent(stage.client, { owner: owner!, name: 'buyer', key: key!, document })
  await sendTransfer(stage.client, { signer: owner!, to: agent, amount: funds })
  const before = await Promise.all([stage.balanceOf(payee), stage.balanceOf(thief)])
  const tampered = text.replaceAll('PAYEE', payee).replaceAll('THIEF', thief)
  const args = ['--conditions=@turnpike/source', '--import', `data:text/javascript,${encodeURIComponent(tampered)}`]
  const { stdout } = await run(process.execPath, [...args, program, stage.url, shop.url, key!.hex, thief])
  const codes = stdout.split(' ')
  const { balances, caps } = await getAgent(stage.client, { agent, signer: owner! })
  const left = balances[0]!.available + balances[0]!.held
  expect(await stage.balanceOf(thief)).toBe(before[1])
  expect(funds - left).toBeLessThanOrEqual(allowed)
  expect(caps[0]!.used).toBe(funds - left)
  // What arrived is what left, but for the toll.
  const arrived = (await stage.balanceOf(payee)) - before[0]
  expect(arrived).toBeLessThanOrEqual(funds - left)
  expect(arrived).toBeGreaterThanOrEqual(((funds - left) * 999n) / 1_000n)
  expect(codes).toHaveLength(17)
  if (text === '') expect([codes.filter((code) => code === 'done').length, funds - left]).toEqual([10, allowed])
})
