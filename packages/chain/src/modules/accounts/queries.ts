// What may be asked of accounts. `bank/balance` stands here because only accounts knows whose key an address is.
import * as codec from '../../codec/Codec.ts'
import { query } from '../../kernel/query.ts'
import { balanceOf } from '../bank/index.ts'
import { findAccount, resolve } from './resolve.ts'

/** `{account, asset}` → `{"available", "locked"}`; the address as given is resolved. */
export const balance = query(
  'bank/balance',
  codec.record({ account: codec.address, asset: codec.address }),
  (view, { account, asset }) => {
    const { available, locked } = balanceOf(view, resolve(view, account), asset)
    return { available: available.toString(), locked: locked.toString() }
  },
)

/** `{address}` → `{"account", "kind": "owner" | "agent" | "none", "owner"?, "created"?}` */
export const account = query('accounts/account', codec.record({ address: codec.address }), (view, { address }) => {
  const resolved = resolve(view, address)
  const found = findAccount(view, resolved)
  if (found === undefined) return { account: resolved, kind: 'none' }
  return {
    account: resolved,
    kind: found.kind,
    ...(found.kind === 'agent' && { owner: found.owner }),
    created: found.created,
  }
})
