// One list out of parts: whatever comes at its head and whenever its end is asked for, it has no gap and nothing twice.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { append, countNewer, readListing, refresh } from './listing.ts'
import type { Listed, Listing } from './listing.ts'
import { text } from './reader.ts'

const PART = 5

/** A ledger of so many operations, asked for a part before one of them. */
function partOf(count: number, before = count): Listing<Listed> {
  const first = Math.max(0, before - PART)
  const entries = Array.from({ length: before - first }, (_, i) => ({ operation: String(before - 1 - i) }))
  return { entries, next: first === 0 ? undefined : String(first), begin: undefined }
}

const steps = fc.array(fc.oneof(fc.nat(PART * 2), fc.constant('more' as const)), { maxLength: 20 })

test('no gap and nothing twice', () => {
  fc.assert(
    fc.property(steps, (all) => {
      let count = 0
      let known = partOf(0)
      for (const step of all) {
        count += step === 'more' ? 0 : step
        const newest = partOf(count)
        const newer = countNewer(known, newest)
        if (step !== 'more') known = refresh(known, newest)
        else if (known.next !== undefined) known = append(known, partOf(count, Number(known.next)))
        expect(newer).toBe(step === 'more' ? 0 : Math.min(step, newest.entries.length))
        const operations = known.entries.map(({ operation }) => Number(operation))
        expect(operations).toEqual(operations.map((_, i) => count - 1 - i))
        expect(known.next ?? '0').toBe(String(count - operations.length))
      }
    }),
  )
})

test('another ledger begins the list anew', () => {
  const known = append(partOf(12), partOf(12, 7))
  const other = { ...partOf(3), entries: [{ operation: 'other' }] }
  expect(refresh(known, other)).toBe(other)
})

test('an answer tells its next part and where history begins', () => {
  const answer = { things: [{ id: 'a' }], next: '0x01', begin: { sequence: 5, height: 7, time: 9 } }
  expect(readListing(answer, 'things', (fields) => text(fields, 'id'))).toEqual({
    entries: ['a'],
    next: '0x01',
    begin: { height: 7, timeMs: 9 },
  })
})
