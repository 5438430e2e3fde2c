// pay: one request to a priced API, paid with an agent's key. What comes back is a stranger's, and marked as such.
import {
  createPayingFetch,
  findPayment,
  formatUnits,
  getPayment,
  LedgerError,
  privateKeyAccount,
  readUntrusted,
  usd,
  type Account,
  type Client,
  type Payment,
  type PaymentOutcome,
} from '@turnpike/sdk'
import type { Call, Output } from '../command.ts'
import { usageError } from '../failure.ts'
import { openKeystore } from '../keystore.ts'
import { columns, toJson, type Json } from '../output.ts'
import { connect, keystoreFile } from '../remote.ts'

/** As much as the default policy allows in one payment. */
const maxByDefault = '0.10'
const headerLine = /^([^\s:]+)\s*:\s*(.*)$/

/** The key that pays: the variable, else the keystore. */
async function openAgent(call: Call): Promise<Account> {
  const hex = call.environment['TURNPIKE_AGENT_KEY']
  const { agent } = call.flags
  if (agent === undefined && hex !== undefined && hex !== '') return privateKeyAccount(hex)
  if (agent !== undefined) return openKeystore(call, keystoreFile(call, agent))
  throw usageError('Nobody pays.', 'Set TURNPIKE_AGENT_KEY, or name a keystore with --agent.')
}

/** @throws CliError `cli/usage` for a line that is no header */
function headersOf(text: string | undefined): Headers {
  const headers = new Headers()
  for (const line of (text ?? '').split('\n').filter((each) => each.trim() !== '')) {
    const [, name, value] = headerLine.exec(line.trim()) ?? []
    try {
      headers.append(name ?? '', value ?? '')
    } catch {
      throw usageError('This is no header.', 'Write it as "name: value", several on a line each.')
    }
  }
  return headers
}

/** What became of the payment, by the ledger's word: the seller's is not asked. What was bought is shown even if the ledger is silent. */
async function outcomeOf(
  client: Client,
  payment: Payment,
): Promise<{
  readonly paid: { readonly [name: string]: Json }
  readonly rows: readonly (readonly [string, string])[]
}> {
  const { payer, payee, asset, amount, nonce, validBefore } = payment
  const found = await getPayment(client, { payer, nonce, validBefore, asset: asset.address }).catch(
    (error: unknown) => {
      if (error instanceof LedgerError) return undefined
      throw error
    },
  )
  const status = found?.status ?? 'unasked'
  const operation = found?.operation ?? payment.operation
  const money = { amount: amount.toString(), asset: asset.symbol, payee, payer }
  const shown = `${formatUnits(amount, asset.decimals)} ${asset.symbol} to ${payee}`
  return {
    paid: { status, ...money, operation, nonce, validBefore },
    rows: [
      ['paid', `${words[status]} ${shown}`],
      ['operation', operation],
      ...(found === undefined ? ([['ask again', `turnpike receipts ${operation}`]] as const) : []),
    ],
  }
}

const words: { readonly [status in PaymentOutcome['status'] | 'unasked']: string } = {
  settled: 'yes:',
  held: 'not yet, it is set aside:',
  cancelled: 'no, it was cancelled:',
  expired: 'no, and it never will be:',
  unknown: 'not so far:',
  unasked: 'perhaps, the ledger did not answer:',
}

/** Fetches an address and pays what it costs. Exit code 0 for an answer below 400. */
export async function pay(call: Call): Promise<Output> {
  const { method, data, header, max = maxByDefault, asset } = call.flags
  const client = connect(call)
  const url = call.words['URL']!
  const payingFetch = createPayingFetch(client, {
    signer: await openAgent(call),
    budget: { perCall: usd(max) },
    ...(asset !== undefined && { asset }),
    ...(call.flags['insecure'] === 'true' && URL.canParse(url) && { insecureOrigins: [new URL(url).origin] }),
  })
  const headers = headersOf(header)
  const verb = method ?? (data === undefined ? 'GET' : 'POST')
  const response = await payingFetch(url, { method: verb, headers, ...(data !== undefined && { body: data }) })
  const { status, untrusted } = await readUntrusted(response)
  const payment = findPayment(response)
  const outcome = payment && (await outcomeOf(client, payment))
  const rows = outcome?.rows ?? [['paid', 'nothing, it was not asked for']]
  const more = untrusted.isTruncated ? '\n(cut here)' : ''
  const text = `${columns([['status', String(status)], ...rows])}\n\n${untrusted.body}${more}`
  return {
    json: { status, paid: outcome?.paid ?? null, untrusted: toJson(untrusted) },
    text,
    exitCode: status < 400 ? 0 : 1,
  }
}
