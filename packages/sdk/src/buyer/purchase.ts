// The money of one call: all that is signed for it has one nonce and one end, and of that the ledger executes at most one.
import type { Hash } from '@turnpike/chain/wire'
import { getPayment } from '../actions/getPayment.ts'
import type { Account } from '../account.ts'
import type { Client } from '../client.ts'
import { LedgerError, ownError } from '../errors.ts'
import { randomHash } from '../sign.ts'
import { isSameTerms, type Challenge, type Offer } from './challenge.ts'
import { signCredential, type Credential } from './credential.ts'
import type { Open, Purse } from './purse.ts'
import { untilAborted } from './send.ts'

/** A price as it is shown before it is signed. What is signed is this, or nothing. */
export type Price = Pick<Offer, 'payee' | 'asset' | 'amount'> & { readonly url: string }

/** What a call has signed so far. */
export type Purchase = {
  nonce: Hash.Hash
  /** Seconds; fixed by the first signature. */
  validBefore: number | undefined
  signed: readonly Credential[]
  /** The one to send. */
  credential: Credential | undefined
  /** Whether its price was known before the call. */
  isRemembered: boolean
  /** How often a payment was sent for it. */
  sends: number
  /** How often everything signed before could no longer happen, and the call began anew. */
  renewals: number
  /** Whether the ledger has said that it is paid. */
  isSettled: boolean
}

/** Who pays, out of what. */
export type Payer = {
  readonly client: Client
  readonly signer: Account
  readonly purse: Purse
  readonly approve: ((price: Price) => boolean | Promise<boolean>) | undefined
  readonly insecureOrigins: readonly string[]
}

/** What is asked of a payer: a price, by an address, within a bound and a time. */
export type Demand = {
  readonly challenge: Challenge
  readonly url: URL
  readonly max: bigint
  /** When the call ends, in ms. */
  readonly endsMs: number
  readonly deadline: AbortSignal
  /** Aborts at the deadline, or when the caller has lost patience. */
  readonly ends: AbortSignal
}

/** A signature outlives its call by so much, in seconds: a settlement on its way may still arrive. */
const graceSeconds = 10
/** So many payments whose end has passed are asked for at once, and at the latest when there are twice as many. */
const reclaimedMax = 16

/** A call that has signed nothing. */
export function createPurchase(): Purchase {
  const nothing = { validBefore: undefined, signed: [], credential: undefined, isRemembered: false, isSettled: false }
  return { nonce: randomHash(), ...nothing, sends: 0, renewals: 0 }
}

/** Begins anew, once nothing that was signed can happen any more. */
export function renew(purchase: Purchase): void {
  const { renewals } = purchase
  Object.assign(purchase, createPurchase(), { renewals: renewals + 1 })
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|.+\.localhost)$/

function requireSecure({ protocol, hostname, origin }: URL, insecureOrigins: readonly string[]): void {
  if (protocol === 'https:' || loopback.test(hostname) || insecureOrigins.includes(origin)) return
  throw ownError('insecure_origin', `${origin} asks for money over a connection that anybody can change.`)
}

/** Learns what became of payments whose end has passed, so that what was not paid can be spent. */
async function reclaim({ client, signer, purse }: Payer, asset: string): Promise<void> {
  const ask = async ({ nonce, validBefore }: Open): Promise<void> => {
    const { status, receipt } = await getPayment(client, { payer: signer.address, nonce, asset, validBefore })
    if (status === 'settled') purse.spend(nonce, receipt?.payment?.amount)
    if (status === 'expired' || status === 'cancelled') purse.release(nonce)
  }
  const ended = purse.ended(Date.now() / 1_000).slice(0, reclaimedMax)
  // What the ledger does not say stays set aside.
  await Promise.allSettled(ended.map(ask))
}

async function reserve(payer: Payer, open: Open, asset: string): Promise<void> {
  const { purse } = payer
  const ended = purse.ended(Date.now() / 1_000).length
  if (ended > 2 * reclaimedMax) await reclaim(payer, asset)
  try {
    purse.reserve(open)
  } catch (error) {
    if (!(error instanceof LedgerError) || ended === 0) throw error
    await reclaim(payer, asset)
    purse.reserve(open)
  }
}

async function requireApproval({ approve }: Payer, { challenge, url, ends, deadline }: Demand): Promise<void> {
  const { payee, asset, amount } = challenge.offer
  if (approve === undefined) return
  const price = Object.freeze({ url: url.href, payee, asset, amount })
  const declined = (how: string, cause?: unknown): LedgerError =>
    ownError('declined', `The price of ${amount} base units of ${asset.symbol} was not approved${how}.`, { cause })
  try {
    if (await untilAborted(Promise.resolve(approve(price)), ends)) return
  } catch (error) {
    if (!deadline.aborted || error !== deadline.reason) throw error
    throw declined(' in time', error)
  }
  throw declined('')
}

/**
 * Has the payment for a challenge ready: the bytes that were signed for it before, or a new signature under the same nonce.
 *
 * @throws LedgerError `sdk/insecure_origin`, `sdk/over_budget`, `sdk/declined`, and the reason of `ends`, before anything is signed
 */
export async function authorize(payer: Payer, purchase: Purchase, demand: Demand): Promise<void> {
  const { challenge, url, max, endsMs } = demand
  const { amount, asset, maxTimeoutSeconds } = challenge.offer
  const known = purchase.signed.find((credential) => isSameTerms(credential.challenge, challenge))
  if (known !== undefined) return void Object.assign(purchase, { credential: known })
  requireSecure(url, payer.insecureOrigins)
  if (amount > max) {
    const values = { amount, max, asset: asset.address }
    throw ownError(
      'over_budget',
      `This costs ${amount} base units of ${asset.symbol}, and ${max} are allowed a call.`,
      {
        values,
      },
    )
  }
  await requireApproval(payer, demand)
  const nowMs = Date.now()
  const aliveSeconds = Math.min(maxTimeoutSeconds, Math.ceil((endsMs - nowMs) / 1_000) + graceSeconds)
  const validBefore = purchase.validBefore ?? Math.floor(nowMs / 1_000 + aliveSeconds)
  const { nonce } = purchase
  const hadSigned = purchase.signed.length > 0
  await reserve(payer, { nonce, amount, validBefore }, asset.address)
  try {
    const credential = await signCredential(payer.client, { challenge, signer: payer.signer, nonce, validBefore })
    Object.assign(purchase, { credential, validBefore, signed: [...purchase.signed, credential] })
  } catch (error) {
    if (!hadSigned) payer.purse.release(nonce)
    throw error
  }
}
