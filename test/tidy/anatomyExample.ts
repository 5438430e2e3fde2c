// A module that is as it should be, and the ways in which it could go wrong: the examples of house rule 5.
import type { Example } from './tree.ts'

const folder = 'packages/chain/src/modules/payments/'

const readme = `# payments

## Purpose
Pays.

## State
One row per payment.

## Messages
### refund
### cancel
Undoes nothing.
Refused when, in order: \`bank/balance\`.

## Events
\`refunded\`: amount.

## Codes
\`payments/id_conflict\`: sign with a fresh nonce.

## Invariants
Paid at most once.

## Who decides what
The payee.
`

const wire = `// What travels.
export const cancel = authorization('payments/cancel', 6, { payer: address })
export const refund = message('payments/refund', 5, { payer: address })
export const refunded = event('payments/refunded', 1, { payer: address })
export const codes = refusals('payments', {
  id_conflict: { text: 'Nonce {nonce} stands for another payment.', hint: 'Sign with a fresh nonce.', retry: 'never' },
})
`

const module = `import * as wire from './wire.ts'
import { cancel, refund } from './refund.ts'
export const payments = {
  name: 'payments',
  rules: [on(wire.refund, refund), on(wire.cancel, cancel)],
}
`

const good: Readonly<Record<string, string>> = {
  [`${folder}README.md`]: readme,
  [`${folder}wire.ts`]: wire,
  [`${folder}module.ts`]: module,
  [`${folder}state.ts`]:
    "import { rows } from '../../kernel/table.ts'\nexport const payment = rows('payments/payment', key, value)\n",
  [`${folder}invariants.ts`]:
    "import { payment } from './state.ts'\nexport const paidAtMostOnce = invariant(payment)\n",
  [`${folder}refund.ts`]: 'export function refund() { for (const [k] of Object.entries(x)) k() }\n',
  [`${folder}refund.test.ts`]: 'table(wire.refund, [])\ntable(wire.cancel, [])\n',
  'sim/workload/payments.ts': "submit('payments/refund', 'payments/cancel')\n",
  'sim/auditor/payments.ts': "expect('payments/refund', 'payments/cancel')\n",
}

const bad: readonly Example[] = [
  {
    name: 'a file that is neither a named one nor a rule',
    change: { [`${folder}data.json`]: '{}' },
    finds: 'data.json a module holds README.md',
  },
  {
    name: 'a folder inside a module',
    change: { [`${folder}refund/rules.ts`]: 'export const x = 1\n' },
    finds: 'refund/rules.ts a module holds',
  },
  { name: 'no README', change: { [`${folder}README.md`]: null }, finds: 'has no README.md' },
  {
    name: 'no invariants',
    change: { [`${folder}invariants.ts`]: null },
    finds: 'keeps state and has no invariants.ts',
  },
  {
    name: 'a table without an invariant',
    change: { [`${folder}state.ts`]: "export const payment = rows('a')\nexport const alias: Rows<A, B> = rows('b')\n" },
    finds: 'covers every table but alias',
  },
  {
    name: 'a message without a rule',
    change: { [`${folder}module.ts`]: "export const payments = { name: 'payments', rules: [] }\n" },
    finds: 'module.ts registers no rule for payments/refund',
  },
  {
    name: 'an authorization without a rule',
    change: { [`${folder}module.ts`]: module.replace(', on(wire.cancel, cancel)', '') },
    finds: 'registers no rule for payments/cancel',
  },
  {
    name: 'a module that exports more than itself',
    change: { [`${folder}module.ts`]: `${module}export const more = 1\n` },
    finds: 'exports payments, more',
  },
  {
    name: 'a rule without a table of cases',
    change: { [`${folder}refund.test.ts`]: 'table(wire.charge, [])\n' },
    finds: 'refund.ts carries out payments/refund, and refund.test.ts has no table',
  },
  {
    name: 'a message that nobody tries',
    change: { 'sim/workload/payments.ts': 'export const x = 1\n' },
    finds: 'sim/workload/payments.ts says nothing of payments/refund',
  },
  {
    name: 'a message that nobody audits',
    change: { 'sim/auditor/payments.ts': null, 'sim/auditor/bank.ts': 'export const x = 1\n' },
    finds: 'sim/auditor/payments.ts says nothing of payments/refund',
  },
  {
    name: 'keys named outside state.ts',
    change: { [`${folder}refund.ts`]: "import { rows } from '../../kernel/table.ts'\n" },
    finds: 'only state.ts declares tables',
  },
  {
    name: 'a rule that walks a table',
    change: { [`${folder}refund.ts`]: 'for (const row of payment.entries(context)) pay(row)\n' },
    finds: 'refund.ts:1 walks a whole table',
  },
  {
    name: 'a missing heading',
    change: { [`${folder}README.md`]: readme.replace('## Events', '## Facts') },
    finds: 'has no heading "Events"',
  },
  {
    name: 'headings out of order',
    change: {
      [`${folder}README.md`]: readme
        .replace('## Purpose', '## Who decides what\n\n## Purpose')
        .replace(/## Who decides what\nThe.*\n/, ''),
    },
    finds: 'has its headings out of order',
  },
  {
    name: 'a code the README does not know',
    change: { [`${folder}wire.ts`]: wire.replace('id_conflict:', "too_late: { text: '' },\n  id_conflict:") },
    finds: 'says nothing of too_late',
  },
  {
    name: 'a code only the README knows',
    change: { [`${folder}README.md`]: readme.replace('fresh nonce.', 'fresh nonce. `payments/too_late`: never.') },
    finds: 'lists the code too_late',
  },
]

/** The good module and what is found when it changes. */
export const anatomyExample = { good, bad } as const
