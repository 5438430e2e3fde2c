// From fields to a signed operation: nonce, validity and domain are filled in here, and nowhere else.
import {
  Address,
  createOp,
  digestOf,
  Hash,
  Hex,
  proofsOf,
  type AnyMessage,
  type Definition,
  type Message,
  type Op,
} from '@turnpike/chain/wire'
import type { Account } from './account.ts'
import { domainsOf } from './chain.ts'
import type { Client } from './client.ts'
import { ownError } from './errors.ts'

/** How long a native message stays valid when nobody says otherwise. */
const defaultValidForMs = 60_000

/** Who signs, in whose right, and for how long. */
export type Signing = {
  /** The key that signs. */
  readonly signer: Account
  /** The account in whose right; the signer's own when absent (an agent's key stands for its agent). */
  readonly account?: string
  /** How long the ledger may still accept it, from now. Default 60,000 ms. */
  readonly validForMs?: number
  /** A nonce of your own; random when absent. Two operations with one nonce exclude each other. */
  readonly nonce?: Hash.Hash
}

type SignatureBytes = { readonly kind: 1; readonly bytes: Uint8Array }

/** Thirty-two bytes of the platform's random source. */
export function randomHash(): Hash.Hash {
  return Hash.fromBytes(globalThis.crypto.getRandomValues(new Uint8Array(32)))
}

/** @throws LedgerError `sdk/address_invalid` */
export function parseAddress(value: string): Address.Address {
  const parsed = Address.parse(value)
  if (parsed === undefined) throw ownError('address_invalid', `"${value}" is no address.`)
  return parsed
}

/** The key's signature over a digest, as an operation carries it. */
async function signatureOf(account: Account, digest: Hash.Hash): Promise<SignatureBytes> {
  return { kind: 1, bytes: Hex.toBytes(await account.sign(digest)) }
}

type NativeFields<D extends Definition> = Omit<Message<D>, 'type' | 'account' | 'nonce' | 'validBefore'>

/**
 * A signed native operation; nothing is sent. `proofs` are the further signatures its message demands, in order; `validBefore` is an end
 * in ms, for whoever counts from another time than now.
 *
 * @throws LedgerError `sdk/address_invalid`, or what learning the chain throws
 */
export async function signNative<D extends Definition>(
  client: Client,
  definition: D,
  fields: NativeFields<D>,
  {
    signer,
    account,
    validForMs = defaultValidForMs,
    nonce = randomHash(),
    proofs = [],
    validBefore = Date.now() + validForMs,
  }: Signing & { readonly proofs?: readonly (Account | Hex.Hex)[]; readonly validBefore?: number },
): Promise<Op> {
  const domains = domainsOf(await client.chain())
  const inRightOf = account === undefined ? signer.address : parseAddress(account)
  const message: AnyMessage = {
    type: definition.type,
    account: inRightOf,
    ...fields,
    nonce,
    validBefore,
  }
  const signatures = [await signatureOf(signer, digestOf(domains, definition, message))]
  for (const [i, { digest }] of proofsOf(domains, definition, message).entries()) {
    const proof = proofs[i]
    if (proof === undefined) throw new Error(`${definition.type} needs ${i + 1} proofs.`)
    signatures.push(
      typeof proof === 'string' ? { kind: 1, bytes: Hex.toBytes(proof) } : await signatureOf(proof, digest),
    )
  }
  return createOp(domains, { definition, message, signatures })
}

/** A signed authorization under its token's domain; nothing is sent. */
export async function signAuthorization<D extends Definition>(
  client: Client,
  definition: D,
  fields: Omit<Message<D>, 'type'>,
  signer: Account,
): Promise<Op> {
  const domains = domainsOf(await client.chain())
  const message: AnyMessage = { type: definition.type, ...fields }
  return createOp(domains, {
    definition,
    message,
    signatures: [await signatureOf(signer, digestOf(domains, definition, message))],
  })
}
