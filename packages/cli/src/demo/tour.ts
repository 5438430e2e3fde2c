// The shortest round trip through a few points, exactly (Held and Karp, 1962): one of the three things that the demonstration sells.

/** A point in the plane. */
export type Point = { readonly x: number; readonly y: number }

/** The order in which to visit the points, from the first and back to it, and how long that is. */
export type Tour = { readonly order: readonly number[]; readonly length: number }

/** The most points that are taken: 2^12 × 12 states. */
export const pointsMax = 12

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

/** For each set of visited points (without the first) and each last point of it: the shortest way there, and where it came from. */
function shortestWays(points: readonly Point[]): { readonly length: Float64Array; readonly from: Int8Array } {
  const rest = points.length - 1
  const length = new Float64Array((1 << rest) * rest).fill(Infinity)
  const from = new Int8Array((1 << rest) * rest).fill(-1)
  for (let set = 1; set < 1 << rest; set++) {
    for (let last = 0; last < rest; last++) {
      if ((set & (1 << last)) === 0) continue
      const before = set & ~(1 << last)
      if (before === 0) length[set * rest + last] = distance(points[0]!, points[last + 1]!)
      for (let previous = 0; previous < rest; previous++) {
        if ((before & (1 << previous)) === 0) continue
        const candidate = length[before * rest + previous]! + distance(points[previous + 1]!, points[last + 1]!)
        if (candidate >= length[set * rest + last]!) continue
        length[set * rest + last] = candidate
        from[set * rest + last] = previous
      }
    }
  }
  return { length, from }
}

/** The shortest tour. Needs 1 to `pointsMax` points. */
export function shortestTour(points: readonly Point[]): Tour {
  const rest = points.length - 1
  if (rest < 1) return { order: [0], length: 0 }
  const { length, from } = shortestWays(points)
  let set = (1 << rest) - 1
  const total = (last: number): number => length[set * rest + last]! + distance(points[last + 1]!, points[0]!)
  let last = 0
  for (let candidate = 1; candidate < rest; candidate++) if (total(candidate) < total(last)) last = candidate
  const best = total(last)
  const order: number[] = []
  while (last >= 0) {
    order.unshift(last + 1)
    const previous = from[set * rest + last]!
    set &= ~(1 << last)
    last = previous
  }
  return { order: [0, ...order], length: Math.round(best * 1_000) / 1_000 }
}
