// When the sun and the moon rise and set at a place, from low-precision series (Meeus, chapters 25 and 47; within a few minutes).
// One of the three things that the demonstration sells: computed from the question, so that two questions have two answers.

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const radian = Math.PI / 180
/** 2000-01-01T12:00Z, the epoch of the series. */
const epochMs = 946_728_000_000
const obliquity = 23.4397 * radian
/** Altitude of the centre at rising: refraction and the disc's radius; the moon's parallax outweighs them. */
const horizon = { sun: -0.833 * radian, moon: 0.133 * radian } as const
/** Days from one new moon to the next, and one of the new moons. */
const monthDays = 29.530588853
const newMoonMs = Date.UTC(2000, 0, 6, 18, 14)

type Direction = { readonly rightAscension: number; readonly declination: number }

/** A place on earth, in degrees; north and east are positive. */
export type Place = { readonly latitude: number; readonly longitude: number }

/** Times in UTC; absent when it does not happen that day. */
export type Passage = { readonly rise?: string; readonly set?: string }

/** What is sold. */
export type Sky = { readonly date: string; readonly sun: Passage; readonly moon: Passage & { readonly age: number } }

function fromEcliptic(longitude: number, latitude: number): Direction {
  return {
    rightAscension: Math.atan2(
      Math.sin(longitude) * Math.cos(obliquity) - Math.tan(latitude) * Math.sin(obliquity),
      Math.cos(longitude),
    ),
    declination: Math.asin(
      Math.sin(latitude) * Math.cos(obliquity) + Math.cos(latitude) * Math.sin(obliquity) * Math.sin(longitude),
    ),
  }
}

function sunAt(days: number): Direction {
  const anomaly = (357.5291 + 0.98560028 * days) * radian
  const centre = 1.9148 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly) + 0.0003 * Math.sin(3 * anomaly)
  return fromEcliptic(anomaly + (centre + 102.9372 + 180) * radian, 0)
}

function moonAt(days: number): Direction {
  const mean = (218.316 + 13.176396 * days) * radian
  const anomaly = (134.963 + 13.064993 * days) * radian
  const distance = (93.272 + 13.22935 * days) * radian
  return fromEcliptic(mean + 6.289 * radian * Math.sin(anomaly), 5.128 * radian * Math.sin(distance))
}

function altitudeOf(direction: Direction, { latitude, longitude }: Place, days: number): number {
  const siderealTime = (280.16 + 360.9856235 * days + longitude) * radian
  const hourAngle = siderealTime - direction.rightAscension
  const phi = latitude * radian
  return Math.asin(
    Math.sin(phi) * Math.sin(direction.declination) +
      Math.cos(phi) * Math.cos(direction.declination) * Math.cos(hourAngle),
  )
}

/** Where a function crosses zero between two times, by halving. */
function crossing(height: (timeMs: number) => number, from: number, to: number): number {
  let [low, high] = [from, to]
  while (high - low > 1_000) {
    const middle = (low + high) / 2
    if (Math.sign(height(middle)) === Math.sign(height(low))) low = middle
    else high = middle
  }
  return high
}

function passageOf(height: (timeMs: number) => number, startMs: number): Passage {
  const passage: { rise?: string; set?: string } = {}
  for (let from = startMs; from < startMs + dayMs; from += hourMs) {
    const [before, after] = [height(from), height(from + hourMs)]
    if (before <= 0 === after <= 0) continue
    const minute = new Date(Math.round(crossing(height, from, from + hourMs) / 60_000) * 60_000)
      .toISOString()
      .slice(11, 16)
    if (before <= 0) passage.rise ??= minute
    else passage.set ??= minute
  }
  return passage
}

/** The sky of one day (UTC) at a place. `date` is YYYY-MM-DD. */
export function skyOf(place: Place, date: string): Sky {
  const startMs = Date.parse(`${date}T00:00:00Z`)
  const over =
    (body: 'sun' | 'moon', at: (days: number) => Direction) =>
    (timeMs: number): number => {
      const days = (timeMs - epochMs) / dayMs
      return altitudeOf(at(days), place, days) - horizon[body]
    }
  const age = ((startMs + dayMs / 2 - newMoonMs) / dayMs) % monthDays
  return {
    date,
    sun: passageOf(over('sun', sunAt), startMs),
    moon: { ...passageOf(over('moon', moonAt), startMs), age: Math.round((age < 0 ? age + monthDays : age) * 10) / 10 },
  }
}
