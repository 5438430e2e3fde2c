// What the demonstration sells, held against almanacs and plain arithmetic.
import { describe, expect, it } from 'vitest'
import { primeFactorsOf } from './factors.ts'
import { questionOf } from './questions.ts'
import { skyOf } from './sky.ts'
import { shortestTour, type Point } from './tour.ts'

const minutesOf = (time: string | undefined): number => Number(time?.slice(0, 2)) * 60 + Number(time?.slice(3))
const greenwich = { latitude: 51.4779, longitude: 0 }

describe('the sky', () => {
  it.each([
    ['2026-06-21', '03:43', '20:21'],
    ['2026-12-21', '08:03', '15:53'],
    ['2026-03-20', '06:03', '18:13'],
  ])('of Greenwich on %s has the sun from %s to %s (UTC), give or take three minutes', (date, rise, set) => {
    const { sun } = skyOf(greenwich, date)
    expect(Math.abs(minutesOf(sun.rise) - minutesOf(rise))).toBeLessThanOrEqual(3)
    expect(Math.abs(minutesOf(sun.set) - minutesOf(set))).toBeLessThanOrEqual(3)
  })

  it('has no rising in the polar day and night', () => {
    const tromso = { latitude: 69.65, longitude: 18.96 }
    expect(skyOf(tromso, '2026-06-21').sun).toEqual({})
    expect(skyOf(tromso, '2026-12-21').sun).toEqual({})
  })

  it('has a new moon beside the sun and a full moon opposite to it', () => {
    const eclipse = skyOf(greenwich, '2026-08-12')
    expect(Math.min(eclipse.moon.age, 29.53 - eclipse.moon.age)).toBeLessThan(1)
    expect(Math.abs(minutesOf(eclipse.moon.rise) - minutesOf(eclipse.sun.rise))).toBeLessThan(60)
    expect(Math.abs(skyOf(greenwich, '2026-08-28').moon.age - 14.8)).toBeLessThan(1)
  })
})

describe('prime factors', () => {
  it.each([
    [1, []],
    [2, [2]],
    [360, [2, 2, 2, 3, 3, 5]],
    [999_999_000_001, [999_999_000_001]],
    [1_000_000_000_000, [...Array<number>(12).fill(2), ...Array<number>(12).fill(5)]],
    [999_966_000_289, [999_983, 999_983]],
  ])('of %d', (number, factors) => {
    expect(primeFactorsOf(number)).toEqual(factors)
  })
})

describe('the shortest tour', () => {
  it('goes round a square, and is as short as trying every order finds', () => {
    const square = [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
      { x: 1, y: 0 },
      { x: 0, y: 1 },
    ]
    expect(shortestTour(square).length).toBe(4)
    const points = Array.from({ length: 7 }, (_, i) => ({ x: (i * 37) % 11, y: (i * 53) % 13 }))
    const { order, length } = shortestTour(points)
    expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(order[0]).toBe(0)
    expect(lengthOf(order.map((i) => points[i]!))).toBeCloseTo(length, 2)
    expect(
      Math.min(...permutations([1, 2, 3, 4, 5, 6]).map((rest) => lengthOf([0, ...rest].map((i) => points[i]!)))),
    ).toBeCloseTo(length, 2)
    expect(shortestTour([{ x: 3, y: 4 }])).toEqual({ order: [0], length: 0 })
  })
})

function lengthOf(points: readonly Point[]): number {
  return points.reduce(
    (sum, { x, y }, i) =>
      sum + Math.hypot(x - points[(i + 1) % points.length]!.x, y - points[(i + 1) % points.length]!.y),
    0,
  )
}

function permutations(of: readonly number[]): readonly (readonly number[])[] {
  if (of.length === 0) return [[]]
  return of.flatMap((first) => permutations(of.filter((entry) => entry !== first)).map((rest) => [first, ...rest]))
}

it('the agent asks something else each time', () => {
  const paths = Array.from({ length: 60 }, (_, turn) => questionOf(turn, Date.UTC(2026, 10, 25)).path)
  expect(new Set(paths).size).toBe(60)
})
