// Who pays whom, from the entries in sight: the largest payers, the largest payees, and what runs between them.
import type { Asset } from './chainInfo.ts'
import { fineDollars, rescale } from './money.ts'
import type { Entry } from './tally.ts'

/** One side of a flow with its sum, in `fineDollars`. */
export type FlowSide = { readonly address: string; readonly worth: bigint; readonly payments: number }
/** What one payer paid one payee. */
export type Flow = { readonly payer: string; readonly payee: string; readonly worth: bigint }
/** Both columns, largest first, and the flows between those shown. */
export type Flows = {
  readonly payers: readonly FlowSide[]
  readonly payees: readonly FlowSide[]
  readonly flows: readonly Flow[]
  readonly payments: number
}

const bySize = (a: { worth: bigint }, b: { worth: bigint }): number =>
  a.worth === b.worth ? 0 : a.worth > b.worth ? -1 : 1

function addTo(sides: Map<string, FlowSide>, address: string, worth: bigint): void {
  const side = sides.get(address)
  sides.set(address, { address, worth: (side?.worth ?? 0n) + worth, payments: (side?.payments ?? 0) + 1 })
}

/** Sums the dollar payments among the entries; at most `rows` accounts on each side. */
export function sumFlows(
  entries: readonly Entry[],
  of: { readonly assets: readonly Asset[]; readonly rows: number },
): Flows {
  const assets = new Map(of.assets.map((asset) => [asset.address, asset]))
  const payers = new Map<string, FlowSide>()
  const payees = new Map<string, FlowSide>()
  const pairs = new Map<string, Flow>()
  let payments = 0
  for (const entry of entries) {
    const asset = entry.kind === 'payment' ? assets.get(entry.asset) : undefined
    if (entry.kind !== 'payment' || entry.isRefund === true || asset?.isDollar !== true) continue
    const worth = rescale(entry.amount, { from: asset.decimals, to: fineDollars.decimals })
    const { account: payer, payee } = entry
    const pair = `${payer} ${payee}`
    payments += 1
    addTo(payers, payer, worth)
    addTo(payees, payee, worth)
    pairs.set(pair, { payer, payee, worth: (pairs.get(pair)?.worth ?? 0n) + worth })
  }
  const top = (sides: Map<string, FlowSide>): readonly FlowSide[] =>
    [...sides.values()].toSorted(bySize).slice(0, of.rows)
  const shown = { payers: top(payers), payees: top(payees) }
  const isShown = (sides: readonly FlowSide[], address: string): boolean =>
    sides.some((side) => side.address === address)
  const flows = [...pairs.values()].filter(
    (flow) => isShown(shown.payers, flow.payer) && isShown(shown.payees, flow.payee),
  )
  return { ...shown, flows, payments }
}
