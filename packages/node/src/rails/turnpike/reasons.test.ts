// Every code of the ledger has a reason, and exactly those of shapes 7 have one of their own.
import { createChain, developmentModules } from '@turnpike/chain'
import type { Code } from '@turnpike/chain/wire'
import { expect, it } from 'vitest'
import { reasonOf } from './reasons.ts'

const own: { readonly [code: Code]: string } = {
  'wire/malformed': 'invalid_payload',
  'wire/amount_invalid': 'invalid_payload',
  'accounts/signature_invalid': 'invalid_exact_evm_signature',
  'accounts/unknown_account': 'invalid_exact_evm_insufficient_balance',
  'accounts/auth_not_yet': 'invalid_exact_evm_payload_authorization_valid_after',
  'accounts/auth_expired': 'invalid_exact_evm_payload_authorization_valid_before',
  'accounts/nonce_used': 'invalid_exact_evm_nonce_already_used',
  'bank/balance': 'invalid_exact_evm_insufficient_balance',
  'bank/unknown_asset': 'asset_not_deployed_contract',
  'bank/same_account': 'invalid_payload',
  'payments/id_conflict': 'invalid_exact_evm_nonce_already_used',
}

const codes = [...createChain(developmentModules).codes.values()].map(({ code }) => code)

it.each(codes)('%s has its reason', (code) => {
  expect(reasonOf(code)).toBe(own[code] ?? 'policy_denied')
})

it('has no reason for a code that does not exist', () => {
  for (const code of Object.keys(own) as Code[]) expect(codes).toContain(code)
  expect(reasonOf('toString/x')).toBe('policy_denied')
})
