// GET /chain: which chain this is and what money it knows.
import { cleanName } from './foreignText.ts'
import { capDollars } from './money.ts'
import type { Denomination } from './money.ts'
import { fieldsOf, list, number, optionalText, text } from './reader.ts'
import type { Fields } from './reader.ts'

const DEVELOPMENT_CHAIN_ID = 402402

/** An asset of the chain. */
export type Asset = Denomination & { readonly address: string }

/** The chain that the node serves. */
export type ChainInfo = {
  readonly chainId: number
  readonly engine: string
  readonly height: number
  /** The hash of its genesis: what makes it this ledger and no other. */
  readonly genesis: string | undefined
  readonly assets: readonly Asset[]
  /** What kind of money this is, when it is not real. */
  readonly notice: string | undefined
}

function readAsset(fields: Fields): Asset {
  const symbol = cleanName(text(fields, 'symbol'))
  const currency = optionalText(fields, 'currency')
  return {
    address: text(fields, 'address').toLowerCase(),
    symbol,
    decimals: number(fields, 'decimals'),
    // Every asset says its currency where the node tells it; older nodes leave it to the symbol.
    isDollar: currency === undefined ? /USD/.test(symbol) : currency === 'USD',
  }
}

function noticeOf(chainId: number, engine: string): string | undefined {
  if (engine === 'memory') return 'Sandbox: play money, in memory, gone when it stops'
  return chainId === DEVELOPMENT_CHAIN_ID ? 'Development chain: play money' : undefined
}

/** Reads the answer of `/chain`. @throws LedgerError `page/malformed_answer` */
export function readChain(answer: unknown): ChainInfo {
  const fields = fieldsOf(answer, 'chain')
  const chainId = number(fields, 'chainId')
  const engine = cleanName(optionalText(fields, 'engine') ?? '')
  return {
    chainId,
    engine,
    height: number(fields, 'height'),
    genesis: optionalText(fields, 'genesis'),
    assets: list(fields, 'assets', readAsset),
    notice: noticeOf(chainId, engine),
  }
}

/** What amounts of an asset are counted in; base units named after the address when the chain does not list it. */
export function denominationOf(assets: readonly Asset[], address: string): Denomination {
  const known = assets.find((asset) => asset.address === address.toLowerCase())
  return known ?? { symbol: `units of ${address.slice(0, 8)}\u2026`, decimals: 0, isDollar: false }
}

/** What a cap is counted in: an asset by its address, or a currency with six decimals. */
export function capDenominationOf(assets: readonly Asset[], denom: string): Denomination {
  if (denom.startsWith('0x')) return denominationOf(assets, denom)
  return denom === capDollars.symbol ? capDollars : { ...capDollars, symbol: denom, isDollar: false }
}
