// Private questions: what an account may ask of itself and an owner of its agents, shown by a signature over the question (shapes 8).
import { digest, encode, Hash, nativeDomain, sha256, type Address, type codec, type Hex } from '@turnpike/chain/wire'
import { queryStruct } from '@turnpike/chain/wire/accounts'
import type { Account } from './account.ts'
import type { Client } from './client.ts'

/** How long a signed question may be asked: whoever sees it could repeat it. */
const askingForMs = 60_000

/** A question by name, with its arguments and whose business it is. */
export type Question<A> = {
  readonly name: string
  readonly codec: codec.Codec<A>
  readonly args: A & { readonly account: Address.Address }
  /** A key of the account or of its owner. Without one only the operator is answered. */
  readonly signer: Account | undefined
}

/** What shows that one may ask. */
export type Auth = { readonly signature: Hex.Hex; readonly validBefore: number }

/** Signs a question as its account or its owner. */
export async function signQuery<A>(
  client: Client,
  { name, codec, args, signer }: Question<A> & { readonly signer: Account },
): Promise<Auth> {
  const { chainId } = await client.chain()
  const validBefore = Date.now() + askingForMs
  const values = [args.account, name, Hash.fromBytes(sha256(encode(codec, args))), validBefore]
  const signed = Hash.fromBytes(digest(nativeDomain(chainId), queryStruct.hash(values)))
  return { signature: await signer.sign(signed), validBefore }
}

/** Asks. @throws LedgerError `accounts/not_yours` for whoever may not know */
export async function askPrivately<A>(client: Client, question: Question<A>): Promise<unknown> {
  const { name, codec, args, signer } = question
  const auth = signer === undefined ? [] : [await signQuery(client, { ...question, signer })]
  return client.call('turnpike_query', [name, codec.toJson(args), ...auth])
}
