// Asks for a password on a terminal without showing it.
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Call } from './command.ts'

/** What was typed, up to the end of the line; undefined when nobody can be asked. */
export async function askPassword(
  { stdin, stderr }: Pick<Call, 'stdin' | 'stderr'>,
  question: string,
): Promise<string | undefined> {
  if (stdin.isTTY !== true) return undefined
  // The line editor echoes what is typed; here it echoes into nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true })
  // Asked only now that the terminal shows nothing any more: somebody may type at once.
  stderr.write(question)
  try {
    return await new Promise<string | undefined>((resolve) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => resolve(undefined))
      lines.once('close', () => resolve(undefined))
    })
  } finally {
    lines.close()
    stderr.write('\n')
  }
}
