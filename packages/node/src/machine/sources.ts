// Who holds what many share: so much for each source, so that none keeps all others out (T154, T155).
import { isIPv6 } from 'node:net'

/** Of places that all have together, so many percent may be one source's. */
const sourcePercentMax = 75

/** How many of so many places may be one source's; a single one may. */
export function shareOf(places: number): number {
  return Math.ceil((places * sourcePercentMax) / 100)
}

/** Counts what each source holds. */
export type Sources = {
  isFull(source: string): boolean
  /** Whether there is room for one more; it is counted until `leave`. */
  enter(source: string): boolean
  leave(source: string): void
}

/** A count that lets every source have `max`. */
export function createSources(max: number): Sources {
  const held = new Map<string, number>()
  const countOf = (source: string): number => held.get(source) ?? 0
  return {
    isFull: (source) => countOf(source) >= max,
    enter(source) {
      const count = countOf(source)
      if (count < max) held.set(source, count + 1)
      return count < max
    },
    leave(source) {
      const count = countOf(source) - 1
      if (count === 0) held.delete(source)
      else held.set(source, count)
    },
  }
}

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i
const networkGroups = 4

/** What counts as one source: an IPv4 address, or the 64 bits of IPv6 that one subscriber is given at least. */
export function sourceOf(address: string): string {
  const ipv4 = mapped.exec(address)?.[1]
  if (ipv4 !== undefined) return ipv4
  if (!isIPv6(address)) return address
  const [front = '', back] = address.split('::')
  const before = front === '' ? [] : front.split(':')
  const behind = back === undefined || back === '' ? [] : back.split(':')
  const zeros = back === undefined ? [] : Array<string>(8 - before.length - behind.length).fill('0')
  return [...before, ...zeros, ...behind].slice(0, networkGroups).join(':')
}
