// Times as people read them: the reader's own clock, 24 hours, the same form on every page.

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const two = (value: number): string => String(value).padStart(2, '0')

/** `14:03:20`. */
export function formatClock(timeMs: number): string {
  const date = new Date(timeMs)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `21 Nov`, with the year when it is not that of `nowMs`. */
export function formatDay(timeMs: number, nowMs: number): string {
  const date = new Date(timeMs)
  const day = `${date.getDate()} ${MONTHS[date.getMonth()] ?? ''}`
  return date.getFullYear() === new Date(nowMs).getFullYear() ? day : `${day} ${date.getFullYear()}`
}

/** The clock alone for today, day and clock for any other day. */
export function formatMoment(timeMs: number, nowMs: number): string {
  const isToday = new Date(timeMs).toDateString() === new Date(nowMs).toDateString()
  return isToday ? formatClock(timeMs) : `${formatDay(timeMs, nowMs)}, ${formatClock(timeMs)}`
}

/** The whole moment to the millisecond, with the offset from UTC spelled out by the ISO form. */
export function formatExactMoment(timeMs: number): string {
  return Number.isFinite(timeMs) && Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : String(timeMs)
}

/** How long it lasts, in its one or two largest measures: `45 s`, `12 min`, `3 h 20 min`, `2 days`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / SECOND_MS))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(durationMs / MINUTE_MS)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  const days = Math.round(durationMs / DAY_MS)
  return `${days} days`
}
