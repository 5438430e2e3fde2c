// Sellers with an unmodified x402 middleware, and buyers who may show one payment to several of them: verify, hand over, settle, and
// settle again when the answer was lost. A seller delivers when a settle of its own was told to have succeeded.
import { Hex, type Hash } from '@turnpike/chain/wire'
import { deliver, tell, type Promises } from '../auditor/promises.ts'
import type { Random } from '../random.ts'
import { settleOf } from '../workload/signing.ts'
import type { Permission, Stage } from '../workload/stage.ts'
import { fieldsOf, textOf, type Clients } from './clients.ts'

export type Shop = {
  readonly clients: Clients
  readonly promises: Promises
  readonly stage: Stage
  readonly complain: (problem: string | undefined) => void
  readonly note: (name: string) => void
}

const network = 'eip155:402402'

/** How a seller uses the facilitator: verify before the work and settle after it, or settle alone. */
export type Flow = 'authorization' | 'upfront'

/** The body of verify and settle for a permission. */
export function paymentBody({ assets }: Stage, { message, signature }: Permission, flow: Flow): object {
  const { asset: address, from, to, value, validAfter, validBefore, nonce } = message
  const asset = assets.find((each) => each.address === address)!
  const requirements = {
    scheme: 'exact',
    network,
    amount: `${value}`,
    asset: address,
    payTo: to,
    maxTimeoutSeconds: 60,
    extra: { name: asset.name, version: asset.version, ...(flow === 'upfront' && { paymentFlow: flow }) },
  }
  const authorization = {
    from,
    to,
    value: `${value}`,
    validAfter: `${validAfter}`,
    validBefore: `${validBefore}`,
    nonce,
  }
  const payload = { signature: Hex.fromBytes(signature), authorization }
  return {
    x402Version: 2,
    paymentPayload: { x402Version: 2, accepted: requirements, payload },
    paymentRequirements: requirements,
  }
}

/** A payment as the auditor counts deliveries of it. */
const nameOf = ({ message }: Permission): string => `${message.from}/${message.asset}/${message.nonce}`

/** The most settles of one delivery. */
const settlesMax = 4

/** One request of a buyer to a seller, with a payment. Answers whether the seller delivered. */
export async function sell(shop: Shop, permission: Permission, random: Random): Promise<boolean> {
  const { clients, note } = shop
  const flow: Flow = random.percent(80) ? 'authorization' : 'upfront'
  const body = paymentBody(shop.stage, permission, flow)
  if (flow === 'authorization') {
    const verified = await clients.post('/x402/verify', body)
    const { isValid, invalidReason } = fieldsOf(verified?.body)
    note(`verify: ${isValid === true ? 'valid' : textOf(invalidReason)}`)
    if (isValid !== true) return false
    if (random.percent(60)) await clients.think()
    if (random.percent(8)) {
      note('a handler fails after verify')
      return false
    }
  }
  return settle(shop, permission, { body, flow })
}

/** Settles a payment that was verified. */
export function settleVerified(shop: Shop, permission: Permission, body: object): Promise<boolean> {
  return settle(shop, permission, { body, flow: 'authorization' })
}

async function settle(
  shop: Shop,
  permission: Permission,
  { body, flow }: { readonly body: object; readonly flow: Flow },
): Promise<boolean> {
  const { clients, promises, complain, note } = shop
  for (let i = 0; i < settlesMax; i++) {
    const asking = clients.post('/x402/settle', body)
    clients.begin(() => watch(shop, permission))
    const answer = await asking
    const { success, transaction, errorReason } = fieldsOf(answer?.body)
    if (answer?.status === 200) {
      note(`settle ${flow}: ${success === true ? 'settled' : textOf(errorReason)}`)
      if (typeof transaction === 'string' && transaction !== '')
        complain(tell(promises, transaction as Hash.Hash, { by: 'settle' }))
      if (success === true) complain(deliver(promises, nameOf(permission)))
      return success === true
    }
    // A seller that settles upfront has delivered nothing yet, and tells its buyer to come again.
    if (flow === 'upfront') return false
    note('a settle is repeated')
    await clients.think()
  }
  return false
}

/** Somebody who asks again and again while a payment is being settled: what he is told may no more be lost than the answer. */
async function watch(shop: Shop, permission: Permission): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await askOutcome(shop, permission)
    await shop.clients.think()
  }
}

/** A buyer who asks what became of a payment, and holds the node to what it says. */
export async function askOutcome(
  { clients, promises, stage, complain, note }: Shop,
  permission: Permission,
): Promise<void> {
  const { asset, from, nonce, validBefore } = permission.message
  const answer = await clients.get(`/payments/${asset}/${from}/${nonce}?validBefore=${validBefore}`)
  if (answer?.status !== 200) return
  const { status, operation } = fieldsOf(answer.body)
  note(`/payments: ${textOf(status)}`)
  if (status === 'settled' || status === 'cancelled')
    complain(tell(promises, operation as Hash.Hash, { by: 'payments' }))
  if (status === 'expired') promises.never.add(settleOf(stage, permission).id)
}
