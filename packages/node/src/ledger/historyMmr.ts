// `mmr`: every node of the receipts' tree (RFC 6962), a leaf and then the parents that it completes, so that the place of
// a node is arithmetic and any proof is a few reads. Unlike receipts, nodes are never dropped (T147).
import type { Disk, Hashes } from '../machine/Machine.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { growFile } from './historyFile.ts'

const nodeBytes = 32
const leafPrefix = 0
const innerPrefix = 1

/** The file of the nodes. */
export function mmrPath(home: string): string {
  return `${home}/mmr`
}

/** How many nodes a tree of so many leaves has: two per leaf, less one per peak. */
export function nodesOf(leaves: number): number {
  return 2 * leaves - peakSizes(leaves).length
}

/** The leaves under each peak, from left to right: the powers of two that add up to the number. */
function peakSizes(leaves: number): readonly number[] {
  const sizes: number[] = []
  for (let left = leaves, size = 2 ** 48; left > 0; size /= 2) {
    if (size > left) continue
    sizes.push(size)
    left -= size
  }
  return sizes
}

export type MmrOptions = {
  readonly disk: Disk
  readonly home: string
  readonly hashes: Pick<Hashes, 'sha256'>
}

/** The peaks of the tree of so many leaves; undefined when the file is missing or too short. */
export async function readPeaks(
  { disk, home }: Pick<MmrOptions, 'disk' | 'home'>,
  leaves: number,
): Promise<readonly Uint8Array[] | undefined> {
  const path = mmrPath(home)
  const length = (await disk.findBytes(path)) ?? 0
  if (length < nodesOf(leaves) * nodeBytes) return undefined
  const peaks: Uint8Array[] = []
  let end = 0
  for (const size of peakSizes(leaves)) {
    end += nodesOf(size) // A peak is the last node of its subtree.
    peaks.push(await disk.read(path, { offset: (end - 1) * nodeBytes, bytes: nodeBytes }))
  }
  return peaks
}

/** The nodes of leaves that follow each other. @throws HistoryDamaged when the file ends before them */
export async function readLeafNodes(
  { disk, home }: Pick<MmrOptions, 'disk' | 'home'>,
  { first, count }: { readonly first: number; readonly count: number },
): Promise<readonly Uint8Array[]> {
  const begin = nodesOf(first)
  const bytes = (nodesOf(first + count) - begin) * nodeBytes
  const read = await disk.read(mmrPath(home), { offset: begin * nodeBytes, bytes })
  if (read.length !== bytes) throw new HistoryDamaged(`mmr ends before leaf ${first + count - 1}.`)
  const nodes: Uint8Array[] = []
  let at = 0
  for (let leaf = first; leaf < first + count; leaf++) {
    nodes.push(read.subarray(at, at + nodeBytes))
    at += nodeBytes
    // Behind it the parents that it completes.
    for (let left = leaf; left % 2 === 1; left = (left - 1) / 2) at += nodeBytes
  }
  return nodes
}

/** The node of a leaf's bytes. */
export function hashLeaf({ sha256 }: Pick<Hashes, 'sha256'>, leaf: Uint8Array): Uint8Array {
  const preimage = new Uint8Array(1 + leaf.length)
  preimage[0] = leafPrefix
  preimage.set(leaf, 1)
  return sha256(preimage)
}

/** Writes the nodes of leaves that follow those before; `peaks` are those of the tree without them. */
export class MmrWriter {
  readonly #options: MmrOptions
  #leaves: number
  #peaks: Uint8Array[]
  readonly #inner = new Uint8Array(1 + 2 * nodeBytes)

  constructor(options: MmrOptions, { leaves, peaks }: { leaves: number; peaks: readonly Uint8Array[] }) {
    this.#options = options
    this.#leaves = leaves
    this.#peaks = peaks.slice()
    this.#inner[0] = innerPrefix
  }

  /** Adds leaves; their nodes are durable when it resolves. */
  async append(leaves: readonly Uint8Array[]): Promise<void> {
    const { disk, home } = this.#options
    const first = nodesOf(this.#leaves)
    const bytes = new Uint8Array((nodesOf(this.#leaves + leaves.length) - first) * nodeBytes)
    let at = 0
    const keep = (node: Uint8Array): void => {
      bytes.set(node, at)
      at += nodeBytes
    }
    for (const leaf of leaves) this.#add(leaf, keep)
    await growFile(disk, { path: mmrPath(home), offset: first * nodeBytes, bytes })
  }

  #add(leaf: Uint8Array, keep: (node: Uint8Array) => void): void {
    const { hashes } = this.#options
    let node = hashLeaf(hashes, leaf)
    keep(node)
    for (let left = this.#leaves; left % 2 === 1; left = (left - 1) / 2) {
      this.#inner.set(this.#peaks.pop()!, 1)
      this.#inner.set(node, 1 + nodeBytes)
      node = hashes.sha256(this.#inner)
      keep(node)
    }
    this.#peaks.push(node)
    this.#leaves += 1
  }
}
