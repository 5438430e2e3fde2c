// The genesis of a run: the development chain's, with parameters that the seed chooses within their bounds.
import type { Address } from '@turnpike/chain/wire'
import type { Terms } from './auditor/books.ts'
import type { Random } from './random.ts'
import type { Asset } from './workload/stage.ts'

export type Genesis = {
  readonly format: 1
  readonly chainId: number
  readonly time: number
  readonly sequencer: string
  readonly operator: Address.Address
  readonly tollAccount: Address.Address
  readonly assets: readonly Asset[]
  readonly params: {
    readonly tollBasisPoints: number
    readonly tollMax?: string
    readonly accountMin: string
    readonly authLifetimeMaxMs: number
    readonly freePerMinute: number
    readonly holdMaxMs: number
    readonly verifyHolds: boolean
    readonly faucetMax: string
    readonly faucetSupply: string
  }
}

const dollar = '0x7474747474747474747474747474747474747401' as Address.Address
const testDollar = '0x7474747474747474747474747474747474747402' as Address.Address

/** A genesis for a seed; half of the runs have the parameters of the development chain. */
export function createGenesis(
  random: Random,
  { operator, toller }: { readonly operator: Address.Address; readonly toller: Address.Address },
): Genesis {
  const isPlain = random.percent(50)
  const vary = <T>(plain: T, others: readonly T[]): T => (isPlain ? plain : random.pick([plain, ...others]))
  const tollMax = vary(undefined, ['0', '7', '1000'])
  return {
    format: 1,
    chainId: 402402,
    time: 1_800_000_000_000 + random.int(86_400_000),
    sequencer: `0x${'11'.repeat(32)}`,
    operator,
    tollAccount: vary(operator, [toller]),
    assets: [
      { symbol: 'pUSD', name: 'Turnpike USD', version: '1', decimals: 6, currency: 'USD', address: dollar },
      { symbol: 'tUSD', name: 'Turnpike Test USD', version: '1', decimals: 18, currency: 'USD', address: testDollar },
    ],
    params: {
      tollBasisPoints: vary(10, [0, 1, 333, 1_000]),
      ...(tollMax !== undefined && { tollMax }),
      accountMin: vary('1', ['5', '1000']),
      authLifetimeMaxMs: vary(3_660_000, [60_000, 300_000]),
      freePerMinute: vary(60, [1, 3]),
      holdMaxMs: vary(60_000, [10_000]),
      verifyHolds: vary(true, [true, true, false]),
      faucetMax: vary('1000000000', ['1000000']),
      faucetSupply: vary('1000000000000000', ['20000000']),
    },
  }
}

/** What the auditor has to know of a genesis. */
export function termsOf({ operator, tollAccount, assets, params }: Genesis): Terms {
  return {
    operator,
    tollAccount,
    assets: new Map(assets.map(({ address, ...facts }) => [address, facts])),
    tollBasisPoints: params.tollBasisPoints,
    tollMax: params.tollMax === undefined ? undefined : BigInt(params.tollMax),
    accountMin: BigInt(params.accountMin),
    authLifetimeMaxMs: params.authLifetimeMaxMs,
    freePerMinute: params.freePerMinute,
    holdMaxMs: params.holdMaxMs,
    verifyHolds: params.verifyHolds,
    faucetMax: BigInt(params.faucetMax),
    faucetSupply: BigInt(params.faucetSupply),
  }
}
