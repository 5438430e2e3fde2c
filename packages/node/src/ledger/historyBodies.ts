// What is kept of an operation beside its leaf: its bytes, its signers and its events; one file for each segment of
// history, in which the bodies of a block lie together behind a table of where they end.
import type { Disk } from '../machine/Machine.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { endBytes } from './historyBatch.ts'

const segmentDigits = 10
const prefix = 'bodies-'

/** The directory of everything of history that can be deleted. */
export function historyDirectory(home: string): string {
  return `${home}/history`
}

function bodiesName(segment: number): string {
  return `${prefix}${String(segment).padStart(segmentDigits, '0')}`
}

/** The file of the bodies of a segment. */
export function bodiesPath(home: string, segment: number): string {
  return `${historyDirectory(home)}/${bodiesName(segment)}`
}

/** Where the bodies of a block lie. */
export type BodiesPlace = {
  readonly segment: number
  /** Of the block's part of the file. */
  readonly place: number
  /** Operations of the block. */
  readonly operations: number
}

/** The most bytes of a body: an operation is smaller than a block's megabyte, and its events are, too. */
const bodyBytesMax = 2_097_152

/** One body. @throws HistoryDamaged when it is none. */
export async function readBodyAt(
  { disk, home }: { readonly disk: Disk; readonly home: string },
  { segment, place, operations, index }: BodiesPlace & { readonly index: number },
): Promise<Uint8Array> {
  const path = bodiesPath(home, segment)
  const first = Math.max(0, index - 1)
  const ends = await disk.read(path, { offset: place + first * endBytes, bytes: (index - first + 1) * endBytes })
  if (ends.length !== (index - first + 1) * endBytes)
    throw new HistoryDamaged(`history/${bodiesName(segment)} ends before its bodies.`)
  const view = new DataView(ends.buffer, ends.byteOffset, ends.byteLength)
  const begin = index === 0 ? 0 : view.getUint32(0)
  const length = view.getUint32(ends.length - endBytes) - begin
  if (length < 0 || length > bodyBytesMax)
    throw new HistoryDamaged(`history/${bodiesName(segment)} says that a body has ${length} bytes.`)
  const body = await disk.read(path, { offset: place + operations * endBytes + begin, bytes: length })
  if (body.length !== length) throw new HistoryDamaged(`history/${bodiesName(segment)} ends within a body.`)
  return body
}

/** Removes the files of all segments before one. */
export async function dropBodies(
  { disk, home }: { readonly disk: Disk; readonly home: string },
  before: number,
): Promise<void> {
  const directory = historyDirectory(home)
  for (const name of await disk.list(directory))
    if (name.startsWith(prefix) && !name.endsWith('.tmp') && Number(name.slice(prefix.length)) < before)
      await disk.remove(`${directory}/${name}`)
  await disk.syncDirectory(directory)
}
