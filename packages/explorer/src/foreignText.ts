// Text that other people wrote (names, hints, references): shown as text, never as anything else (T144, T103).

const NAME_MAX = 64
const LINE_MAX = 400
const WORDS_MAX = 8000

// Controls, direction overrides and characters without width: they can only hide or reorder what is read.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu

function shorten(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}\u2026`
}

/** One line of foreign text: nothing invisible, bounded. */
export function cleanLine(text: string): string {
  return shorten(text.replace(/\s+/g, ' ').replace(invisible, '').trim(), LINE_MAX)
}

/** A name: nothing invisible, short. */
export function cleanName(text: string): string {
  return shorten(cleanLine(text.normalize('NFC')), NAME_MAX)
}

/** Several lines of foreign text: line ends stay, everything invisible goes. */
export function cleanWords(text: string): string {
  const lines = shorten(text, WORDS_MAX).split(/\r?\n/)
  return lines.map((line) => line.replace(/\t/g, '  ').replace(invisible, '').trimEnd()).join('\n')
}
