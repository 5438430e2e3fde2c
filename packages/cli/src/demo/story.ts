// Tells the demonstration in the terminal: what happens, what it cost, why it stopped, and which page shows it.
import type { Writable } from 'node:stream'
import { currencyDecimals } from '@turnpike/chain/wire/bank'
import { formatUnits, type Asset, type CapState, type PastRefusal } from '@turnpike/sdk'
import { printable } from '../output.ts'
import type { Cast } from './cast.ts'
import type { Bought } from './buyer.ts'
import type { Question } from './questions.ts'

/** What came of all purchases. */
export type Ending = {
  readonly purchases: number
  readonly spent: bigint
  readonly toll: bigint
  /** Base units that the agent still has, and may not spend. */
  readonly left: bigint
  /** Median of the whole way: question, payment, answer. */
  readonly medianMs: number
  /** What the seller was told. */
  readonly reason: string
  /** What the ledger says about it to the owner. */
  readonly refusal: PastRefusal | undefined
  /** The cap that is used up. */
  readonly exhausted: CapState | undefined
}

/** Where everything can be seen. */
export type Places = {
  readonly pagesUrl: string
  readonly nodeUrl: string
  readonly sellerUrl: string
  /** What the owner can call to see and stop the agent. */
  readonly ownerCommand: string
}

/** The teller. */
export type Story = {
  begin(cast: Cast, places: Places): void
  bought(turn: number, question: Question, purchase: Bought): void
  end(ending: Ending, cast: Cast, places: Places): void
}

/** The address of a page; the operator's token, where there is one, stays behind it. */
export function pageUrl(pagesUrl: string, path: string): string {
  const [base, token] = pagesUrl.split('#')
  return `${base}${path}${token === undefined ? '' : `#${token}`}`
}

function whyItStopped({ reason, refusal, exhausted }: Ending): string {
  if (refusal === undefined) return `the seller was told ${reason}.`
  const { remaining, maxAmount } = exhausted ?? {}
  const left =
    remaining === undefined || maxAmount === undefined
      ? refusal.message
      : `cap "${exhausted?.id}" has ${formatUnits(remaining, currencyDecimals)} of ${formatUnits(maxAmount, currencyDecimals)} USD left.`
  return `${left} The ledger said ${refusal.code}, and the seller learned only ${reason}.`
}

/** A story for people: a few lines, and on a terminal one that shows each purchase as it happens. */
export function createStory(out: Writable & { readonly isTTY?: boolean }, asset: Asset): Story {
  const money = (units: bigint): string => `${formatUnits(units, asset.decimals)} ${asset.symbol}`
  const say = (...lines: readonly string[]): void => void out.write(`${printable(lines.join('\n'))}\n`)
  const clearLine = '\r\u001B[2K'
  return {
    begin({ agent }, { nodeUrl, sellerUrl, pagesUrl }) {
      say(
        `A ledger runs at ${nodeUrl}, and an API with a price at ${sellerUrl}: ${money(10_000n)} an answer, official x402 server.`,
        `Agent ${agent.name} has 1.00 ${asset.symbol} and a budget: 0.01 a call, 0.25 in its life. It buys with the official x402 client.`,
        `Watch it pay: ${pageUrl(pagesUrl, `agent/${agent.address}`)}`,
      )
    },
    bought(turn, { words }, purchase) {
      if (out.isTTY !== true || !purchase.isPaid) return
      out.write(
        `${clearLine}${printable(`  ${turn + 1}  ${words}, paid and answered in ${purchase.tookMs.toFixed(1)} ms`)}`,
      )
    },
    end(ending, { agent, seller }, { pagesUrl, ownerCommand }) {
      const { purchases, spent, toll, left, medianMs } = ending
      if (out.isTTY === true) out.write(clearLine)
      say(
        `It bought ${purchases} answers for ${money(spent)}, each in ${medianMs.toFixed(1)} ms (median, question to answer). The ledger's toll was ${money(toll)}, paid by the seller.`,
        `Then its next payment was refused, with ${money(left)} still in its account: ${whyItStopped(ending)}`,
        `  the agent    ${pageUrl(pagesUrl, `agent/${agent.address}`)}`,
        `  the seller   ${pageUrl(pagesUrl, `seller/${seller.address}`)}`,
        `  everything   ${pagesUrl}`,
        `  its owner    ${ownerCommand}`,
      )
    },
  }
}
