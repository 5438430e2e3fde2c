// The seller's one call: an official x402 resource server learns to be paid on Turnpike, beside other networks or on it alone.
import { HTTPFacilitatorClient, type FacilitatorClient, type x402ResourceServer } from '@x402/core/server'
import type { Network, Price, SchemeNetworkServer } from '@x402/core/types'
import { getAsset, type Asset, type Chain } from '../chain.ts'
import { createClient, type ClientOptions } from '../client.ts'
import { ownError } from '../errors.ts'
import { parseAddress } from '../sign.ts'
import { createExactScheme } from './exactScheme.ts'

/** Where payments go, and to whom. */
export type SellerOptions = Pick<ClientOptions, 'url' | 'timeoutMs'> & {
  /** The only chain to be paid on. Needed where the server takes payments on the node's network already, or on all (`eip155:*`). */
  readonly chainId?: number
  /** Who is paid. Have its key: a contract of another chain, or an exchange, can't get at money that is sent to its address here. */
  readonly payTo: string
  /** In which asset prices in dollars are paid, by symbol or address. Default: the chain's first. */
  readonly asset?: string
  /**
   * Where Turnpike stands among a route's ways to pay: behind the others (the default), before them, or alone. Alone, routes name this
   * network only, and the server asks no other facilitator.
   */
  readonly place?: 'last' | 'first' | 'only'
}

/** What was added. */
export type Seller = {
  readonly network: Chain['network']
  readonly asset: Asset
  /** A way to pay here, for the `accepts` of a route. */
  accepts(price: Price, more?: Partial<Omit<WayToPay, 'scheme' | 'network' | 'price'>>): WayToPay
}

/** An entry of `accepts`, as official servers take it. */
export type WayToPay = {
  readonly scheme: 'exact'
  readonly network: Chain['network']
  /** `$0.01`, `0.01`, `0.01 pUSD`, or base units with their asset. */
  readonly price: Price
  readonly payTo: string
  readonly maxTimeoutSeconds?: number
  readonly extra?: Record<string, unknown>
}

type Build = x402ResourceServer['buildPaymentRequirementsFromOptions']

/** An `x402ResourceServer` of any copy and patch of the official package: the part of it that is used. */
export type ResourceServer = {
  hasRegisteredScheme(network: Network, scheme: string): boolean
  register(network: Network, scheme: SchemeNetworkServer): unknown
  getSupportedKind(version: number, network: Network, scheme: string): unknown
  buildPaymentRequirementsFromOptions: Build
}

const x402Version = 2
const exact = 'exact'

/**
 * Lets routes be paid on Turnpike. Beside what a route accepts it then offers the same price here: one in dollars, or with the symbol of
 * one of the chain's assets, that comes out even. Call it before a middleware is made of the server.
 *
 * @throws LedgerError `sdk/unreachable`, `sdk/timeout`, `sdk/wrong_chain`, `sdk/unknown_asset`, `sdk/address_invalid`;
 * `sdk/network_taken`; `sdk/server_unsupported` for what is no resource server as version 2.27 has it. The server is then as it was
 */
export async function addTurnpike(server: ResourceServer, options: SellerOptions): Promise<Seller> {
  const { payTo, asset: named, place = 'last', ...reaching } = options
  const kept = openFacilitators(server)
  const payee = parseAddress(payTo)
  const client = createClient(reaching)
  const chain = await client.chain()
  const { network } = chain
  const asset = getAsset(chain, named)
  // A node that gives itself out for another network would judge its payments; the seller has to have meant it.
  if (options.chainId === undefined && server.hasRegisteredScheme(network, exact))
    throw ownError('network_taken', `The server takes payments on ${network} already.`, { values: { network } })
  const scheme = createExactScheme(chain, asset)
  const accepts: Seller['accepts'] = (price, more) => ({ scheme: exact, network, price, payTo: payee, ...more })
  // The first facilitator that knows a network decides there; on this one that is the node's.
  const facilitator = facilitatorOf(client.url, network)
  kept.facilitatorClients = place === 'only' ? [facilitator] : [facilitator, ...kept.facilitatorClients]
  server.register(network, scheme)
  if (place !== 'only') offer(server, { network, scheme, accepts, isFirst: place === 'first' })
  return { network, asset, accepts }
}

/** The node's facilitator, for its own network and no other: whoever runs it decides nothing about payments elsewhere. */
function facilitatorOf(url: string, network: Network): FacilitatorClient {
  const facilitator = new HTTPFacilitatorClient({ url: `${url}/x402` })
  return {
    verify: (payload, requirements) => facilitator.verify(payload, requirements),
    settle: (payload, requirements) => facilitator.settle(payload, requirements),
    async getSupported() {
      const supported = await facilitator.getSupported()
      return { ...supported, kinds: supported.kinds.filter((kind) => kind.network === network) }
    },
  }
}

/** Official servers take facilitators only when they are made, and keep them under this name. @throws LedgerError `sdk/server_unsupported` */
function openFacilitators(server: ResourceServer): { facilitatorClients: FacilitatorClient[] } {
  const kept = server as ResourceServer & { facilitatorClients?: FacilitatorClient[] }
  if (Array.isArray(kept.facilitatorClients) && typeof kept.buildPaymentRequirementsFromOptions === 'function')
    return kept as Required<typeof kept>
  throw ownError('server_unsupported', 'This is no x402ResourceServer of version 2.27.')
}

type Offer = Pick<Seller, 'network' | 'accepts'> & { readonly scheme: SchemeNetworkServer; readonly isFirst: boolean }

/** Adds a way to pay here wherever an official server works out what a route accepts. */
function offer(server: ResourceServer, { network, scheme, accepts, isFirst }: Offer): void {
  const build: Build = server.buildPaymentRequirementsFromOptions.bind(server)
  server.buildPaymentRequirementsFromOptions = async (given, context) => {
    // A node that has not told what it supports must not take a route's other ways to pay down with it.
    const isSupported = server.getSupportedKind(x402Version, network, exact) !== undefined
    if (!isSupported || given.some((option) => option.network === network)) return build(given, context)
    const options = [...given]
    for (const [index, option] of given.entries()) {
      if (option.scheme !== exact) continue
      // A price that is worked out for each request is worked out once.
      const price = typeof option.price === 'function' ? await option.price(context) : option.price
      options[index] = { ...option, price }
      if (!(await isPayable(scheme, { price, network }))) continue
      const added = accepts(price, termsOf(option))
      return build(isFirst ? [added, ...options] : [...options, added], context)
    }
    return build(options, context)
  }
}

async function isPayable(
  scheme: SchemeNetworkServer,
  { price, network }: { readonly price: Price; readonly network: Network },
): Promise<boolean> {
  // Base units are those of the other network's asset.
  if (typeof price === 'object') return false
  try {
    await scheme.parsePrice(price, network)
    return true
  } catch {
    return false
  }
}

/** What of a way to pay elsewhere holds here too: how long, and whether it is paid before or after the answer is made. */
function termsOf({ maxTimeoutSeconds, extra }: Pick<WayToPay, 'maxTimeoutSeconds' | 'extra'>): Partial<WayToPay> {
  const paymentFlow = extra?.['paymentFlow']
  return {
    ...(maxTimeoutSeconds !== undefined && { maxTimeoutSeconds }),
    ...(paymentFlow !== undefined && { extra: { paymentFlow } }),
  }
}
