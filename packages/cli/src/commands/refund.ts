// refund: gives a payment back, whole or in part, and never twice by mistake.
import { formatUnits, getAsset, getRefunds, refundPayment, unitsOf, usd, type Asset } from '@turnpike/sdk'
import { Hash } from '@turnpike/chain/wire'
import type { Call, Output } from '../command.ts'
import { usageError } from '../failure.ts'
import { connect, openOwner } from '../remote.ts'

/** Refunds a payment. */
export async function refund(call: Call): Promise<Output> {
  const named = call.words['OPERATION']!
  const operation = Hash.parse(named)
  if (operation === undefined)
    throw usageError(
      `"${named}" is no operation.`,
      'It is 0x and 64 hexadecimal digits: the transaction of a settle answer.',
    )
  const client = connect(call)
  const { payment } = await getRefunds(client, { operation })
  const asset = getAsset(await client.chain(), payment.asset)
  const before = call.flags['refunded-before']
  const asked = call.words['AMOUNT']
  const { receipt, amount, refunded, paid, isRepeat } = await refundPayment(client, {
    signer: await openOwner(call),
    operation,
    ...(asked !== undefined && { amount: parseUnits(asset, asked) }),
    ...(before !== undefined && { refundedBefore: parseUnits(asset, before) }),
  })
  const shown = (units: bigint): string => `${formatUnits(units, asset.decimals)} ${asset.symbol}`
  const sum = `${shown(refunded)} of ${shown(paid)} was refunded.`
  const text = isRepeat
    ? `${shown(amount)} went back to ${payment.payer} before; nothing was moved now. ${sum}\nTo give the same amount once more, add --refunded-before ${formatUnits(refunded, asset.decimals)}.`
    : `${shown(amount)} went back to ${payment.payer}, durable at height ${receipt.height}. ${sum}`
  const json = {
    operation: receipt.operation,
    payment: operation,
    payer: payment.payer,
    asset: asset.symbol,
    amount: amount.toString(),
    refunded: refunded.toString(),
    paid: paid.toString(),
    repeated: isRepeat,
    height: receipt.height,
  }
  return { json, text: `${text}\n${receipt.operation}` }
}

/** Whole units such as 2.50 of the asset that was paid, in base units. Scaling is the same for every currency. */
function parseUnits(asset: Asset, text: string): bigint {
  return unitsOf(usd(text), { ...asset, currency: 'USD' })
}
