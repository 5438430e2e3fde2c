// Who made which signature, as execution asks for it: live from the verdicts before ordering, on replay from the record.
import type { Verify } from '@turnpike/chain'
import { Address } from '@turnpike/chain/wire'
import type { Signature } from '@turnpike/chain/wire'
import type { SignedOp, Signers } from './Engine.ts'

/** Answers for exactly the signatures of these operations; for any other it names nobody. */
export function createVerify(ops: readonly SignedOp[]): Verify {
  const known = new Map<Signature, Address.Address | undefined>()
  for (const { op, signers } of ops) {
    for (let i = 0; i < op.signatures.length; i++) known.set(op.signatures[i]!, signers[i])
  }
  return (signature) => known.get(signature)
}

/** Signers as they lie in the log: the zero address, which has no key, where a signature did not hold. */
export function toRecorded(signers: Signers): readonly Address.Address[] {
  return signers.map((signer) => signer ?? Address.zero)
}

/** Signers as they were when the record was written. */
export function fromRecorded(recorded: readonly Address.Address[]): Signers {
  return recorded.map((signer) => (signer === Address.zero ? undefined : signer))
}
