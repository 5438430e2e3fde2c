// Who holds connections open: so many for each source, so that none keeps all others out (T154).
import { isIPv6 } from 'node:net'

/** Counts the open connections of each source. */
export type Sources = {
  /** Whether there is room for one more; it is counted until `leave`. */
  enter(source: string): boolean
  leave(source: string): void
}

/** A count that lets every source have `max`. */
export function createSources(max: number): Sources {
  const open = new Map<string, number>()
  return {
    enter(source) {
      const count = (open.get(source) ?? 0) + 1
      if (count > max) return false
      open.set(source, count)
      return true
    },
    leave(source) {
      const count = open.get(source)! - 1
      if (count === 0) open.delete(source)
      else open.set(source, count)
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
