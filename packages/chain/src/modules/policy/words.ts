// A policy in plain words: what a wallet shows, what an owner signs beside the hash, and what pages print. The ledger renders the same
// words and refuses a difference. A changed wording is a new version of the words, so vectors hold each.
import type { Address } from '../../codec/Address.ts'
import type { Units } from '../../codec/Units.ts'
import { currencyDecimals } from '../bank/wire.ts'
import { lifeDefaultMs, type Cap, type FindAsset, type Per, type PolicyDocument } from './document.ts'

/** An amount with as many decimals as it needs, at least two where the unit has them: `0.10`, `25.00`, `0.000001`. */
export function formatAmount(amount: Units, decimals: number): string {
  const digits = amount.toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  let end = digits.length
  const shortest = digits.length - decimals + Math.min(2, decimals)
  while (end > shortest && digits.charCodeAt(end - 1) === 48) end--
  const fraction = digits.slice(digits.length - decimals, end)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

const spans = [
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
  { name: 'second', ms: 1_000 },
] as const

/** A duration in its largest whole unit: `1 hour`, `90 minutes`, `1500 ms`. */
export function formatDuration(ms: number): string {
  for (const span of spans) {
    if (ms === 0 || ms % span.ms !== 0) continue
    const count = ms / span.ms
    return count === 1 ? `1 ${span.name}` : `${count} ${span.name}s`
  }
  return `${ms} ms`
}

const two = (value: number): string => value.toString().padStart(2, '0')

/** A time in UTC, to the millisecond if it has one: integers only, since the chain has no calendar (civil from days). */
export function formatTime(time: number): string {
  const days = Math.floor(time / 86_400_000)
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const leapDays = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const ms = time - days * 86_400_000
  const clock = `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1_000) % 60)}`
  const rest = ms % 1_000
  return `${year}-${two(month)}-${two(day)} ${clock}${rest === 0 ? '' : `.${rest.toString().padStart(3, '0')}`} UTC`
}

function termWords({ notBefore, expiresAt }: PolicyDocument): string {
  const from = notBefore === undefined ? 'its creation' : formatTime(notBefore)
  const until = expiresAt === undefined ? `${formatDuration(lifeDefaultMs)} after its creation` : formatTime(expiresAt)
  return `It may pay from ${from} until ${until}.`
}

function nameOf(asset: Address, findAsset: FindAsset): string {
  const facts = findAsset(asset)
  return facts === undefined ? asset : `${facts.symbol} (${asset})`
}

function listWords(entries: readonly string[]): string {
  return entries.length === 0 ? 'nothing' : entries.join(', ')
}

/** A cap's amount with its unit. */
export function capAmountWords({ denom }: Cap, amount: Units, findAsset: FindAsset): string {
  if (denom === undefined) return `${amount}`
  if ('currency' in denom) return `${formatAmount(amount, currencyDecimals)} ${denom.currency}`
  const facts = findAsset(denom.asset)
  return facts === undefined
    ? `${amount} base units of ${denom.asset}`
    : `${formatAmount(amount, facts.decimals)} ${facts.symbol}`
}

function perWords(per: Per): string {
  if (per.kind === 'payment') return 'in one payment'
  if (per.kind === 'lifetime') return 'in all'
  return `in any ${formatDuration(per.windowMs)}, counted in ${per.buckets} steps`
}

function capWords(cap: Cap, findAsset: FindAsset): string {
  const limits: string[] = []
  if (cap.maxAmount !== undefined) limits.push(capAmountWords(cap, cap.maxAmount, findAsset))
  if (cap.maxCount !== undefined) limits.push(cap.maxCount === 1 ? '1 payment' : `${cap.maxCount} payments`)
  const of =
    cap.denom === undefined || cap.maxAmount !== undefined
      ? ''
      : ` of ${'asset' in cap.denom ? nameOf(cap.denom.asset, findAsset) : cap.denom.currency}`
  return `Cap ${cap.id}: at most ${limits.join(' and ')}${of} ${perWords(cap.per)}.`
}

function payeeWords({ payees }: PolicyDocument): string {
  const list = payees.list.map(({ payee }) => payee)
  if (payees.mode === 'allow') return `It may pay only: ${listWords(list)}.`
  return list.length === 0 ? 'It may pay anybody.' : `It may pay anybody except: ${list.join(', ')}.`
}

function delayWords({ change }: PolicyDocument): string {
  return change.loosenDelayMs === 0
    ? 'Its owner can loosen this at once.'
    : `Its owner can loosen this ${formatDuration(change.loosenDelayMs)} after saying so.`
}

/** Every field of a policy in words, one sentence a line. The first line names the version of the words. */
export function renderWords(document: PolicyDocument, findAsset: FindAsset): string {
  const { native, eip3009 } = document.maxAuthLifetimeMs
  return [
    'Policy, words v1',
    termWords(document),
    `It may pay with: ${listWords(document.assets.map((asset) => nameOf(asset, findAsset)))}.`,
    ...(document.caps.length === 0
      ? ['Nothing limits how much it pays.']
      : document.caps.map((cap) => capWords(cap, findAsset))),
    payeeWords(document),
    `A signature may be valid for ${formatDuration(native)}, one for a token for ${formatDuration(eip3009)}.`,
    delayWords(document),
  ].join('\n')
}
