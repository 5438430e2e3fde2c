// The `turnpike_*` methods: submit an operation, ask any query, read the parameters (shapes 8).
import { paramsOf } from '@turnpike/chain'
import { decodeOp, Hex, Malformed, opFromJson, UnknownAsset } from '@turnpike/chain/wire'
import type { Op, Protocol } from '@turnpike/chain/wire'
import { bankRefusals } from '@turnpike/chain/wire/bank'
import { InvalidPolicy } from '@turnpike/chain/wire/policy'
import { wireRefusals } from '@turnpike/chain/wire'
import type { Ledger } from '../../ledger/ledger.ts'
import { receiptToJson } from '../../ledger/StoredReceipt.ts'
import { RpcError, rpcNumbers } from './method.ts'
import type { Method } from './method.ts'

/** The methods over a ledger. */
export function createTurnpikeMethods(ledger: Ledger): readonly Method[] {
  return [
    {
      name: 'turnpike_submit',
      summary: '[operation as JSON or 0x bytes] → its receipt, when durable',
      async run([operation]) {
        const { receipt } = await ledger.submit(parseOp(ledger.protocol, operation))
        return receiptToJson(receipt.receipt, ledger.protocol)
      },
    },
    {
      name: 'turnpike_query',
      summary: '[name, args, auth?] → the answer to a named question',
      run([name, args, auth], { isOperator }) {
        if (typeof name !== 'string')
          throw new RpcError(rpcNumbers.params, 'The first parameter is the name of a query.')
        return ledger.query(name, args ?? {}, isOperator ? { operator: true } : parseAuth(auth))
      },
    },
    {
      name: 'turnpike_params',
      summary: '[] → every parameter of the chain',
      async run() {
        const params = paramsOf(ledger.app, ledger.view())
        await ledger.durable()
        return params
      },
    },
  ]
}

/** @throws Refusal wire/malformed, bank/unknown_asset, policy/policy_invalid */
function parseOp(protocol: Protocol, operation: unknown): Op {
  try {
    return Hex.isHex(operation) ? decodeOp(protocol, Hex.toBytes(operation)) : opFromJson(protocol, operation)
  } catch (error) {
    if (error instanceof InvalidPolicy) throw error.refusal
    if (error instanceof UnknownAsset) return bankRefusals.refuse('unknown_asset', { asset: error.asset })
    if (error instanceof Malformed) return wireRefusals.refuse('malformed', { problem: error.message })
    throw error
  }
}

type Auth = Parameters<Ledger['query']>[2]

function parseAuth(auth: unknown): Auth {
  if (auth === undefined || auth === null) return {}
  const { signature, validBefore } = auth as { readonly signature?: unknown; readonly validBefore?: unknown }
  const isWhole = typeof validBefore === 'number' && Number.isSafeInteger(validBefore) && validBefore >= 0
  if (Hex.isHex(signature) && signature.length === 132 && isWhole)
    return { signature: Hex.toBytes(signature), validBefore }
  throw new RpcError(rpcNumbers.params, 'The third parameter is {"signature": 65 bytes as 0x hex, "validBefore": ms}.')
}
