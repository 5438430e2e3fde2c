// Accounts with as many nonces as they may have, without as many operations.
import { zero, type Address } from '../src/codec/Address.ts'
import * as Hash from '../src/codec/Hash.ts'
import { cancelNonce, claimNonce } from '../src/modules/accounts/index.ts'
import { dollar, type Given } from './given.ts'

function nonceOf(mark: number, i: number): Hash.Hash {
  return `0x${mark.toString(16).repeat(56)}${i.toString(16).padStart(8, '0')}` as Hash.Hash
}

const row = { attempts: 0, amount: 0n, payee: zero, holdEnds: 0, reservation: 0, hold: Hash.zero, sequence: 0 }

/** Gives an account so many live nonces, which end in a minute. */
export function fillLiveNonces(chain: Given, account: Address, count: number): void {
  const expires = chain.time + 60_000
  chain.arrange((context) => {
    for (let i = 0; i < count; i++) {
      const nonce = nonceOf(10, i)
      claimNonce(context, { address: account, asset: dollar, nonce }, account, {
        ...row,
        state: 'settled',
        expires,
        op: nonce,
      })
    }
  })
}

/** Lets an account have cancelled so many nonces. */
export function fillCancelledNonces(chain: Given, account: Address, count: number): void {
  chain.arrange((context) => {
    for (let i = 0; i < count; i++) {
      const nonce = nonceOf(11, i)
      cancelNonce(context, { address: account, asset: dollar, nonce }, account, { ...row, op: nonce })
    }
  })
}
