// What a node says of its chain: the id that is signed for, and the assets it knows.
import { createDomain, nativeDomain, Address, type Domains, type Domain } from '@turnpike/chain/wire'
import * as answer from './answer.ts'
import { ownError } from './errors.ts'

/** A kind of money on the chain. */
export type Asset = {
  readonly symbol: string
  readonly address: Address.Address
  readonly decimals: number
  /** The currency it stands for; absent when the node does not say. */
  readonly currency: string | undefined
  /** Name and version of its signing domain (EIP-712). */
  readonly eip712: { readonly name: string; readonly version: string }
}

/** The chain behind a node. */
export type Chain = {
  readonly chainId: number
  /** CAIP-2, as x402 writes it: `eip155:402402`. */
  readonly network: `eip155:${number}`
  readonly engine: string
  readonly height: number
  readonly assets: readonly Asset[]
}

/** Reads the answer of `GET /chain`. @throws LedgerError `sdk/malformed_answer` */
export function readChain(value: unknown): Chain {
  const of = answer.fields(value, 'chain')
  const chainId = answer.integer(of, 'chainId')
  return {
    chainId,
    network: `eip155:${chainId}`,
    engine: answer.text(of, 'engine'),
    height: answer.integer(of, 'height'),
    assets: answer.list(of, 'assets', (entry) => {
      const domain = answer.fields(entry['eip712'], 'eip712')
      return {
        symbol: answer.text(entry, 'symbol'),
        address: answer.address(entry, 'address'),
        decimals: answer.integer(entry, 'decimals'),
        currency: answer.optionalText(entry, 'currency'),
        eip712: { name: answer.text(domain, 'name'), version: answer.text(domain, 'version') },
      }
    }),
  }
}

/**
 * An asset by symbol or address; the chain's first when nothing is named.
 *
 * @throws LedgerError `sdk/unknown_asset`
 */
export function getAsset(chain: Chain, named: string | undefined): Asset {
  const address = Address.parse(named)
  const found =
    named === undefined
      ? chain.assets[0]
      : chain.assets.find((asset) => asset.symbol === named || asset.address === address)
  if (found === undefined)
    throw ownError('unknown_asset', `There is no asset ${named ?? ''} on chain ${chain.chainId}.`)
  return found
}

/** The domains under which this chain's messages and its tokens' authorizations are signed. */
export function domainsOf(chain: Chain): Domains {
  return {
    native: nativeDomain(chain.chainId),
    token(address): Domain | undefined {
      const asset = chain.assets.find((candidate) => candidate.address === address)
      return asset && createDomain({ ...asset.eip712, chainId: chain.chainId, verifyingContract: address })
    },
  }
}
