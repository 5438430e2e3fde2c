// Who plays in a run: every seed leaves some actions out, so that rare combinations come about, and likes some more than others.
import type { Random } from '../random.ts'
import { attacks } from './attacks.ts'
import { faucetActions } from './faucet.ts'
import { paymentActions } from './payments.ts'
import { policyActions } from './policy.ts'
import type { Action } from './stage.ts'
import { tokenActions } from './token.ts'

/** An action with a source of chance of its own. */
export type Choice = { readonly name: string; readonly action: Action; readonly source: Random }
export type Chosen = { pick(random: Random): Choice }

const all: readonly (readonly [name: string, action: Action])[] = Object.entries({
  ...faucetActions,
  ...tokenActions,
  ...paymentActions,
  ...policyActions,
  ...attacks,
})

/** Without these nothing happens at all. */
const needed = new Set([
  'the operator funds somebody',
  'an owner creates an agent',
  'an owner lets an agent go on',
  'a held permission is settled',
])
/** A frozen agent pays nothing, and one that is empty neither: what stops others comes seldom. */
const rare = new Set([
  'an owner freezes an agent',
  'an owner takes money back',
  'an agent creates an agent',
  'an owner creates the same agent again',
])
/** What a ledger is for comes often. */
const common = new Set(Object.keys(paymentActions))

function weightOf(name: string, random: Random): number {
  if (needed.has(name)) return 8
  if (random.percent(25)) return 0
  const liking = 1 + random.int(5)
  if (rare.has(name)) return liking
  return liking * (common.has(name) ? 5 : 2)
}

/** The actions of a run, each as often as the seed likes it. */
export function chooseActions(random: Random): Chosen {
  const weighed: Choice[] = []
  for (const [name, action] of all) {
    const source = random.split(name)
    const weight = weightOf(name, random)
    for (let i = 0; i < weight; i++) weighed.push({ name, action, source })
  }
  return { pick: (from) => from.pick(weighed) }
}
