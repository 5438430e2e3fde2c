// `receipts/`: the 250 bytes of every receipt by sequence, in flat files of a fixed number of leaves, so that the place
// of a leaf is arithmetic. Whoever holds the files can prove any receipt with them.
import { leafBytes } from '@turnpike/chain/wire'
import type { Disk, Hashes } from '../machine/Machine.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { growFile } from './historyFile.ts'
import { hasBytes } from './historyKeys.ts'
import { hashLeaf, readLeafNodes } from './historyMmr.ts'

export type Leaves = {
  readonly disk: Disk
  /** The data directory. */
  readonly home: string
  /** Leaves of one file. */
  readonly leavesPerFile: number
}

/** The same for whoever holds them against the tree. */
export type SoundLeaves = Leaves & { readonly hashes: Pick<Hashes, 'sha256'> }

/** Leaves of one file, unless said otherwise: 262 MB. */
export const leavesPerFileDefault = 1_048_576
const numberDigits = 10

/** The directory of the files. */
export function leavesDirectory(home: string): string {
  return `${home}/receipts`
}

function pathOf({ home }: Leaves, file: number): string {
  return `${leavesDirectory(home)}/${String(file).padStart(numberDigits, '0')}`
}

type Part = { readonly file: number; readonly offset: number; readonly from: number; readonly to: number }

/** The files that hold a range of leaves; `from` and `to` are bytes of the whole range. */
function partsOf({ leavesPerFile }: Leaves, first: number, count: number): readonly Part[] {
  const parts: Part[] = []
  for (let done = 0; done < count;) {
    const sequence = first + done
    const within = sequence % leavesPerFile
    const taken = Math.min(count - done, leavesPerFile - within)
    const from = done * leafBytes
    parts.push({
      file: Math.floor(sequence / leavesPerFile),
      offset: within * leafBytes,
      from,
      to: from + taken * leafBytes,
    })
    done += taken
  }
  return parts
}

/** Writes leaves that follow each other; they are durable when it resolves. */
export async function writeLeaves(
  leaves: Leaves,
  { first, bytes }: { readonly first: number; readonly bytes: Uint8Array },
): Promise<void> {
  for (const { file, offset, from, to } of partsOf(leaves, first, bytes.length / leafBytes))
    await growFile(leaves.disk, { path: pathOf(leaves, file), offset, bytes: bytes.subarray(from, to) })
}

type LeafRange = { readonly first: number; readonly count: number }

/** The bytes of leaves that follow each other, a piece for each file. @throws HistoryDamaged when a file ends before them. */
export async function readLeafBytes(leaves: Leaves, { first, count }: LeafRange): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for (const { file, offset, from, to } of partsOf(leaves, first, count)) {
    const path = pathOf(leaves, file)
    const bytes = await leaves.disk.read(path, { offset, bytes: to - from })
    if (bytes.length !== to - from) throw new HistoryDamaged(`receipts/ ends before leaf ${first + count - 1}.`)
    pieces.push(bytes)
  }
  return pieces
}

/** Leaves that follow each other, each held against the tree. @throws HistoryDamaged when something else lies in their place. */
export async function readLeaves(leaves: SoundLeaves, range: LeafRange): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = []
  const nodes = await readLeafNodes(leaves, range)
  for (const bytes of await readLeafBytes(leaves, range)) {
    for (let at = 0; at < bytes.length; at += leafBytes) {
      const sequence = range.first + found.length
      const node = hashLeaf(leaves.hashes, bytes.subarray(at, at + leafBytes))
      if (!hasBytes(node, 0, nodes[found.length]!)) throw new HistoryDamaged(`receipts/ holds no leaf ${sequence}.`)
      found.push(bytes.subarray(at, at + leafBytes))
    }
  }
  return found
}

/** Whether the files of all leaves of a range are there, and long enough. */
export async function hasLeaves(
  leaves: Leaves,
  { first, end }: { readonly first: number; readonly end: number },
): Promise<boolean> {
  for (const { file, offset, from, to } of partsOf(leaves, first, end - first)) {
    const length = await leaves.disk.findBytes(pathOf(leaves, file))
    if (length === undefined || length < offset + to - from) return false
  }
  return true
}

/** Removes the files all of whose leaves come before a sequence. */
export async function dropLeaves(leaves: Leaves, before: number): Promise<void> {
  const directory = leavesDirectory(leaves.home)
  const dropped = Math.floor(before / leaves.leavesPerFile)
  for (const name of await leaves.disk.list(directory))
    if (/^[0-9]+$/.test(name) && Number(name) < dropped) await leaves.disk.remove(`${directory}/${name}`)
  await leaves.disk.syncDirectory(directory)
}
