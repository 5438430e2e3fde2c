// Announcements, replacements and voids in any order and at any pace: each change comes on the day that it was announced for or not
// at all, and the queue never has more than one entry of a kind. Every block checks every invariant beside.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ask, documentWith, given, openAgent, person, signedDocument } from '../../../testing/index.ts'
import type { Agent, Given } from '../../../testing/index.ts'
import { Refusal } from '../../wire/refusal.ts'
import { due } from './state.ts'
import { freeze, proposePolicy, tightenPolicy, unfreeze } from './wire.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 12)
const [owner, key] = [person('owner'), person('key')]
const delaysMs = [0, 1, 1_000, 60_000, 3_600_000] as const

type Step =
  | { readonly do: 'propose' | 'tighten'; readonly delayMs: number }
  | { readonly do: 'freeze' | 'unfreeze' }
  | { readonly do: 'wait'; readonly ms: number }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constantFrom('propose' as const, 'tighten' as const), delayMs: fc.constantFrom(...delaysMs) }),
    fc.record({ do: fc.constantFrom('freeze' as const, 'unfreeze' as const, 'unfreeze' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.constantFrom(...delaysMs), fc.nat(4_000_000)) }),
  ),
  { maxLength: 24 },
)

/** What an owner was told. */
type Told = {
  version: number
  isFrozen: boolean
  delayMs: number
  policy?: { readonly at: number; readonly delayMs: number } | undefined
  unfreeze?: { readonly at: number } | undefined
}

/** What has come by now, on the day that it was announced for. */
function come(told: Told, now: number): void {
  const { policy, unfreeze: thaw } = told
  if (policy !== undefined && policy.at <= now)
    Object.assign(told, { delayMs: policy.delayMs, version: told.version + 1, policy: undefined })
  if (thaw !== undefined && thaw.at <= now)
    Object.assign(told, { isFrozen: false, version: told.version + 1, unfreeze: undefined })
}

function expectAsTold(g: Given, agent: Agent, told: Told): void {
  type Shown = { readonly effectiveAt: number } | undefined
  const state = ask(g, 'policy/agent', { account: agent.address }) as { readonly [name: string]: unknown }
  const { version, status, pending, pendingUnfreeze } = state as typeof state & {
    readonly [name in 'pending' | 'pendingUnfreeze']: Shown
  }
  expect({ version, status, policy: pending?.effectiveAt, unfreeze: pendingUnfreeze?.effectiveAt }).toEqual({
    version: told.version,
    status: told.isFrozen ? 'frozen' : 'active',
    policy: told.policy?.at,
    unfreeze: told.unfreeze?.at,
  })
  expect(due.count(g.view())).toBeLessThanOrEqual(2)
}

/** Signs a change; answers when it takes effect, or nothing when it was refused. */
function sign(
  g: Given,
  agent: Agent,
  step: Exclude<Step, { readonly do: 'wait' }>,
  version: number,
): number | undefined {
  const definition = { propose: proposePolicy, tighten: tightenPolicy, freeze, unfreeze }[step.do]
  const document = 'delayMs' in step ? documentWith({ change: { loosenDelayMs: step.delayMs } }) : undefined
  const fields = document === undefined ? {} : { baseVersion: version, ...signedDocument(g, document) }
  const outcome = g.run(g.native(definition, { agent: agent.address, ...fields }, owner))
  if (outcome instanceof Refusal) return undefined
  if ('repeats' in outcome) throw new Error('A fresh nonce repeated.')
  const { effectiveAt } = outcome.events[0]!.fields as { readonly effectiveAt: number }
  return effectiveAt
}

function take(g: Given, agent: Agent, step: Exclude<Step, { readonly do: 'wait' }>, told: Told): void {
  const at = sign(g, agent, step, told.version)
  if (at === undefined) return
  const isNow = at === g.time
  if (step.do === 'freeze' || step.do === 'tighten') Object.assign(told, { policy: undefined, unfreeze: undefined })
  else expect(at).toBeGreaterThanOrEqual(g.time + told.delayMs)
  if (step.do === 'propose') {
    expect(at).toBe(g.time + told.delayMs)
    told.policy = isNow ? undefined : { at, delayMs: step.delayMs }
  }
  if (step.do === 'unfreeze') told.unfreeze = isNow ? undefined : { at }
  if (!isNow) return
  told.version++
  if ('delayMs' in step) told.delayMs = step.delayMs
  else told.isFrozen = step.do === 'freeze'
}

test('T17 T160 changes come on their day or not at all, and the queue stays short', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const g = given()
      g.fund(owner, 1n)
      const agent = openAgent(g, { owner, key, document: documentWith({ change: { loosenDelayMs: 60_000 } }) })
      const told: Told = { version: 1, isFrozen: false, delayMs: 60_000 }
      for (const step of all) {
        if (step.do === 'wait') {
          g.time += step.ms
          g.block()
        }
        come(told, g.time)
        if (step.do !== 'wait') take(g, agent, step, told)
        expectAsTold(g, agent, told)
      }
    }),
    { numRuns },
  )
})
