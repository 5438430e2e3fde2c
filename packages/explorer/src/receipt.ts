// GET /receipts/:operation: the committed outcome of one operation, with the bytes it commits to.
import { cleanLine } from './foreignText.ts'
import { readMoved, readReference } from './moved.ts'
import type { Moved } from './moved.ts'
import { fieldsOf, list, number, optionalNumber, optionalText, text } from './reader.ts'
import type { Fields } from './reader.ts'

/** A receipt as the page shows it. */
export type Receipt = {
  readonly operation: string
  readonly sequence: number
  readonly height: number
  readonly timeMs: number
  readonly type: string
  readonly code: string
  readonly payment: Moved | undefined
  readonly policyVersion: number
  readonly reference: string | undefined
  readonly events: readonly Fields[]
  readonly leaf: string
  readonly message: unknown
  readonly signers: readonly string[]
}

/** Reads the answer. @throws LedgerError `page/malformed_answer` */
export function readReceipt(answer: unknown): Receipt {
  const whole = fieldsOf(answer, 'answer')
  const fields = fieldsOf(whole['receipt'], 'receipt')
  const { payment } = fields
  const signers = whole['signers']
  return {
    operation: text(fields, 'op'),
    sequence: number(fields, 'sequence'),
    height: number(fields, 'height'),
    timeMs: number(fields, 'time'),
    type: cleanLine(optionalText(fields, 'type') ?? ''),
    code: cleanLine(optionalText(fields, 'code') ?? 'ok'),
    payment: payment === undefined || payment === null ? undefined : readMoved(fieldsOf(payment, 'payment')),
    policyVersion: optionalNumber(fields, 'policyVersion') ?? 0,
    reference: readReference(fields),
    events: list(fields, 'events', (event) => event),
    leaf: optionalText(whole, 'leaf') ?? '',
    message: whole['message'],
    signers: Array.isArray(signers) ? signers.filter((signer) => typeof signer === 'string') : [],
  }
}

const agentReference = /^(0x[0-9a-f]{40})0{24}$/

/** The agent that an act of its owner is about: the ledger puts its address into the reference. */
export function findAgent({ type, reference = '' }: Receipt): string | undefined {
  return type.startsWith('policy/') ? agentReference.exec(reference)?.[1] : undefined
}

// What JSON leaves readable although it hides or reorders what follows.
const invisible = /[\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu

/** JSON for reading: indented, with everything invisible spelled out. */
export function spellJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2) ?? ''
  return json.replace(invisible, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`)
}

const BYTES_PER_LINE = 16

/** Bytes in lines of sixteen, each with its offset. */
export function spellBytes(hex: string): readonly string[] {
  const bytes = hex.replace(/^0x/, '').match(/[0-9a-fA-F]{2}/g) ?? []
  return Array.from({ length: Math.ceil(bytes.length / BYTES_PER_LINE) }, (_, line) => {
    const start = line * BYTES_PER_LINE
    return `${String(start).padStart(3, '0')}  ${bytes.slice(start, start + BYTES_PER_LINE).join(' ')}`
  })
}
