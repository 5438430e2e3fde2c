// A market for the tests of official clients and servers: a real node process, an owner, agents with budgets, and the books
// of everybody's money before and after.
import { createAgent, createClient, generatePrivateKey, getAgent, privateKeyAccount, usd } from '@turnpike/sdk'
import type { Account, Client } from '@turnpike/sdk'
import { expect } from 'vitest'
import { openBooks, readTollAccount } from '../processes/books.ts'
import type { Books } from '../processes/books.ts'
import { createHome, findFreePort, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'
import { createBuyer } from './buyer.ts'
import type { Buyer, BuyerOptions } from './buyer.ts'

/** An agent of the market's owner with a buyer that holds its key. */
export type MarketAgent = { readonly account: string; readonly buyer: Buyer }

/** A node, and what to do with it. */
export type Market = {
  readonly url: string
  readonly facilitator: string
  readonly books: Books
  readonly client: Client
  readonly owner: Account
  /** An agent with that much money, and a budget of so many dollars in all its life. */
  hire(options?: Hiring): Promise<MarketAgent>
  /** An address that nobody has paid yet. */
  newPayee(): string
  watch(parties: Parties): Promise<Watch>
  /** Kills the node and starts it again on its directory and port. */
  crash(): Promise<void>
  close(): Promise<void>
}

export type Hiring = Omit<BuyerOptions, 'key'> & {
  /** Base units. */
  readonly funds?: bigint
  readonly lifetime?: string
}

/** Who takes part in a purchase, and in which asset (default: the dollar). */
export type Parties = { readonly agent: string; readonly payee: string; readonly asset?: string }

/** Money as it was, to be compared with money as it is. */
export type Watch = {
  /**
   * Exactly this much has moved from agent to payee since, less the toll, which the toll account has got; the budget counts it;
   * and exactly this much is set aside (default 0). Base units.
   */
  expectMoved(paid: bigint, held?: bigint): Promise<void>
}

/** How many base units the toll leaves alone for each that it takes: 10 basis points. */
const tollDivisor = 1_000n

/** Opens a market on a new development chain. */
export async function openMarket(): Promise<Market> {
  const home = createHome()
  const port = await findFreePort()
  let node: NodeProcess = await startTurnpike({ home: home.path, port })
  const { url } = node
  const books = openBooks(url)
  const client = createClient({ url })
  const owner = privateKeyAccount(generatePrivateKey())
  const tollAccount = readTollAccount(home.path)
  await books.fund(owner.address, 1_000_000n)
  let agents = 0
  return {
    url,
    facilitator: `${url}/x402`,
    books,
    client,
    owner,
    async hire({ funds = 1_000_000n, lifetime = '1', ...options } = {}) {
      const key = generatePrivateKey()
      const budget = { lifetime: usd(lifetime) }
      const { agent } = await createAgent(client, {
        owner,
        name: `agent ${++agents}`,
        key: privateKeyAccount(key),
        budget,
      })
      if (funds > 0n) await books.fund(agent, funds)
      return { account: agent, buyer: createBuyer({ key, ...options }) }
    },
    newPayee: () => privateKeyAccount(generatePrivateKey()).address,
    async watch(parties) {
      const read = (): Promise<Money> => readMoney({ books, client, owner, tollAccount }, parties)
      const before = await read()
      return {
        async expectMoved(paid, held = 0n) {
          const toll = paid / tollDivisor
          expect(await read()).toEqual({
            agent: before.agent - paid,
            payee: before.payee + paid - toll,
            toll: before.toll + toll,
            used: before.used + paid,
            held,
          })
        },
      }
    },
    async crash() {
      await node.kill()
      node = await startTurnpike({ home: home.path, port })
    },
    async close() {
      await books.close()
      await node.kill()
      home.remove()
    },
  }
}

type Money = {
  readonly agent: bigint
  readonly payee: bigint
  readonly toll: bigint
  readonly used: bigint
  readonly held: bigint
}
type Asked = Pick<Market, 'books' | 'client' | 'owner'> & { readonly tollAccount: string }

async function readMoney(
  { books, client, owner, tollAccount }: Asked,
  { agent, payee, asset }: Parties,
): Promise<Money> {
  const { caps, holds } = await getAgent(client, { agent, signer: owner })
  const [ofAgent, ofPayee, toll] = await Promise.all(
    [agent, payee, tollAccount].map((who) => books.balanceOf(who, asset)),
  )
  return {
    agent: ofAgent ?? 0n,
    payee: ofPayee ?? 0n,
    toll: toll ?? 0n,
    used: caps.find(({ id }) => id === 'life')?.used ?? 0n,
    held: holds.reduce((sum, { amount }) => sum + amount, 0n),
  }
}
