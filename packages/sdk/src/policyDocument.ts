// Policies as an owner writes them: absent fields take the chain's default, dollars become caps, and the words come from the document.
import { Refusal } from '@turnpike/chain/wire'
import {
  defaultDocument,
  hashDocument,
  parsePolicy,
  renderWords,
  type AssetFacts,
  type PolicyDocument,
} from '@turnpike/chain/wire/policy'
import type { Hash } from '@turnpike/chain/wire'
import { getAsset, type Chain } from './chain.ts'
import { LedgerError } from './errors.ts'
import { capUnitsOf, type Dollars } from './money.ts'

/** Caps by their amount; those that are absent are not there. */
export type Budget = {
  /** The most in one payment. */
  readonly perCall?: Dollars
  /** The most in any 24 hours. */
  readonly perDay?: Dollars
  /** The most in all. */
  readonly lifetime?: Dollars
}

/** A policy as its author writes it: nothing (the default), caps in dollars, or a document in JSON (agent-policy 3). */
export type PolicySource = { readonly budget?: Budget; readonly document?: unknown }

/** The document's hash and its words, as the message that carries it needs them. */
export type SignedDocument = { readonly document: PolicyDocument; readonly policy: Hash.Hash; readonly words: string }

const dayWindow = { kind: 'rolling', windowMs: 86_400_000, buckets: 96 } as const

function budgetCaps({ perCall, perDay, lifetime }: Budget): PolicyDocument['caps'] {
  const cap = { scope: { kind: 'all' }, denom: { currency: 'USD' }, onBreach: 'deny' } as const
  return [
    ...(perCall === undefined
      ? []
      : [{ ...cap, id: 'payment', per: { kind: 'payment' }, maxAmount: capUnitsOf(perCall) } as const]),
    ...(perDay === undefined ? [] : [{ ...cap, id: 'day', per: dayWindow, maxAmount: capUnitsOf(perDay) } as const]),
    ...(lifetime === undefined
      ? []
      : [{ ...cap, id: 'life', per: { kind: 'lifetime' }, maxAmount: capUnitsOf(lifetime) } as const]),
  ]
}

/** The chain's dollar asset: the first that stands for USD. @throws LedgerError `sdk/unknown_asset` */
function dollarOf(chain: Chain): ReturnType<typeof getAsset> {
  return getAsset(chain, chain.assets.find((asset) => asset.currency === 'USD')?.symbol)
}

/** What has to be known of a chain's asset to put a policy into words. */
function factsOf(chain: Chain, address: string): AssetFacts | undefined {
  const asset = chain.assets.find((candidate) => candidate.address === address)
  return asset && { symbol: asset.symbol, decimals: asset.decimals, currency: asset.currency ?? '' }
}

/**
 * The document that a source stands for.
 *
 * @throws LedgerError `policy/policy_invalid`, naming the field
 */
export function documentOf(chain: Chain, { budget, document }: PolicySource): PolicyDocument {
  const dollar = dollarOf(chain).address
  if (document === undefined) {
    return budget === undefined ? defaultDocument(dollar) : { ...defaultDocument(dollar), caps: budgetCaps(budget) }
  }
  try {
    return parsePolicy(document, dollar)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { code, message, hint, retry, values } = error
    throw new LedgerError({ code, message, hint, retry, values, cause: error })
  }
}

/** What is signed of a document. */
export function signDocument(chain: Chain, document: PolicyDocument): SignedDocument {
  const words = renderWords(document, (address) => factsOf(chain, address))
  return { document, policy: hashDocument(document), words }
}
