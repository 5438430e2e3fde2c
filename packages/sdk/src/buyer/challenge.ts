// What a seller wants for an answer, read out of its 402: strictly, since a stranger wrote it, and kept as it was written, since the
// seller wants it back unchanged.
import type { PaymentRequired, PaymentRequirements } from '@x402/core/types'
import { Address, Fields, Units } from '@turnpike/chain/wire'
import type { Asset, Chain } from '../chain.ts'
import { ownError } from '../errors.ts'

/** One way to pay. */
export type Offer = {
  readonly payee: Address.Address
  readonly asset: Asset
  /** Base units. */
  readonly amount: bigint
  readonly maxTimeoutSeconds: number
  /** As the seller wrote it. */
  readonly requirements: PaymentRequirements
}

/** A 402 that can be paid on this chain. */
export type Challenge = {
  /** The cheapest offer. */
  readonly offer: Offer
  readonly resource: PaymentRequired['resource']
  readonly extensions: Readonly<Record<string, unknown>> | undefined
}

/** In what money a challenge may be paid, and which address asks for it. */
export type Payable = { readonly chain: Chain; readonly asset: Asset; readonly url: URL }

/** Longer headers are not read: browsers set no bound of their own, and what is read goes back to the seller. */
const headerCharactersMax = 32_768
const offersMax = 64
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** JSON out of a header (x402 2.1: base64 with padding over UTF-8), or undefined. Base64url, joined and cut headers are none. */
export function findJson(header: string | null): Fields.Fields | undefined {
  if (header === null || header.length > headerCharactersMax || !base64.test(header)) return undefined
  try {
    const bytes = Uint8Array.from(atob(header), (character) => character.charCodeAt(0))
    return Fields.find(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch {
    return undefined
  }
}

/** What of an offer decides whether and how it is paid; the description and other words decide nothing (T21). */
function readOffer(value: unknown, { chain, asset }: Payable): Offer | undefined {
  const of = Fields.find(value)
  const extra = Fields.find(of?.['extra'])
  if (of === undefined || extra === undefined) return undefined
  const { scheme, network, maxTimeoutSeconds } = of
  const isOurs = scheme === 'exact' && network === chain.network && Address.parse(of['asset']) === asset.address
  // A signature under another name or version of the token is none of the ledger's token.
  const isToken = extra['name'] === asset.eip712.name && extra['version'] === asset.eip712.version
  const isTransfer = [undefined, null, 'eip3009'].includes(extra['assetTransferMethod'] as string)
  const isKnownFlow = [undefined, null, 'authorization', 'upfront'].includes(extra['paymentFlow'] as string)
  if (!isOurs || !isToken || !isTransfer || !isKnownFlow) return undefined
  const [payee, amount] = [Address.parse(of['payTo']), Units.parse(of['amount'])]
  const isTimed = typeof maxTimeoutSeconds === 'number' && maxTimeoutSeconds > 0 && Number.isFinite(maxTimeoutSeconds)
  if (payee === undefined || amount === undefined || amount === 0n || !isTimed) return undefined
  return { payee, asset, amount, maxTimeoutSeconds, requirements: of as PaymentRequirements }
}

/** Cheapest first; of those that cost the same, delivery before payment (T46). */
function isBetter(offer: Offer, best: Offer | undefined): boolean {
  if (best === undefined || offer.amount !== best.amount) return best === undefined || offer.amount < best.amount
  const isUpfront = ({ requirements }: Offer): boolean => requirements.extra['paymentFlow'] === 'upfront'
  return isUpfront(best) && !isUpfront(offer)
}

/**
 * Reads the 402 of a seller.
 *
 * @throws LedgerError `sdk/malformed_challenge`; `sdk/no_offer` when nothing in it can be paid here
 */
export function readChallenge(response: Response, payable: Payable): Challenge {
  const { origin, href } = payable.url
  const of = findJson(response.headers.get('PAYMENT-REQUIRED'))
  const accepts = of?.['accepts']
  if (of === undefined || of['x402Version'] !== 2 || !Array.isArray(accepts) || accepts.length > offersMax)
    throw ownError('malformed_challenge', `${origin} asks for money in a way that can't be read.`)
  let best: Offer | undefined
  for (const entry of accepts as readonly unknown[]) {
    const offer = readOffer(entry, payable)
    if (offer !== undefined && isBetter(offer, best)) best = offer
  }
  if (best === undefined) {
    const { symbol } = payable.asset
    throw ownError('no_offer', `${origin} takes no ${symbol} of chain ${payable.chain.chainId}.`)
  }
  const resource = Fields.find(of['resource']) as PaymentRequired['resource'] | undefined
  return { offer: best, resource: resource ?? { url: href }, extensions: Fields.find(of['extensions']) }
}

/** Whether a challenge wants what another wanted, in its very words, since the seller compares them. */
export function isSameTerms(one: Challenge, other: Challenge): boolean {
  return termsOf(one) === termsOf(other)
}

/** What has to be sent back, in one order of fields. */
function termsOf({ offer, extensions }: Challenge): string {
  return JSON.stringify([offer.requirements, extensions], (_, part: unknown) => {
    const of = Fields.find(part)
    return of === undefined ? part : Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1))
  })
}
