// Asks what kind of account an address stands for.
import type { Address } from '@turnpike/chain/wire'
import * as answer from '../answer.ts'
import type { Client } from '../client.ts'
import { parseAddress } from '../sign.ts'

/** An address, resolved: a key stands for its account. */
export type AccountInfo = {
  readonly account: Address.Address
  /** `none` until its first credit. */
  readonly kind: 'owner' | 'agent' | 'none'
  readonly owner: Address.Address | undefined
}

/** The account that an address stands for. */
export async function getAccount(client: Client, { address }: { readonly address: string }): Promise<AccountInfo> {
  const of = answer.fields(
    await client.call('turnpike_query', ['accounts/account', { address: parseAddress(address) }]),
    'account',
  )
  const kind = answer.text(of, 'kind')
  return {
    account: answer.address(of, 'account'),
    kind: kind === 'owner' || kind === 'agent' ? kind : 'none',
    owner: of['owner'] === undefined ? undefined : answer.address(of, 'owner'),
  }
}
