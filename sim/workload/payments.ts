// Who pays, and how it may go wrong: charges, permissions handed in once, twice, held, cancelled, repeated and confused; refunds.
// A permission is a payments/transferWithAuthorization, its hold a payments/hold, its end a payments/cancelAuthorization.
import { charge, refund } from '@turnpike/chain/wire/payments'
import type { Random } from '../random.ts'
import { cancelOf, holdOf, pickAlias, settleOf, signNative, signPermission } from './signing.ts'
import { pickAmount, pickAsset, pickPayee, pickPayer, type Actions, type Permission, type Stage } from './stage.ts'

const permissionsMax = 60
const heldAmong = 20

/** A fresh permission, remembered for what may still happen to it. */
function givePermission(stage: Stage, random: Random): Permission {
  const { account, key } = pickPayer(stage, random)
  const asset = random.pick(stage.assets).address
  const terms = { by: key, to: pickPayee(stage, random), asset, value: pickAmount(stage, random, { account, asset }) }
  const permission = signPermission(stage, random, terms)
  stage.permissions.push(permission)
  if (stage.permissions.length > permissionsMax) stage.permissions.shift()
  return permission
}

/** One of the last permissions, newer ones more often. */
function recall({ permissions }: Stage, random: Random): Permission | undefined {
  if (permissions.length === 0) return undefined
  const back = Math.min(random.int(permissions.length), random.int(permissions.length))
  return permissions[permissions.length - 1 - back]
}

/** One of the last permissions whose money is set aside. */
function recallHeld(stage: Stage, random: Random): Permission | undefined {
  const held = stage.permissions.slice(-heldAmong).filter(({ message: { asset, from, nonce } }) => {
    const payment = stage.ask('payments/payment', { asset, payer: from, nonce }) as { readonly status: string }
    return payment.status === 'held'
  })
  return held.length === 0 ? undefined : random.pick(held)
}

const relayOf = (random: Random): { readonly alias?: ReturnType<typeof pickAlias> } =>
  random.percent(30) ? { alias: pickAlias(random) } : {}

export const paymentActions: Actions = {
  'somebody charges himself natively': (stage, random) => {
    const { account, key } = pickPayer(stage, random)
    const asset = pickAsset(stage, random)
    const named = random.percent(80) ? account : key.address
    const fields = {
      payee: pickPayee(stage, random),
      asset,
      amount: pickAmount(stage, random, { account, asset }),
      reference: random.hash(),
    }
    return signNative(stage, random, { definition: charge, account: named, by: key, fields })
  },

  'a permission is settled at once': (stage, random) => settleOf(stage, givePermission(stage, random), relayOf(random)),

  'a permission is held': (stage, random) => {
    const holdMs = random.percent(90)
      ? 1 + random.int(random.pick([1_000, 10_000, 10_000, 60_000, 60_000]))
      : random.pick([0, 1, 60_000, 60_001])
    return holdOf(stage, givePermission(stage, random), { ...relayOf(random), attempt: random.bytes(16), holdMs })
  },

  'an earlier permission is held by another attempt': (stage, random) => {
    const earlier = recall(stage, random)
    const holdMs = 1 + random.int(1_000)
    return earlier && holdOf(stage, earlier, { ...relayOf(random), attempt: random.bytes(16), holdMs })
  },

  'a held permission is settled': (stage, random) => {
    const held = recallHeld(stage, random)
    return held && settleOf(stage, held, relayOf(random))
  },

  'an earlier permission is settled': (stage, random) => {
    const earlier = recall(stage, random)
    return earlier && settleOf(stage, earlier, relayOf(random))
  },

  'a client gives a payment the name of another one': (stage, random) => {
    const named = stage.said.filter(({ relay, definition }) => relay.alias !== undefined && !definition.attempt)
    const { message, relay } = named.length === 0 ? {} : random.pick(named)
    const earlier = stage.permissions.find((permission) => permission.message.nonce === message?.['nonce'])
    if (earlier === undefined) return undefined
    const { by, message: first } = earlier
    const value = random.percent(50) || first.value === 0n ? first.value : first.value - 1n
    return settleOf(stage, signPermission(stage, random, { by, to: first.to, asset: first.asset, value }), relay)
  },

  'a payer takes a permission back': (stage, random) => {
    const earlier = random.pick([recall, recall, recallHeld, givePermission])(stage, random)
    return earlier && cancelOf(stage, earlier)
  },

  'a thief takes back what is not his': (stage, random) => {
    const earlier = recall(stage, random)
    return earlier && cancelOf(stage, { ...earlier, by: random.pick(stage.keys) })
  },

  'a nonce is used for something else': (stage, random) => {
    const earlier = recall(stage, random)
    if (earlier === undefined) return undefined
    const { by, message } = earlier
    const value = message.value > 0n ? message.value - 1n : 1n
    const terms = { by, to: message.to, asset: message.asset, value, nonce: message.nonce }
    return settleOf(stage, signPermission(stage, random, terms))
  },

  'a payee gives money back': (stage, random) => {
    const { account, key } = pickPayer(stage, random)
    const asset = pickAsset(stage, random)
    const fields = {
      payer: pickPayer(stage, random).account,
      asset,
      amount: pickAmount(stage, random, { account, asset }),
      payment: random.hash(),
    }
    return signNative(stage, random, { definition: refund, account, by: key, fields })
  },
}
