// What a page says is printed, held against what was.
import { expect } from 'vitest'
import type { Block } from './blocks.ts'

/** The lines of a block, in order, with an ellipsis for anything and whole lines left out between them. */
export function expectPrinted(output: string, { page, line, text }: Block): void {
  const lines = text.trimEnd().split('\n')
  const pattern = lines
    .map((each) =>
      each
        .split('…')
        .map((part) => RegExp.escape(part))
        .join('.*'),
    )
    .join('\\n(?:.*\\n)*?')
  expect(output, `${page}:${line}`).toMatch(new RegExp(`^${pattern}$`, 'm'))
}
