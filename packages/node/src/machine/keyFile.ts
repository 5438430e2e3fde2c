// Secrets of the data directory: made at the first start, readable by their owner alone, never replaced.
import { Failure } from './Failure.ts'
import type { Disk } from './Machine.ts'

const fileMode = 0o600

export type KeyFile = {
  readonly disk: Disk
  readonly path: string
  /** Makes the secret at the first start; undefined where it must be there already, as something else depends on it. */
  readonly create: (() => string) | undefined
}

/**
 * The text of a secret, without the newline at its end.
 *
 * @throws Failure `node/key_missing`
 */
export async function openKeyFile({ disk, path, create }: KeyFile): Promise<string> {
  if ((await disk.findBytes(path)) !== undefined) return new TextDecoder().decode(await disk.read(path)).trimEnd()
  if (create === undefined) {
    throw new Failure({
      code: 'node/key_missing',
      message: `There is no ${path}, although the chain of this data directory was made with it.`,
      values: { path },
      hint: 'Put the file back from a backup.',
    })
  }
  const text = create()
  await disk.writeFileAtomic({ path, bytes: new TextEncoder().encode(`${text}\n`), mode: fileMode })
  return text
}
