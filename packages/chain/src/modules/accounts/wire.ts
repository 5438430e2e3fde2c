// What accounts refuses, the two structs of its own that people sign (a key's proof and a private question), and where an agent is.
import * as Address from '../../codec/Address.ts'
import type * as Hash from '../../codec/Hash.ts'
import * as Hex from '../../codec/Hex.ts'
import * as Text from '../../codec/Text.ts'
import { createStruct } from '../../crypto/eip712.ts'
import { keccak256 } from '../../crypto/hash.ts'
import { refusals } from '../../wire/refusal.ts'

/** A key's consent to sign for an agent of `account` (the owner). Without it, naming a stranger's address would capture its money. */
export const keyProof = createStruct('KeyProof', [
  { name: 'account', type: 'address' },
  { name: 'salt', type: 'bytes32' },
  { name: 'key', type: 'address' },
])

/** What an account signs to ask a private question; `args` is SHA-256 of the arguments' canonical bytes, `validBefore` in ms (shapes 8). */
export const queryStruct = createStruct('Query', [
  { name: 'account', type: 'address' },
  { name: 'name', type: 'string' },
  { name: 'args', type: 'bytes32' },
  { name: 'validBefore', type: 'uint64' },
])

const agentTag = Text.toBytes('turnpike/agent/v1')

/** `keccak256("turnpike/agent/v1" ‖ owner ‖ salt)[12..]`: known before the agent exists, and keys rotate without moving money (decisions 3). */
export function agentAddress(owner: Address.Address, salt: Hash.Hash): Address.Address {
  const preimage = new Uint8Array(agentTag.length + 52)
  preimage.set(agentTag)
  Hex.writeBytes(owner, preimage, agentTag.length)
  Hex.writeBytes(salt, preimage, agentTag.length + 20)
  return Address.fromBytes(keccak256(preimage), 12)
}

export const liveNoncesMax = 65_536
export const cancelledNoncesMax = 4_096
export const agentsMax = 1_024
export const controlPerMinute = 16

export const accountsRefusals = refusals('accounts', 2, {
  signature_invalid: {
    text: 'The signature does not hold.',
    hint: 'Sign the typed data of this chain with the key of the account; s must be low, v 27 or 28.',
    retry: 'never',
  },
  key_not_allowed: {
    text: 'Key {key} may not sign for account {account}.',
    hint: 'Sign with a key of the account, or let its owner add this one.',
    retry: 'owner',
  },
  key_unproven: {
    text: 'Key {key} has not signed its proof.',
    hint: 'Let the key sign KeyProof(account, salt, key) and send the signature along.',
    retry: 'never',
  },
  unknown_account: {
    text: 'There is no account {account}.',
    hint: 'Fund the address first; its first credit opens the account.',
    retry: 'later',
  },
  auth_not_yet: {
    text: 'This is valid only after {validAfter} ms and it is {now} ms.',
    hint: 'Send it again when its time has come.',
    retry: 'later',
  },
  auth_expired: {
    text: 'This was valid until {validBefore} ms and it is {now} ms.',
    hint: 'Sign again with a later validBefore.',
    retry: 'never',
  },
  auth_too_long: {
    text: 'This is valid for {lifetime} ms more, the most accepted is {max} ms.',
    hint: 'Sign with a nearer validBefore, or send it again in its last {max} ms.',
    retry: 'never',
  },
  nonce_used: { text: 'Nonce {nonce} of {payer} is spent.', hint: 'Sign with a fresh nonce.', retry: 'never' },
  too_many_nonces: {
    text: 'Account {account} has {max} live nonces.',
    hint: 'Wait until earlier authorizations expire; sign with shorter validity.',
    retry: 'later',
  },
  too_many: {
    text: 'Account {account} reached its limit of {max} {what}.',
    hint: 'Wait for the next minute, or use another owner account for more agents.',
    retry: 'later',
  },
  too_many_cancelled: {
    text: 'Address {address} has cancelled {max} nonces.',
    hint: 'Let authorizations expire instead of cancelling them.',
    retry: 'never',
  },
  agent_exists: { text: 'Agent {agent} exists already.', hint: 'Choose another name or salt.', retry: 'never' },
  not_yours: {
    text: 'This belongs to account {account}, and you have not shown that you may know or change it.',
    hint: 'Sign as the account or as its owner.',
    retry: 'owner',
  },
})
