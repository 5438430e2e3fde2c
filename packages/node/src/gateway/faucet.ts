// POST /faucet, on a development chain only: money for nothing, signed by the operator key that its genesis names (decisions 11).
import { paramsOf } from '@turnpike/chain'
import type { GenesisDocument } from '@turnpike/chain'
import { Address, createOp, digestOf, Hash, Hex, signDigest, Units } from '@turnpike/chain/wire'
import { drip } from '@turnpike/chain/wire/faucet'
import * as z from 'zod/mini'
import type { Ledger } from '../ledger/ledger.ts'
import type { HttpAnswer, HttpRequest } from '../machine/http.ts'
import type { Machine } from '../machine/Machine.ts'
import { malformed } from './body.ts'
import { Problem } from './problem.ts'
import { json } from './route.ts'
import type { Call, Route } from './route.ts'

export type FaucetOptions = {
  readonly ledger: Ledger
  readonly genesis: GenesisDocument
  /** The operator's private key. */
  readonly key: Uint8Array
  readonly machine: Pick<Machine, 'clock' | 'random'>
}

const bodyBytesMax = 4_096
/** How long the drip that the node signs for itself is valid. */
const validityMs = 60_000
const nonceBytes = 32

const requestShape = z.object({
  address: z.string(),
  amount: z.optional(z.string()),
  asset: z.optional(z.string()),
})

/** The route. */
export function createFaucetRoute(options: FaucetOptions): Route {
  return {
    method: 'POST',
    path: '/faucet',
    summary:
      'Gives development money to an address. `asset` is a symbol or an address; the first asset of the chain if absent.',
    body: { schema: requestShape, bytesMax: bodyBytesMax },
    answers: [
      {
        status: 200,
        description: 'Given; the answer is durable.',
        schema: z.object({ operation: z.string(), balance: z.string() }),
      },
      { status: 400, description: 'Not a valid request.', contentType: 'application/problem+json' },
      { status: 415, description: 'Not sent as application/json.', contentType: 'application/problem+json' },
      { status: 422, description: 'More than the faucet gives.', contentType: 'application/problem+json' },
    ],
    load: 'bounded',
    run: (call) => give(options, call),
  }
}

async function give(options: FaucetOptions, call: Call): Promise<HttpAnswer> {
  const { ledger, key, machine } = options
  requireJson(call.request)
  const { to, asset, amount } = readRequest(options, await call.json())
  const now = Math.max(machine.clock.now(), ledger.view().time)
  const nonce = Hash.fromBytes(machine.random(nonceBytes))
  const message = {
    type: drip.type,
    account: options.genesis.operator,
    to,
    asset,
    amount,
    nonce,
    validBefore: now + validityMs,
  }
  const { domains } = ledger.protocol
  const bytes = signDigest(key, Hex.toBytes(digestOf(domains, drip, message)))
  const { receipt } = await ledger.submit(
    createOp(domains, { definition: drip, message, signatures: [{ kind: 1, bytes }] }),
  )
  const balance = await ledger.query('bank/balance', { account: to, asset }, {})
  return json({ operation: receipt.receipt.op, balance: (balance as { readonly available: string }).available })
}

/** A page of a stranger can't send this type without asking first, and is not allowed to then. @throws Problem */
function requireJson(request: HttpRequest): void {
  const type = request.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return
  throw new Problem({
    status: 415,
    code: 'gateway/content_type',
    detail: 'The faucet wants content-type: application/json.',
    hint: 'Send {"address":"0x…"} as application/json.',
  })
}

type Wanted = { readonly to: Address.Address; readonly asset: Address.Address; readonly amount: bigint }

function readRequest({ ledger, genesis }: FaucetOptions, body: unknown): Wanted {
  const parsed = requestShape.safeParse(body)
  const to = parsed.success ? Address.parse(parsed.data.address) : undefined
  if (!parsed.success || to === undefined)
    throw malformed('needs an address and may have an amount and an asset, all text')
  const { amount = paramsOf(ledger.app, ledger.view())['faucetDefault'], asset: name } = parsed.data
  const units = Units.parse(amount)
  if (units === undefined) throw malformed('has an amount that is no decimal number of base units')
  const asset = genesis.assets.find(
    ({ symbol, address }) => name === undefined || symbol === name || address === name.toLowerCase(),
  )
  if (asset === undefined) throw malformed('names an asset that this chain does not have')
  return { to, asset: asset.address, amount: units }
}
