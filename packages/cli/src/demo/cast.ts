// Who takes part: an owner and a seller that are kept between starts, and a new agent with a new budget each time.
import { join } from 'node:path'
import {
  createAgent,
  generatePrivateKey,
  getBalance,
  LedgerError,
  privateKeyAccount,
  requestFaucet,
  sendTransfer,
  usd,
  type Account,
  type Asset,
  type Client,
} from '@turnpike/sdk'
import type { Call } from '../command.ts'
import { createKeystore, listKeystores, openOrCreateUnprotected } from '../keystore.ts'

/** What the agent may spend, and what it is given: more, so that it is the budget that ends and not the money. */
const budget = { perCall: usd('0.01'), lifetime: usd('0.25') } as const
const allowance = usd('1.00')
/** Base units of the first asset below which the owner asks the faucet again: two dollars of six decimals. */
const lowWater = 2_000_000n

/** The demonstration's parties. */
export type Cast = {
  readonly owner: Account
  readonly seller: Account
  readonly agent: { readonly name: string; readonly address: string; readonly privateKey: `0x${string}` }
}

const agentPattern = /^demo-([1-9][0-9]{0,8})$/

/** The number of the next agent: one more than the last whose key is kept. */
async function nextNumber(folder: string): Promise<number> {
  const kept = await listKeystores(folder)
  return 1 + Math.max(0, ...kept.map(({ name }) => Number(agentPattern.exec(name)?.[1] ?? 0)))
}

async function makeAgent(client: Client, folder: string, owner: Account): Promise<Cast['agent']> {
  const privateKey = generatePrivateKey()
  for (let number = await nextNumber(folder); ; number++) {
    const name = `demo-${number}`
    try {
      const { agent } = await createAgent(client, { owner, name, key: privateKeyAccount(privateKey), budget })
      await createKeystore({ file: join(folder, `${name}.json`), password: '', privateKey })
      return { name, address: agent, privateKey }
    } catch (error) {
      // Somebody removed the keystores of earlier agents; their accounts are still there.
      if (!(error instanceof LedgerError) || error.code !== 'accounts/agent_exists') throw error
    }
  }
}

/** Brings everybody on stage: keys without password (this is play money), and money in their accounts. */
export async function assemble(
  call: Call,
  { client, asset, home }: { readonly client: Client; readonly asset: Asset; readonly home: string },
): Promise<Cast> {
  const folder = join(home, 'keys')
  const owner = await openOrCreateUnprotected(call, join(folder, 'owner.json'))
  const seller = await openOrCreateUnprotected(call, join(folder, 'seller.json'))
  const { available } = await getBalance(client, { account: owner.address, asset: asset.symbol })
  if (available < lowWater) await requestFaucet(client, { address: owner.address, asset: asset.symbol })
  const agent = await makeAgent(client, folder, owner)
  await sendTransfer(client, { signer: owner, to: agent.address, amount: allowance, asset: asset.symbol })
  return { owner, seller, agent }
}
