// Gives a payment back, whole or in part, and never twice by mistake. The ledger does not look the payment up, so this does (decisions 9).
import { Hash, Hex, keccak256, Text } from '@turnpike/chain/wire'
import * as payments from '@turnpike/chain/wire/payments'
import { getAsset, type Asset } from '../chain.ts'
import type { Client } from '../client.ts'
import { LedgerError, ownError } from '../errors.ts'
import { unitsOf, type Amount } from '../money.ts'
import type { Receipt } from '../receipt.ts'
import { signNative, type Signing } from '../sign.ts'
import { getAccount } from './getAccount.ts'
import { getReceipt } from './getReceipt.ts'
import { getRefunds, type Refund, type Refunds } from './getRefunds.ts'
import { submitOperation } from './submitOperation.ts'

/** What to give back of which payment. */
export type Refunding = Omit<Signing, 'nonce' | 'account'> & {
  /** The operation that paid. */
  readonly operation: Hash.Hash
  /** Default: all that is left. */
  readonly amount?: Amount
  /**
   * How much of the payment has been refunded so far, as you know it. Needed to give back the same amount a second time: without it a
   * refund of an amount that was refunded already is taken for the same one, called again.
   */
  readonly refundedBefore?: Amount
}

/** What a refund came to; base units of the payment's asset. */
export type Refunded = {
  readonly receipt: Receipt
  readonly amount: bigint
  /** Of the payment, this refund included. */
  readonly refunded: bigint
  readonly paid: bigint
  readonly asset: Asset
  /** Whether it had been made before, and nothing was moved now. */
  readonly isRepeat: boolean
}

/** How long a refund is valid from when its payment was looked up, when nobody says otherwise. */
const defaultValidForMs = 60_000
/** A look at history that is older than this is taken again before anything is handed in. */
const freshMs = 1_000

const nonceDomain = Hex.fromBytes(keccak256(Text.toBytes('turnpike/refund/v1')))

/**
 * The nonce of a refund: of its payment and of what was refunded before it. Two refunds that build on the same sum exclude each other
 * while the ledger knows the nonce, which is until the first has expired; from then on only history tells of it. That is why a refund
 * is valid from the look at history on, and why a look that has aged is taken again before the refund is handed in. What is left to
 * meet twice are refunds whose bytes are under way, after that look, for about as long as they are valid.
 */
function refundNonce(operation: Hash.Hash, refundedBefore: bigint): Hash.Hash {
  const sum = refundedBefore.toString(16).padStart(64, '0')
  return Hash.fromBytes(keccak256(Hex.toBytes(`${nonceDomain}${operation.slice(2)}${sum}`)))
}

/**
 * Refunds a payment from its payee to its payer, without toll. Calling it again after a lost answer or a crash answers with the refund
 * that was made.
 *
 * @throws LedgerError `sdk/not_a_payment`; `sdk/not_the_payee`; `sdk/refund_too_much` for more than was paid and not yet given back;
 * `sdk/refund_overtaken` when something else was refunded meanwhile; PaymentRefused when the payee has not got the money
 */
export async function refundPayment(
  client: Client,
  { operation, amount, refundedBefore, signer, validForMs = defaultValidForMs }: Refunding,
): Promise<Refunded> {
  const lookedAtMs = Date.now()
  const state = await getRefunds(client, { operation })
  const { payment } = state
  await requirePayee(client, { payee: payment.payee, signer: signer.address })
  const asset = getAsset(await client.chain(), payment.asset)
  const units = amount === undefined ? undefined : unitsOf(amount, asset)
  const before = refundedBefore === undefined ? undefined : unitsOf(refundedBefore, asset)
  const done = findDone(state, { units, before })
  if (done !== undefined) return answerDone(client, { state, asset, done })
  if (before !== undefined && before !== state.refunded) throw overtaken(state, before)
  const asked = units ?? state.left
  if (asked > state.left || state.left === 0n) throw tooMuch(state, asked)
  const fields = { payer: payment.payer, asset: asset.address, amount: asked, payment: operation }
  const signed = await signNative(client, payments.refund, fields, {
    signer,
    account: payment.payee,
    validBefore: lookedAtMs + validForMs,
    nonce: refundNonce(operation, state.refunded),
  })
  const sought = { asset, units: asked, before: state.refunded }
  if (Date.now() - lookedAtMs > freshMs) {
    const again = await getRefunds(client, { operation })
    if (again.refunded !== state.refunded) return answerOther(client, again, sought)
  }
  try {
    const receipt = await submitOperation(client, signed)
    return { receipt, amount: asked, refunded: state.refunded + asked, paid: payment.amount, asset, isRepeat: false }
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'payments/id_conflict') throw error
    return answerOther(client, await getRefunds(client, { operation }), sought)
  }
}

/** Another call refunded since our look; if it gave back the same, it was this refund. @throws LedgerError `sdk/refund_overtaken` */
async function answerOther(
  client: Client,
  state: Refunds,
  { asset, units, before }: { readonly asset: Asset; readonly units: bigint; readonly before: bigint },
): Promise<Refunded> {
  const done = findDone(state, { units, before })
  if (done === undefined) throw overtaken(state, before)
  return answerDone(client, { state, asset, done })
}

async function requirePayee(
  client: Client,
  { payee, signer }: { readonly payee: string; readonly signer: string },
): Promise<void> {
  if (payee === signer) return
  const [paid, signing] = await Promise.all([payee, signer].map((address) => getAccount(client, { address })))
  if (paid!.account === signing!.account) return
  throw ownError('not_the_payee', `The payment went to ${payee}, and ${signer} signs.`, { values: { payee, signer } })
}

/** The refund that a call stands for, if it was made already. */
function findDone(
  { refunds, refunded, left }: Refunds,
  { units, before }: { readonly units: bigint | undefined; readonly before: bigint | undefined },
): Refund | undefined {
  if (before === undefined) {
    if (units === undefined) return left === 0n ? refunds.at(-1) : undefined
    return refunds.findLast(({ amount }) => amount === units)
  }
  if (before === refunded) return undefined
  return refunds.find((refund) => refund.refundedBefore === before && (units ?? refund.amount) === refund.amount)
}

async function answerDone(
  client: Client,
  { state, asset, done }: { readonly state: Refunds; readonly asset: Asset; readonly done: Refund },
): Promise<Refunded> {
  const { receipt } = await getReceipt(client, { operation: done.operation })
  const { amount } = done
  return { receipt, amount, refunded: state.refunded, paid: state.payment.amount, asset, isRepeat: true }
}

function tooMuch({ payment, refunded, left }: Refunds, asked: bigint): LedgerError {
  const values = { paid: payment.amount, refunded, left, asked }
  const message = `Of ${payment.amount} base units paid ${refunded} were refunded and ${left} are left; ${asked} are asked for.`
  return ownError('refund_too_much', message, { values })
}

function overtaken({ refunded }: Refunds, expected: bigint): LedgerError {
  const message = `${refunded} base units were refunded by now, and not ${expected}.`
  return ownError('refund_overtaken', message, { values: { refunded, expected } })
}
