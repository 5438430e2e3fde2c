// One purchase of the matrix, ready to happen: an agent with an official client, an official server with one priced route, a
// payee nobody has paid yet, and a line between server and node that can be watched and cut.
import type { Account } from '@turnpike/sdk'
import { present } from './buyer.ts'
import type { Bought } from './bought.ts'
import type { Buyer } from './buyer.ts'
import type { Hiring, Market, Watch } from './market.ts'
import type { Pair } from './pairs.ts'
import type { Relay, RelayedCall } from './relay.ts'
import { startSeller } from './seller.ts'
import type { Price, PricedRoute } from './seller.ts'

/** What every purchase of the matrix costs, unless its case says otherwise. Base units. */
export const price = 10_000n

/** How a case differs from an ordinary purchase. */
export type Terms = {
  readonly hiring?: Hiring
  readonly price?: Partial<Price>
  /** The same price on another chain as well, before or after ours. */
  readonly otherChain?: 'first' | 'second'
  readonly work?: (stall: Stall) => Promise<unknown>
  readonly identifiesPayments?: boolean
  /** Without the relay, so that the server's own connections are those that break. */
  readonly isDirect?: boolean
}

/** One purchase, ready to happen. */
export type Stall = {
  readonly pair: Pair
  readonly market: Market
  readonly account: string
  readonly owner: Account
  readonly buyer: Buyer
  readonly payee: string
  readonly watch: Watch
  readonly url: string
  /** How often the handler has run. */
  runs(): number
  /** Buys through the official client. */
  buy(): Promise<Bought>
  /** Sends a credential, or none. */
  present(credential?: string): Promise<Bought>
  /** What the server has asked its facilitator, in order. */
  calls(): readonly RelayedCall[]
  /** What becomes of the node's answers to this server; default: passed on. */
  onAnswer: Relay['onAnswer']
  /** Waits until every other purchase of the case has come here as well, or has ended; then what the case says happens once. */
  meet(): Promise<void>
  close(): Promise<void>
}

/** Where purchases happen. */
export type Place = {
  readonly market: Market
  readonly relay: Relay
  readonly otherChain: OtherChain
  readonly meet: () => Promise<void>
}

/** A second chain, where none of the agents has money. */
export type OtherChain = { readonly network: `eip155:${number}`; readonly facilitator: string }

/** Sets up a purchase. */
export async function openStall(place: Place, pair: Pair, terms: Terms): Promise<Stall> {
  const { market, relay, otherChain, meet } = place
  const { account, owner, buyer } = await market.hire({ client: pair.client, ...terms.hiring })
  const payTo = market.newPayee()
  const ours = { amount: price, payTo, flow: pair.flow, ...terms.price }
  const both = [ours, { ...ours, network: otherChain.network }]
  const prices = { none: [ours], first: both.toReversed(), second: both }[terms.otherChain ?? 'none']
  const route: PricedRoute = {
    prices,
    identifiesPayments: terms.identifiesPayments ?? false,
    work: async () => terms.work?.(stall),
  }
  const facilitators = [
    terms.isDirect === true ? market.facilitator : `${relay.url}/x402`,
    ...(terms.otherChain === undefined ? [] : [otherChain.facilitator]),
  ]
  const seller = await startSeller(facilitators, { '/thing': route }, pair.server)
  const url = `${seller.url}/thing`
  const stall: Stall = {
    pair,
    market,
    account,
    owner,
    buyer,
    payee: payTo,
    watch: await market.watchAmongOthers({ agent: account, payee: payTo }),
    url,
    runs: () => seller.runs('/thing'),
    buy: () => buyer.buy(url),
    present: (credential) => present(url, credential),
    calls: () => relay.calls.filter(({ body }) => body.includes(payTo)),
    onAnswer: async () => 'pass',
    meet,
    close: () => seller.close(),
  }
  return stall
}
