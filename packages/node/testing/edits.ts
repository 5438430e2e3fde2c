// Changes to a payment that a test makes after it was signed.
import type { PaymentBody } from './payment.ts'

/** A change. */
export type Edit = (body: PaymentBody) => void

/** A changed copy. */
export function change(body: PaymentBody, edit: Edit): PaymentBody {
  const copy = structuredClone(body)
  edit(copy)
  return copy
}

/** Sets a field both in the requirements and in what the buyer accepted of them, as a seller who wants it so. */
export function require(name: string, value: unknown): Edit {
  return (body) => {
    body.paymentRequirements[name] = value
    body.paymentPayload.accepted[name] = value
  }
}

/** Sets a field of the authorization. */
export function authorize(name: string, value: unknown): Edit {
  return (body) => void (body.paymentPayload.payload.authorization[name] = value)
}

/** Changes the signature. */
export function signature(edit: (signature: string) => unknown): Edit {
  return ({ paymentPayload: { payload } }) => void (payload.signature = edit(payload.signature as string))
}

/** All of them. */
export function all(...edits: readonly Edit[]): Edit {
  return (body) => {
    for (const edit of edits) edit(body)
  }
}

/** The same signature with the other s: n - s and the other v. */
export function flip(text: string): string {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${text.slice(66, 130)}`)
  return `${text.slice(0, 66)}${s.toString(16).padStart(64, '0')}${text.endsWith('1b') ? '1c' : '1b'}`
}
