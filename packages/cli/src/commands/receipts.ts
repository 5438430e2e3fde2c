// receipts: what became of one operation, or the last payments of an account.
import { formatUnits, getAsset, getPayments, getReceipt, type Chain, type PastPayment } from '@turnpike/sdk'
import { Hash } from '@turnpike/chain/wire'
import type { Call, Output } from '../command.ts'
import { parseCount } from '../count.ts'
import { columns, toJson } from '../output.ts'
import { addressOf, connect } from '../remote.ts'

const limitByDefault = 20

/** One receipt for the id of an operation, a list for an account. */
export async function receipts(call: Call): Promise<Output> {
  const named = call.words['OPERATION_OR_ACCOUNT']!
  const operation = Hash.parse(named)
  return operation === undefined ? showPayments(call, named) : showReceipt(call, operation)
}

function amountText(chain: Chain, { asset, amount }: { readonly asset: string; readonly amount: bigint }): string {
  const { symbol, decimals } = getAsset(chain, asset)
  return `${formatUnits(amount, decimals)} ${symbol}`
}

async function showReceipt(call: Call, operation: Hash.Hash): Promise<Output> {
  const client = connect(call)
  const { receipt, leaf, message } = await getReceipt(client, { operation })
  const { payment } = receipt
  const chain = await client.chain()
  const money: readonly (readonly [string, string])[] =
    payment === undefined
      ? []
      : [
          ['amount', amountText(chain, payment)],
          ['toll', amountText(chain, { asset: payment.asset, amount: payment.toll })],
          ['payer', payment.payer],
          ['payee', payment.payee],
        ]
  const rows: readonly (readonly [string, string])[] = [
    ['operation', receipt.operation],
    ['message', receipt.type],
    ['time', new Date(receipt.timeMs).toISOString()],
    ['height', `${receipt.height}, receipt ${receipt.sequence}`],
    ...money,
  ]
  return { json: { receipt: toJson(receipt), leaf, message: toJson(message) }, text: columns(rows) }
}

function line(chain: Chain, payment: PastPayment, account: string): readonly [string, string] {
  const isOut = payment.account === account || payment.payer === account
  const other = isOut ? `to ${payment.payee}` : `from ${payment.payer}`
  return [new Date(payment.timeMs).toISOString(), `${amountText(chain, payment)} ${other}  ${payment.operation}`]
}

async function showPayments(call: Call, named: string): Promise<Output> {
  const client = connect(call)
  const account = await addressOf(call, named)
  const { limit } = call.flags
  const payments = await getPayments(client, {
    account,
    limit: limit === undefined ? limitByDefault : parseCount('limit', limit),
  })
  const chain = await client.chain()
  const text =
    payments.length === 0
      ? `${account} has neither paid nor been paid.`
      : columns(payments.map((payment) => line(chain, payment, account)))
  return { json: { account, payments: toJson(payments) }, text }
}
