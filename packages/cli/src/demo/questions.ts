// What the demonstration's agent wants to know: different questions every day, so that its answers differ.

/** A question to the seller, and how the terminal names it. */
export type Question = { readonly path: string; readonly words: string }

const places = [
  { name: 'Oslo', latitude: 59.91, longitude: 10.75 },
  { name: 'Nairobi', latitude: -1.29, longitude: 36.82 },
  { name: 'Kyoto', latitude: 35.01, longitude: 135.77 },
  { name: 'Valparaiso', latitude: -33.05, longitude: -71.61 },
  { name: 'Halifax', latitude: 44.65, longitude: -63.58 },
  { name: 'Hobart', latitude: -42.88, longitude: 147.33 },
  { name: 'Tbilisi', latitude: 41.72, longitude: 44.79 },
] as const

const dayMs = 86_400_000

function skyQuestion(round: number, todayMs: number): Question {
  const { name, latitude, longitude } = places[round % places.length]!
  const date = new Date(todayMs + Math.floor(round / places.length) * dayMs).toISOString().slice(0, 10)
  return {
    path: `/sky?latitude=${latitude}&longitude=${longitude}&date=${date}`,
    words: `the sky of ${name} on ${date}`,
  }
}

function factorsQuestion(round: number, todayMs: number): Question {
  const number = Math.floor(todayMs / dayMs) * 1_000_003 + round * 7_919
  return { path: `/factors?number=${number}`, words: `the factors of ${number}` }
}

function tourQuestion(round: number, todayMs: number): Question {
  const seed = Math.floor(todayMs / dayMs) + round * 31
  const points = Array.from({ length: 7 }, (_, i) => `${(seed * (i + 3) * 37) % 101},${(seed * (i + 5) * 53) % 97}`)
  return { path: `/tour?points=${points.join(';')}`, words: `the shortest tour through ${points.length} points` }
}

const kinds = [skyQuestion, factorsQuestion, tourQuestion] as const

/** The question of a turn: sky, factors and tour in turn. */
export function questionOf(turn: number, todayMs: number): Question {
  return kinds[turn % kinds.length]!(Math.floor(turn / kinds.length), todayMs)
}
