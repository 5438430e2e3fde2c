// A market for the tests of official clients and servers: a real node process, owners, agents with budgets, and the books
// of everybody's money before and after.
import { createAgent, createClient, generatePrivateKey, getAgent, privateKeyAccount, usd } from '@turnpike/sdk'
import type { Account, Client } from '@turnpike/sdk'
import { expect } from 'vitest'
import { openBooks, readTollAccount } from '../processes/books.ts'
import type { Books } from '../processes/books.ts'
import { createHome, findFreePort, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'
import { createBuyer } from './buyer.ts'
import type { Buyer, Buying } from './buyer.ts'

/** An agent, whose it is, and a buyer that holds its key. */
export type MarketAgent = { readonly account: string; readonly owner: Account; readonly buyer: Buyer }

/** A node, and what to do with it. */
export type Market = {
  readonly url: string
  readonly facilitator: string
  readonly books: Books
  readonly client: Client
  /** An agent with that much money, and a budget of so many dollars in all its life. */
  hire(options?: Hiring): Promise<MarketAgent>
  /** An address that nobody has paid yet. */
  newPayee(): string
  watch(parties: Parties): Promise<Watch>
  /** The same while others pay as well: what the toll account has got is not looked at. */
  watchAmongOthers(parties: Parties): Promise<Watch>
  /** What the toll account has got so far. */
  tolls(): Promise<bigint>
  /** Kills the node and starts it again on its directory and port. */
  crash(): Promise<void>
  close(): Promise<void>
}

export type Hiring = Omit<Buying, 'key'> & {
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

/** The toll of a payment, in base units. */
export function tollOf(paid: bigint): bigint {
  return paid / tollDivisor
}

/** Opens a market on a new development chain. */
export async function openMarket(): Promise<Market> {
  const home = createHome()
  const port = await findFreePort()
  let node: NodeProcess = await startTurnpike({ home: home.path, port })
  const { url } = node
  const books = openBooks(url)
  const client = createClient({ url })
  const tollAccount = readTollAccount(home.path)
  const owners = new Map<string, Account>()
  const ownerOf = (agent: string): Account => owners.get(agent)!
  return {
    url,
    facilitator: `${url}/x402`,
    books,
    client,
    async hire({ funds = 1_000_000n, lifetime = '1', ...options } = {}) {
      const key = generatePrivateKey()
      // Each with an owner of its own: what one owner may do for nothing in a minute is limited.
      const owner = privateKeyAccount(generatePrivateKey())
      await books.fund(owner.address, 1n)
      const budget = { lifetime: usd(lifetime) }
      const { agent } = await createAgent(client, { owner, name: 'agent', key: privateKeyAccount(key), budget })
      owners.set(agent, owner)
      if (funds > 0n) await books.fund(agent, funds)
      return { account: agent, owner, buyer: createBuyer({ key, ...options }) }
    },
    newPayee: () => privateKeyAccount(generatePrivateKey()).address,
    watch: (parties) => watch({ books, client, ownerOf, tollAccount }, parties),
    watchAmongOthers: (parties) => watch({ books, client, ownerOf }, parties),
    tolls: () => books.balanceOf(tollAccount),
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
type Asked = Pick<Market, 'books' | 'client'> & {
  readonly ownerOf: (agent: string) => Account
  readonly tollAccount?: string
}

async function watch(asked: Asked, parties: Parties): Promise<Watch> {
  const before = await readMoney(asked, parties)
  return {
    async expectMoved(paid, held = 0n) {
      const toll = tollOf(paid)
      expect(await readMoney(asked, parties)).toEqual({
        agent: before.agent - paid,
        payee: before.payee + paid - toll,
        toll: asked.tollAccount === undefined ? 0n : before.toll + toll,
        used: before.used + paid,
        held,
      })
    },
  }
}

async function readMoney(
  { books, client, ownerOf, tollAccount }: Asked,
  { agent, payee, asset }: Parties,
): Promise<Money> {
  const [{ caps, holds }, ofAgent, ofPayee, toll] = await Promise.all([
    getAgent(client, { agent, signer: ownerOf(agent) }),
    books.balanceOf(agent, asset),
    books.balanceOf(payee, asset),
    tollAccount === undefined ? 0n : books.balanceOf(tollAccount, asset),
  ])
  return {
    agent: ofAgent,
    payee: ofPayee,
    toll,
    used: caps.find(({ id }) => id === 'life')?.used ?? 0n,
    held: holds.reduce((sum, { amount }) => sum + amount, 0n),
  }
}
