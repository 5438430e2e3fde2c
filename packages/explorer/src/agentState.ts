// The query `policy/agent`: all that the owner of an agent may see of it, in one answer.
import { cleanLine, cleanName, cleanWords } from './foreignText.ts'
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
  /** When there is room again; only when there is none now. */
  readonly resetsAtMs: number | undefined
  /** When all that counts now has left the window. */
  readonly emptyAtMs: number | undefined
}

function readDenom(value: unknown): string {
  if (typeof value === 'string') return cleanName(value)
  if (typeof value !== 'object' || value === null) return 'USD'
  const fields = value as Fields
  return cleanName(optionalText(fields, 'currency') ?? optionalText(fields, 'asset') ?? 'USD')
}

function kindOf(kind: string): Cap['kind'] {
  return kind === 'payment' || kind === 'rolling' || kind === 'lifetime' ? kind : 'other'
}

/** A cap bounds money, payments or both: each bound is a limit of its own on the page. */
function readCap(fields: Fields): readonly Cap[] {
  const per = fieldsOf(fields['per'], 'per')
  const kind = text(per, 'kind')
  const head = {
    id: cleanLine(text(fields, 'id')),
    denom: readDenom(fields['denom']),
    kind: kindOf(kind),
    windowMs: optionalNumber(per, 'windowMs'),
    resetsAtMs: optionalNumber(fields, 'resetsAt'),
    emptyAtMs: optionalNumber(fields, 'emptyAt'),
  }
  const [maxAmount, maxCount] = [optionalUnits(fields, 'maxAmount'), optionalUnits(fields, 'maxCount')]
  const caps: Cap[] = []
  if (maxAmount !== undefined) {
    const [used, held] = [optionalUnits(fields, 'used') ?? 0n, optionalUnits(fields, 'held') ?? 0n]
    caps.push({ ...head, counts: 'money', max: maxAmount, used, held, remaining: units(fields, 'remaining') })
  }
  if (maxCount !== undefined && head.kind !== 'payment') {
    const [used, remaining] = [optionalUnits(fields, 'usedCount') ?? 0n, units(fields, 'remainingCount')]
    const held = maxCount - used - remaining
    caps.push({ ...head, counts: 'payments', max: maxCount, used, held: held > 0n ? held : 0n, remaining })
  }
  return caps
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

function readUnfreeze(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : number(fieldsOf(value, 'pendingUnfreeze'), 'effectiveAt')
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
      caps: list(fields, 'caps', readCap).flat(),
      holds: list(fields, 'holds', readHold),
      pending: readPending(fields['pending']),
      unfreezesAtMs: readUnfreeze(fields['pendingUnfreeze']),
      worstToday: units(fields, 'worstToday'),
      worstNow: units(fields, 'worstNow'),
      sentence: cleanLine(text(fields, 'sentence')),
    }
  },
} satisfies Question<{ account: string }, unknown>

/** The answer of `policy/agent`. */
export type AgentState = ReturnType<typeof agentState.read>
