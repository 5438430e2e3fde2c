// Writes a checkpoint, in the thread of the mirror. It gets its name from the thread that began it, once it may count.
import type { Head } from '@turnpike/chain'
import { concat } from '@turnpike/chain/wire'
import type { Hash } from '@turnpike/chain/wire'
import type { Ms, ThreadMachine } from '../../machine/Machine.ts'
import type { LogPosition } from './blockLogReader.ts'
import { checkpointName, digestOf, encodeCheckpointEnd, encodeCheckpointHead, encodeFrame } from './checkpointFile.ts'

/** So much is written at once, durably. */
const writeBytes = 262_144

export type CheckpointWriting = {
  readonly machine: Pick<ThreadMachine, 'disk' | 'hashes' | 'clock'>
  /** The data directory. */
  readonly home: string
  readonly genesis: Hash.Hash
  readonly head: Head
  readonly position: LogPosition
  /** The state after that block. */
  readonly pieces: Iterable<Uint8Array>
  /** Waits after each write, which took so long. */
  readonly rest: (tookMs: Ms) => Promise<void>
}

/** Where a checkpoint lies until it is whole and counts. */
export function unfinishedPath(home: string, height: number): string {
  return `${home}/${checkpointName(height)}.tmp`
}

/** Writes it, durably, and answers its length; nothing is left of it when that fails. */
export async function writeCheckpoint(writing: CheckpointWriting): Promise<number> {
  const { disk } = writing.machine
  const path = unfinishedPath(writing.home, writing.head.height)
  await disk.createFilled({ path, bytes: 0, head: new Uint8Array(0) })
  const file = await disk.open(path)
  try {
    return await writeParts(writing, (bytes, offset) => file.write(bytes, offset))
  } catch (error) {
    await disk.remove(path) // A full disk has no room for what is left of it.
    throw error
  } finally {
    await file.close()
  }
}

type Write = (bytes: Uint8Array, offset: number) => Promise<void>

async function writeParts(writing: CheckpointWriting, write: Write): Promise<number> {
  const { machine, rest } = writing
  let [at, waiting, waitingBytes] = [0, [] as Uint8Array[], 0]
  for (const frame of framesOf(writing)) {
    waiting.push(frame)
    waitingBytes += frame.length
    if (waitingBytes >= writeBytes) await flush()
  }
  await flush()
  return at

  async function flush(): Promise<void> {
    const bytes = concat(waiting)
    ;[waiting, waitingBytes] = [[], 0]
    for (let from = 0; from < bytes.length; from += writeBytes) {
      const part = bytes.subarray(from, from + writeBytes)
      const beganAt = machine.clock.elapsed()
      await write(part, at)
      at += part.length
      await rest(machine.clock.elapsed() - beganAt)
    }
  }
}

function* framesOf(writing: CheckpointWriting): Generator<Uint8Array, void, undefined> {
  const { genesis, head, position, pieces } = writing
  const { hashes } = writing.machine
  const digests: Uint8Array[] = []
  const encode = (body: Uint8Array): Uint8Array => {
    const frame = encodeFrame(body, hashes)
    digests.push(digestOf(frame))
    return frame
  }
  yield encode(encodeCheckpointHead({ genesis, head }))
  for (const piece of pieces) yield encode(piece)
  yield encodeFrame(encodeCheckpointEnd(position, { digests, hashes }), hashes)
}
