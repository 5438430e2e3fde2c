// The query `policy/agent`: all that the owner of an agent may see of it, in one answer.
import { cleanLine, cleanWords } from './foreignText.ts'
import type { Question } from './questions.ts'
import { fieldsOf, list, number, optionalNumber, optionalText, optionalUnits, text, units } from './reader.ts'
import type { Fields } from './reader.ts'

/** A cap with what is used of it; amounts in cap units, counts in payments. */
export type Cap = {
  readonly id: string
  readonly denom: string
  readonly kind: 'payment' | 'rolling' | 'lifetime' | 'other'
  readonly windowMs: number | undefined
  readonly counts: 'money' | 'payments'
  readonly max: bigint
  readonly used: bigint
  readonly held: bigint
  readonly remaining: bigint
  readonly resetsAtMs: number | undefined
}

function readDenom(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return 'USD'
  const fields = value as Fields
  return optionalText(fields, 'currency') ?? optionalText(fields, 'asset') ?? 'USD'
}

function readCap(fields: Fields): Cap {
  const per = fieldsOf(fields['per'], 'per')
  const kind = text(per, 'kind')
  const maxAmount = optionalUnits(fields, 'maxAmount')
  return {
    id: cleanLine(text(fields, 'id')),
    denom: readDenom(fields['denom']),
    kind: kind === 'payment' || kind === 'rolling' || kind === 'lifetime' ? kind : 'other',
    windowMs: optionalNumber(per, 'windowMs'),
    counts: maxAmount === undefined ? 'payments' : 'money',
    max: maxAmount ?? units(fields, 'maxCount'),
    used: optionalUnits(fields, 'used') ?? 0n,
    held: optionalUnits(fields, 'held') ?? 0n,
    remaining: units(fields, 'remaining'),
    resetsAtMs: optionalNumber(fields, 'resetsAt'),
  }
}

function readHold(fields: Fields): {
  readonly payee: string | undefined
  readonly asset: string
  readonly amount: bigint
  readonly endsMs: number
  readonly operation: string | undefined
} {
  return {
    payee: optionalText(fields, 'payee'),
    asset: text(fields, 'asset'),
    amount: units(fields, 'amount'),
    endsMs: number(fields, 'ends'),
    operation: optionalText(fields, 'operation'),
  }
}

function readPending(value: unknown): { readonly effectiveAtMs: number; readonly words: string } | undefined {
  if (value === undefined || value === null) return undefined
  const fields = fieldsOf(value, 'pending')
  return { effectiveAtMs: number(fields, 'effectiveAt'), words: cleanWords(optionalText(fields, 'words') ?? '') }
}

/** Policy, limits, keys, money and holds of one agent. Private. */
export const agentState = {
  name: 'policy/agent',
  read: (answer: unknown) => {
    const fields = fieldsOf(answer, 'answer')
    const status = text(fields, 'status')
    return {
      account: text(fields, 'account'),
      owner: text(fields, 'owner'),
      version: number(fields, 'version'),
      status: status === 'frozen' || status === 'revoked' ? status : ('active' as const),
      words: cleanWords(text(fields, 'words')),
      notBeforeMs: optionalNumber(fields, 'notBefore'),
      expiresAtMs: optionalNumber(fields, 'expiresAt'),
      keys: list(fields, 'keys', (entry) => ({
        key: text(entry, 'key'),
        kind: cleanLine(optionalText(entry, 'kind') ?? ''),
        status: cleanLine(optionalText(entry, 'status') ?? ''),
      })),
      balances: list(fields, 'balances', (entry) => ({
        asset: text(entry, 'asset'),
        available: units(entry, 'available'),
        held: optionalUnits(entry, 'held') ?? 0n,
      })),
      caps: list(fields, 'caps', readCap),
      holds: list(fields, 'holds', readHold),
      pending: readPending(fields['pending']),
      worstToday: units(fields, 'worstToday'),
      worstNow: units(fields, 'worstNow'),
      sentence: cleanLine(text(fields, 'sentence')),
    }
  },
} satisfies Question<{ account: string }, unknown>

/** The answer of `policy/agent`. */
export type AgentState = ReturnType<typeof agentState.read>
