// The policies of the vectors: the default, and others that between them use every field, every kind of cap and every sentence.
import { dollar, genesisDocument, person, testDollar } from '@turnpike/chain/testing'
import type { Address } from '@turnpike/chain/wire'
import { defaultDocument } from '@turnpike/chain/wire/policy'
import type { AssetFacts, PolicyDocument } from '@turnpike/chain/wire/policy'

const { assets } = genesisDocument() as {
  readonly assets: readonly (AssetFacts & { readonly address: Address.Address })[]
}

/** The assets of the vectors' chain, as words name them. */
export const findAsset = (asset: Address.Address): AssetFacts | undefined =>
  assets.find(({ address }) => address === asset)

/** What an owner signs who says nothing. */
export const agentDocument: PolicyDocument = defaultDocument(dollar)

/** Narrower than the default in amount, payees and lifetimes. */
export const tighterDocument: PolicyDocument = {
  ...agentDocument,
  caps: agentDocument.caps.map((cap) => (cap.id === 'hour' ? { ...cap, maxAmount: 200_000n } : cap)),
  payees: { mode: 'allow', list: [{ payee: person('shop').address }], firstSeen: 'allow' },
  maxAuthLifetimeMs: { native: 60_000, eip3009: 300_000 },
}

/** Its owner can loosen it a minute after saying so. */
export const slowDocument: PolicyDocument = { ...tighterDocument, change: { loosenDelayMs: 60_000 } }

/** Every field set, every kind of cap, both kinds of unit. */
export const fullDocument: PolicyDocument = {
  notBefore: 1_800_000_000_123,
  expiresAt: 1_810_000_000_000,
  assets: [dollar, testDollar],
  caps: [
    {
      id: 'coin',
      scope: { kind: 'all' },
      denom: { asset: testDollar },
      per: { kind: 'payment' },
      maxAmount: 1_500_000_000_000_000_000n,
      onBreach: 'deny',
    },
    {
      id: 'pace',
      scope: { kind: 'all' },
      per: { kind: 'rolling', windowMs: 90_000, buckets: 9 },
      maxCount: 100,
      onBreach: 'deny',
    },
    {
      id: 'week_1',
      scope: { kind: 'all' },
      denom: { currency: 'USD' },
      per: { kind: 'rolling', windowMs: 604_800_000, buckets: 7 },
      maxAmount: 340_282_366_920_938_463_463_374_607_431_768_211_455n,
      maxCount: 1,
      onBreach: 'deny',
    },
    {
      id: 'ever',
      scope: { kind: 'all' },
      denom: { currency: 'USD' },
      per: { kind: 'lifetime' },
      maxCount: 4_294_967_295,
      onBreach: 'deny',
    },
  ],
  payees: {
    mode: 'deny',
    list: [{ payee: person('shop').address }, { payee: person('buyer').address }],
    firstSeen: 'allow',
  },
  maxAuthLifetimeMs: { native: 1, eip3009: 3_600_000 },
  change: { loosenDelayMs: 86_400_000 },
}

/** Nothing is allowed. */
export const emptyDocument: PolicyDocument = {
  assets: [],
  caps: [],
  payees: { mode: 'allow', list: [], firstSeen: 'allow' },
  maxAuthLifetimeMs: { native: 60_000, eip3009: 600_000 },
  change: { loosenDelayMs: 0 },
}
