// The prime factors of a number: one of the three things that the demonstration sells.

/** The largest number that is taken: a million divisions at most. */
export const factorsMax = 1_000_000_000_000

/** Prime factors in ascending order, each as often as it divides. For 1 there are none. */
export function primeFactorsOf(number: number): readonly number[] {
  const factors: number[] = []
  let rest = number
  for (let divisor = 2; divisor * divisor <= rest; divisor += divisor === 2 ? 1 : 2) {
    while (rest % divisor === 0) {
      factors.push(divisor)
      rest /= divisor
    }
  }
  return rest > 1 ? [...factors, rest] : factors
}
