// Flat files of history that grow at their end: what is written is durable when it is said to be, and whatever lies
// behind the end that the database knows is left over from a crash and written over.
import type { Disk } from '../machine/Machine.ts'

type Growth = { readonly path: string; readonly offset: number; readonly bytes: Uint8Array }

/** Writes bytes into a file, which is created when it is missing. They are durable when it resolves. */
export async function growFile(disk: Disk, { path, offset, bytes }: Growth): Promise<void> {
  if (bytes.length === 0) return
  if ((await disk.findBytes(path)) === undefined) await disk.createFilled({ path, bytes: 0, head: new Uint8Array(0) })
  const file = await disk.open(path)
  try {
    await file.write(bytes, offset)
  } finally {
    await file.close()
  }
}
