// The voice of the pages for screen readers: one polite region, at most one sentence a second.

const EVERY_MS = 1000
const WAITING_MAX = 3

const waiting: string[] = []
const listeners = new Set<(sentence: string) => void>()
let timer: ReturnType<typeof setTimeout> | undefined

function speak(): void {
  const sentence = waiting.shift()
  timer = sentence === undefined ? undefined : setTimeout(speak, EVERY_MS)
  if (sentence !== undefined) for (const listener of listeners) listener(sentence)
}

/** Says a sentence soon. When much happens at once only the newest sentences are said. */
export function announce(sentence: string): void {
  if (waiting.includes(sentence)) return
  waiting.push(sentence)
  if (waiting.length > WAITING_MAX) waiting.shift()
  if (timer === undefined) speak()
}

/** Listens to what is said; the shell puts it into the live region. */
export function onAnnouncement(listener: (sentence: string) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
