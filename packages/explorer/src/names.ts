// How accounts are called on the pages. A name alone is shown only where it can't be mistaken for another (T103).
import { cleanName } from './foreignText.ts'
import type { AgentEntry } from './questions.ts'

const HEAD_LENGTH = 6
const TAIL_LENGTH = 4
const LONG_PART_LENGTH = 14
const TAGS = 16
const SHORT_FORMS_MAX = 20_000

/** A name and whether it needs the address beside it. */
export type AccountName = { readonly name: string; readonly isPlain: boolean }

/** `0x12ab…cdef`: the middle is left out. */
export function shorten(id: string): string {
  return `${id.slice(0, HEAD_LENGTH)}\u2026${id.slice(-TAIL_LENGTH)}`
}

/** One of sixteen colours, from every digit of the address, so that look-alikes differ. */
export function tagOf(address: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < address.length; i++) hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193) >>> 0
  return (((hash >>> 16) ^ hash) >>> 0) % TAGS
}

/** What remains of a name when everything is gone that the eye may overlook. */
function skeleton(name: string): string {
  const plain = name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
  return plain
    .replace(/[0o]/g, 'o')
    .replace(/[1il|]/g, 'l')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
}

const asciiName = /^[\x20-\x7e]+$/

/** The names of the accounts that have one, by address. */
export function nameAccounts(list: readonly AgentEntry[]): ReadonlyMap<string, AccountName> {
  const uses = new Map<string, number>()
  const named: { readonly account: string; readonly name: string; readonly skeleton: string }[] = []
  for (const { account, name = '' } of list) {
    const clean = cleanName(name)
    if (clean === '') continue
    const form = skeleton(clean)
    uses.set(form, (uses.get(form) ?? 0) + 1)
    named.push({ account: account.toLowerCase(), name: clean, skeleton: form })
  }
  return new Map(
    named.map(({ account, name, skeleton: form }) => [
      account,
      { name, isPlain: asciiName.test(name) && uses.get(form) === 1 },
    ]),
  )
}

/** Remembers short forms, to notice when two ids share one. */
export class ShortForms {
  private readonly known = new Map<string, string>()
  private readonly ambiguous = new Set<string>()

  /** The short form; a longer one, and the warning, once another id with the same short form has been seen. */
  of(id: string): { readonly text: string; readonly isAmbiguous: boolean } {
    const text = shorten(id)
    const first = this.known.get(text)
    if (first === undefined) {
      if (this.known.size < SHORT_FORMS_MAX) this.known.set(text, id)
    } else if (first !== id) this.ambiguous.add(text)
    if (!this.ambiguous.has(text)) return { text, isAmbiguous: false }
    return { text: `${id.slice(0, LONG_PART_LENGTH)}\u2026${id.slice(-LONG_PART_LENGTH)}`, isAmbiguous: true }
  }
}
