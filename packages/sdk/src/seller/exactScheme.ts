// The scheme `exact` on this network, as an official resource server wants it: from a price to base units of one of the chain's assets.
import { Units } from '@turnpike/chain/wire'
import type { AssetAmount, Price, SchemeNetworkServer } from '@x402/core/types'
import { parseMoney } from '@x402/core/utils'
import { getAsset, type Asset, type Chain } from '../chain.ts'
import { ownError } from '../errors.ts'
import { unitsOf, usd } from '../money.ts'

/**
 * Clients sign for as long as a route allows, and the ledger takes nothing that ends further ahead than its parameter `authLifetimeMaxMs`
 * (`accounts/auth_too_long`): an hour, and a minute for clocks that are ahead of its own.
 */
const lifetimeMaxSeconds = 3_600

/** The scheme; `dollars` is the asset in which prices without a symbol are paid. */
export function createExactScheme(chain: Chain, dollars: Asset): SchemeNetworkServer {
  return {
    scheme: 'exact',
    defaultAssetTransferMethod: 'eip3009',
    paymentFlows: { eip3009: { supported: ['authorization', 'upfront'], default: 'authorization' } },
    getAssetDecimals: (asset) => chain.assets.find(({ address }) => address === asset.toLowerCase())?.decimals,
    parsePrice: async (price) => parsePrice(chain, { dollars, price }),
    enhancePaymentRequirements: async (requirements) => {
      const maxTimeoutSeconds = Math.min(requirements.maxTimeoutSeconds, lifetimeMaxSeconds)
      return { ...requirements, maxTimeoutSeconds }
    },
  }
}

/**
 * A price in base units, exactly: official parsers cut off what is finer than the asset.
 *
 * @throws LedgerError `sdk/amount_invalid`, `sdk/unknown_asset`, or what the official parser says of a text that is no price
 */
function parsePrice(chain: Chain, { dollars, price }: { readonly dollars: Asset; readonly price: Price }): AssetAmount {
  const { asset, units, extra } =
    typeof price === 'object' ? fromUnits(chain, price) : fromMoney(chain, { dollars, money: price })
  if (units === undefined || units === 0n) {
    const shown = typeof price === 'object' ? `${price.amount} base units` : String(price)
    throw ownError('amount_invalid', `${shown} is no price in ${asset.symbol}.`)
  }
  // Name and version of the domain that clients sign under: the chain's, whatever a route says.
  return { amount: units.toString(), asset: asset.address, extra: { ...extra, ...asset.eip712 } }
}

type Parsed = {
  readonly asset: Asset
  readonly units: bigint | undefined
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

function fromUnits(chain: Chain, price: AssetAmount): Parsed {
  return { asset: getAsset(chain, price.asset), units: Units.parse(price.amount), extra: price.extra }
}

function fromMoney(
  chain: Chain,
  { dollars, money }: { readonly dollars: Asset; readonly money: string | number },
): Parsed {
  const { amount, symbol } = parseMoney(money)
  if (symbol === undefined) return { asset: dollars, units: unitsOf(usd(amount), dollars) }
  // The official parser tells symbols in capitals.
  const named = chain.assets.find((asset) => asset.symbol.toUpperCase() === symbol)
  const asset = named ?? getAsset(chain, symbol)
  // Beside its symbol a number counts units of that asset, whatever its currency.
  return { asset, units: unitsOf(usd(amount), { ...asset, currency: 'USD' }) }
}
