// Tables of cases: a rule's refusals in the order of its README, each tried alone, then in pairs to hold the order, then none at all.
import { zero, type Address } from '../src/codec/Address.ts'
import * as Hash from '../src/codec/Hash.ts'
import type { OpOutcome } from '../src/kernel/dispatch.ts'
import { cancelNonce, claimNonce, resolve, type Nonce } from '../src/modules/accounts/index.ts'
import type { Definition } from '../src/wire/message.ts'
import type { Op, Relay } from '../src/wire/op.ts'
import { Refusal, type Code, type Retry } from '../src/wire/refusal.ts'
import type { Given } from './given.ts'
import { freshNonce, person, type Person } from './people.ts'

/** An operation before it is signed; cases spoil it. */
export type Draft = {
  readonly definition: Definition
  fields: { readonly [name: string]: unknown }
  by: Person
  readonly proofs: readonly Person[]
  relay: Relay
}

/** What every case begins with. */
export type World = { readonly chain: Given }

/** One fault, and the code it is refused with. */
export type Case<W> = {
  readonly name: string
  readonly code: Code
  readonly retry?: Retry
  /** Spoils the draft or the state so that this fault, and no earlier one, is there. */
  readonly spoil: (draft: Draft, world: W) => void
}

type Rule<W> = {
  /** A fresh chain with all that the operation needs. */
  readonly world: () => W
  /** The operation that succeeds in it. */
  readonly draft: (world: W) => Draft
  /** Its refusals, in the order of the README. */
  readonly cases: readonly Case<W>[]
}

/** A draft of a native operation: account, nonce and validBefore filled in. */
export function nativeDraft(chain: Given, { definition, by, fields, account = by.address }: NativeDraft): Draft {
  const validBefore = chain.time + 60_000
  return { definition, by, proofs: [], relay: {}, fields: { account, nonce: freshNonce(), validBefore, ...fields } }
}

type NativeDraft = {
  readonly definition: Definition
  readonly by: Person
  readonly fields: { readonly [name: string]: unknown }
  readonly account?: Address
}

/** The signed operation. */
function signDraft(chain: Given, { definition, fields, by, proofs, relay }: Draft): Op {
  return chain.op(definition, fields, by, { proofs, relay })
}

/** The code of an outcome, or what it was instead. */
export function codeOf(outcome: OpOutcome): string {
  if (outcome instanceof Refusal) return outcome.code
  return 'repeats' in outcome ? `repeats receipt ${outcome.repeats}` : 'success'
}

/** One test of a table: what should come of it, and what does. */
export type Row = { readonly name: string; readonly expected: string; readonly actual: () => string }

/** The tests of a rule's refusals, each alone and each in company of every later one, and of its success. */
export function refusalRows<W extends World>({ world, draft, cases }: Rule<W>): readonly Row[] {
  const outcomeOf = (...faults: readonly Case<W>[]): OpOutcome => {
    const here = world()
    const op = draft(here)
    for (const { spoil } of faults) spoil(op, here)
    return here.chain.run(signDraft(here.chain, op))
  }
  const alone = cases.map((fault): Row => ({
    name: `refuses ${fault.name} with ${fault.code}`,
    expected: wordsOf(fault.code, fault.retry),
    actual() {
      const outcome = outcomeOf(fault)
      return wordsOf(codeOf(outcome), fault.retry && outcome instanceof Refusal ? outcome.retry : undefined)
    },
  }))
  const inOrder: Row = {
    name: 'of two faults gives the one that stands earlier in this table',
    expected: '',
    actual() {
      const wrong: string[] = []
      for (const [i, earlier] of cases.entries())
        for (const later of cases.slice(i + 1)) {
          const code = codeOf(outcomeOf(later, earlier))
          if (code !== earlier.code) wrong.push(`${earlier.name}, ${later.name}: ${code}`)
        }
      return wrong.join('\n')
    },
  }
  return [
    ...alone,
    inOrder,
    { name: 'succeeds without a fault', expected: 'success', actual: () => codeOf(outcomeOf()) },
  ]
}

function wordsOf(code: string, retry: Retry | undefined): string {
  return retry === undefined ? code : `${code}, retry ${retry}`
}

/** Faults that every native operation shares: signature, account, key, identity, validity (accounts' README). */
export function nativeFaults<W extends World>(): readonly Case<W>[] {
  return [
    {
      name: 'a signature of no valid form',
      code: 'accounts/signature_invalid',
      spoil: (draft) => (draft.by = forger(draft.by)),
    },
    {
      name: 'an account that was never opened',
      code: 'accounts/unknown_account',
      retry: 'later',
      spoil: (draft) => change(draft, { account: person('nobody at all').address }),
    },
    {
      name: 'the key of another account',
      code: 'accounts/key_not_allowed',
      retry: 'owner',
      spoil: (draft) => (draft.by = person('a stranger')),
    },
    {
      name: 'a nonce that stands for other content',
      code: 'payments/id_conflict',
      spoil: (draft, { chain }) => spendNonce(chain, draft, { state: 'settled' }),
    },
    {
      name: 'the very end of its validity',
      code: 'accounts/auth_expired',
      spoil: (draft, { chain }) => change(draft, { validBefore: chain.time }),
    },
    {
      name: 'a validity 1 ms too long',
      code: 'accounts/auth_too_long',
      retry: 'later',
      spoil: (draft, { chain }) => change(draft, { validBefore: chain.time + 3_660_001 }),
    },
  ]
}

/** Gives a draft a nonce that stands for something else already: a payment of other content, or whatever `row` says. */
export function spendNonce(chain: Given, draft: Draft, row: Pick<Nonce, 'state'> & Partial<Nonce>): void {
  change(draft, { nonce: freshNonce() })
  const { fields } = draft
  const address = (fields['account'] ?? fields['from'] ?? fields['authorizer']) as Address
  const asset = fields['account'] === undefined ? (fields['asset'] as Address) : zero
  const key = { address, asset, nonce: fields['nonce'] as Hash.Hash }
  const empty = {
    attempts: 0,
    amount: 0n,
    payee: zero,
    holdEnds: 0,
    reservation: 0,
    hold: Hash.zero,
    sequence: 0,
    op: key.nonce,
  }
  chain.arrange((context) => {
    const account = resolve(context, address)
    if (row.state === 'cancelled') cancelNonce(context, key, account, { ...empty, ...row })
    else claimNonce(context, key, account, { ...empty, expires: chain.time + 60_000, ...row })
  })
}

/** Replaces fields of a draft. */
export function change(draft: Draft, fields: { readonly [name: string]: unknown }): void {
  draft.fields = { ...draft.fields, ...fields }
}

/** Someone whose signatures have an r of zero, which no key can make. */
export function forger(of: Person): Person {
  return {
    ...of,
    sign(digest) {
      const bytes = of.sign(digest)
      bytes.fill(0, 0, 32)
      return bytes
    },
  }
}
