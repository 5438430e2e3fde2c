// docs/coding/build-an-agent.md, literally: a program that buys until its budget ends, with the money counted.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { agentAddress, createClient, getBalance, getPayments, saltOfName } from '@turnpike/sdk'
import { followPage, type Followed } from './follow.ts'

const page = 'docs/coding/build-an-agent.md'
let reader: Followed

beforeAll(async () => {
  reader = await followPage(page)
})
afterAll(() => reader.close())

it('whoever follows the page has an agent that spent its budget to the last cent, and no more', async () => {
  const client = createClient({ url: reader.node })
  const keystore = await readFile(join(reader.folder, '.turnpike/keys/owner.json'), 'utf8')
  const owner = `0x${(JSON.parse(keystore) as { readonly address: string }).address}`
  const agent = agentAddress(owner as never, saltOfName('scout'))
  const payments = await getPayments(client, { account: agent, role: 'payer' })
  expect(payments.map(({ amount }) => amount)).toEqual(Array(5).fill(10_000n))
  expect((await getBalance(client, { account: agent })).available).toBe(450_000n)
})
