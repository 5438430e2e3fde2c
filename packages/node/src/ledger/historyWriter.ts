// Writes history: leaves, nodes and bodies into flat files, durably, and then keys, sums and the new end into the
// database, in one transaction. Runs in a thread of its own. Whatever a crash leaves behind the end that the database
// knows is written over, since the same blocks come again from the log.
import { concat, Hex, leafBytes } from '@turnpike/chain/wire'
import type { Database, Disk, Hashes, Statement } from '../machine/Machine.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { bodyAt, nonceKeyBytes, readBatch, readBody, sealBodies } from './historyBatch.ts'
import type { BatchBlock } from './historyBatch.ts'
import { bodiesPath, dropBodies, historyDirectory } from './historyBodies.ts'
import { createBuyers } from './historyBuyers.ts'
import { growFile } from './historyFile.ts'
import { accountRoles, createKeyWriter, keyKinds, Keys } from './historyKeys.ts'
import type { AccountRole, BatchKeys } from './historyKeys.ts'
import { dropLeaves, hasLeaves, leavesDirectory, readLeaves, writeLeaves } from './historyLeaves.ts'
import type { Leaves } from './historyLeaves.ts'
import { MmrWriter, readPeaks } from './historyMmr.ts'
import { readSegments, Segments } from './historySegments.ts'
import type { Retention, Segment } from './historySegments.ts'
import { createSumWriter } from './historySums.ts'
import { isPaid, leafAt, leafFlags } from './leafAt.ts'
import { createRefusalWriter } from './refusalRings.ts'
import type { KeptRefusal } from './refusals.ts'
import { clearHistory } from './schema.ts'

/** What history knows how to tell apart: the operation that makes an agent. */
export type HistoryTypes = { readonly createAgent: number | undefined }

export type WriterOptions = {
  readonly disk: Disk
  readonly hashes: Pick<Hashes, 'keccak256' | 'sha256' | 'crc32'>
  /** The data directory. */
  readonly home: string
  readonly types: HistoryTypes
  readonly leavesPerFile: number
  readonly segmentReceipts: number
  readonly retention: Retention | undefined
}

/** Where history ends. */
export type HistoryEnd = { readonly height: number; readonly hash: Hex.Hex | undefined }
/** Where history begins: before it there are receipts that were dropped. */
export type HistoryBegin = { readonly sequence: number; readonly height: number; readonly time: number }

export type HistoryWriter = {
  readonly end: HistoryEnd
  /** What was lost of history at the start, so that all of it is built again. */
  readonly lost: string | undefined
  /** Undefined when nothing was dropped. */
  begin(): HistoryBegin | undefined
  /** Writes a batch and refusals; all of it is durable when it resolves. */
  write(batch: Uint8Array | undefined, refusals: readonly KeptRefusal[]): Promise<void>
  /** Brings the largest buyers to where the rest is. */
  followBuyers(): Promise<void>
}

type Head = {
  readonly height: number
  readonly hash: Hex.Hex | undefined
  readonly next: number
  /** The first leaf that is not part of the sums of buyers. */
  readonly buyers: number
}

/** Buyers are no more leaves behind than these. */
const buyersBehindMax = 32_768

/** A writer on an open database. When files of history are missing or too short, all but the refusals begins anew. */
export async function openHistoryWriter(database: Database, options: WriterOptions): Promise<HistoryWriter> {
  const { disk, home } = options
  const leaves: Leaves = { disk, home, leavesPerFile: options.leavesPerFile }
  for (const directory of [leavesDirectory(home), historyDirectory(home)]) await disk.createDirectory(directory)
  let head = readHead(database)
  let peaks = await readPeaks({ disk, home }, head.next)
  const lost = peaks === undefined ? 'mmr' : await findLost({ database, leaves, head, hashes: options.hashes })
  if (lost !== undefined) {
    clearHistory(database)
    await dropBodies(leaves, Number.POSITIVE_INFINITY)
    head = readHead(database)
    peaks = []
  }
  const segments = new Segments(database, options)
  const mmr = new MmrWriter(options, { leaves: head.next, peaks: peaks! })
  const writer = new OpenWriter({ database, options, leaves, segments, mmr, head })
  await writer.removeDropped()
  return {
    end: head,
    lost,
    begin: () => writer.begin(),
    write: (batch, refusals) => writer.write(batch, refusals),
    followBuyers: () => writer.followBuyers(),
  }
}

function readHead(database: Database): Head {
  const row = database.prepare('SELECT height, hash, next, buyers FROM head').find()
  if (row === undefined) return { height: 0, hash: undefined, next: 0, buyers: 0 }
  const [height, next, buyers] = [row['height'], row['next'], row['buyers']].map(Number) as [number, number, number]
  return { height, hash: Hex.fromBytes(row['hash'] as Uint8Array), next, buyers }
}

type Found = {
  readonly database: Database
  readonly leaves: Leaves
  readonly head: Head
  readonly hashes: Pick<Hashes, 'sha256'>
}

/** What is missing of the flat files that the database stands on, or does not belong to them. */
async function findLost({ database, leaves, head, hashes }: Found): Promise<string | undefined> {
  const { disk, home } = leaves
  const segments = readSegments(database)
  const first = segments[0]?.sequence ?? head.next
  if (!(await hasLeaves(leaves, { first, end: head.next }))) return 'receipts/'
  if (head.next > first) {
    const isLast = readLeaves({ ...leaves, hashes }, { first: head.next - 1, count: 1 }).then(() => true, isOther)
    if (!(await isLast)) return 'receipts/'
  }
  for (const { number, bytes } of segments) {
    const length = (await disk.findBytes(bodiesPath(home, number))) ?? 0
    if (length < bytes) return 'history/'
  }
  return undefined
}

/** @throws the error, if it does not say that something else lies there */
function isOther(error: unknown): false {
  if (error instanceof HistoryDamaged) return false
  throw error
}

type Parts = {
  readonly database: Database
  readonly options: WriterOptions
  readonly leaves: Leaves
  readonly segments: Segments
  readonly mmr: MmrWriter
  readonly head: Head
}

class OpenWriter {
  readonly #parts: Parts
  readonly #insertBlock: Statement
  readonly #insertAgent: Statement
  readonly #putHead: Statement
  readonly #writeKeys: (batch: BatchKeys) => void
  readonly #writeSums: (blocks: readonly BatchBlock[]) => void
  readonly #addBuyers: ReturnType<typeof createBuyers>
  readonly #writeRefusals: (refusals: readonly KeptRefusal[]) => void
  #next: number
  #buyers: number

  constructor(parts: Parts) {
    const { database, head, leaves } = parts
    this.#parts = parts
    this.#next = head.next
    this.#buyers = head.buyers
    this.#insertBlock = database.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#insertAgent = database.prepare('INSERT INTO agents VALUES (?, ?, ?, ?, ?)')
    this.#putHead = database.prepare(
      `INSERT INTO head VALUES (1, ?, ?, ?, 0)
       ON CONFLICT (id) DO UPDATE SET height = excluded.height, hash = excluded.hash, next = excluded.next`,
    )
    this.#writeKeys = createKeyWriter(database)
    this.#writeSums = createSumWriter(database)
    this.#addBuyers = createBuyers(database, leaves)
    this.#writeRefusals = createRefusalWriter(database)
  }

  begin(): HistoryBegin | undefined {
    const first = this.#parts.segments.oldest
    if (first === undefined || first.number === 0) return undefined
    const { sequence, height, time } = first
    return { sequence, height, time }
  }

  async write(batch: Uint8Array | undefined, refusals: readonly KeptRefusal[]): Promise<void> {
    const { database, segments } = this.#parts
    const blocks = batch === undefined ? [] : readBatch(batch)
    const [first] = blocks
    if (first === undefined) return database.transaction(() => this.#writeRefusals(refusals))
    const segment = segments.choose({ sequence: this.#next, height: first.height, time: first.time })
    if (segment !== segments.newest || this.#next - this.#buyers >= buyersBehindMax) await this.followBuyers()
    await this.#writeFiles(blocks, segment)
    const dropped = database.transaction(() => {
      this.#writeRefusals(refusals)
      return this.#writeRows(blocks, segment)
    })
    if (dropped) await this.removeDropped()
  }

  async followBuyers(): Promise<void> {
    const [first, end] = [this.#buyers, this.#next]
    if (first === end) return
    await this.#addBuyers({ first, end })
    this.#buyers = end
  }

  /** Removes the files of what the database has no more. */
  async removeDropped(): Promise<void> {
    const { leaves, segments } = this.#parts
    const { oldest } = segments
    if (oldest === undefined || oldest.number === 0) return
    await dropBodies(leaves, oldest.number)
    await dropLeaves(leaves, oldest.sequence)
  }

  async #writeFiles(blocks: readonly BatchBlock[], segment: Segment): Promise<void> {
    const { options, leaves, mmr } = this.#parts
    const { disk, home } = leaves
    const bytes = concat(blocks.map((block) => block.leaves))
    await writeLeaves(leaves, { first: this.#next, bytes })
    await mmr.append(Array.from({ length: bytes.length / leafBytes }, (_, i) => leafOf(bytes, i)))
    for (const block of blocks) sealBodies(block, options.hashes)
    const bodies = concat(blocks.map((block) => block.bodies))
    await growFile(disk, { path: bodiesPath(home, segment.number), offset: segment.bytes, bytes: bodies })
  }

  /** Whether anything was dropped. */
  #writeRows(blocks: readonly BatchBlock[], segment: Segment): boolean {
    const { options, segments } = this.#parts
    const first = this.#next
    const receipts = blocks.reduce((sum, { count }) => sum + count, 0)
    const keys = { 0: new Keys(receipts), 1: new Keys(receipts), 2: new Keys(receipts * 2) }
    let place = segment.bytes
    for (const block of blocks) {
      const { height, time, blockHash, count, bodies } = block
      this.#insertBlock.run(height, time, blockHash, this.#next, count, segment.number, place)
      gatherKeys(keys, { block, first: this.#next, hashes: options.hashes })
      this.#insertAgents(block)
      this.#next += count
      place += bodies.length
    }
    if (receipts > 0) this.#writeKeys({ segment: segment.number, first, receipts, keys })
    this.#writeSums(blocks)
    segments.grow(segment, place)
    const last = blocks.at(-1)!
    this.#putHead.run(last.height, last.blockHash, this.#next)
    return segments.drop({ sequence: this.#next, time: last.time })
  }

  #insertAgents(block: BatchBlock): void {
    const { createAgent } = this.#parts.options.types
    const { view, leavesAt, count, leaves, time } = block
    for (let i = 0; i < count; i++) {
      const at = leavesAt + i * leafBytes
      if (view.getUint16(at + leafAt.type) !== createAgent || view.getUint16(at + leafAt.code) !== 0) continue
      const leaf = leafOf(leaves, i)
      const account = leaf.subarray(leafAt.reference, leafAt.reference + 20)
      // Every native message begins with the account in whose right it is: here the owner.
      const owner = readBody(bodyAt(block, i)).op.subarray(opAccountAt, opAccountAt + 20)
      this.#insertAgent.run(this.#next + i, account, owner, time, leaf.subarray(leafAt.op, leafAt.op + 32))
    }
  }
}

/** After version, family and type (shapes 1). */
const opAccountAt = 4

function leafOf(leaves: Uint8Array, index: number): Uint8Array {
  return leaves.subarray(index * leafBytes, (index + 1) * leafBytes)
}

type Gathering = { readonly block: BatchBlock; readonly first: number; readonly hashes: Pick<Hashes, 'keccak256'> }

function gatherKeys(keys: BatchKeys['keys'], { block, first, hashes }: Gathering): void {
  const { view, leavesAt, nonceKeysAt, count } = block
  const { operation, nonce, account } = keyKinds
  for (let i = 0; i < count; i++) {
    const at = leavesAt + i * leafBytes
    const sequence = first + i
    const addAccount = (offset: number, role: AccountRole): void =>
      keys[account].add(
        view.getInt32(at + offset),
        ((view.getUint32(at + offset + 4) & ~3) | Number(accountRoles[role])) >>> 0,
        sequence,
      )
    keys[operation].add(view.getInt32(at + leafAt.op), view.getUint32(at + leafAt.op + 4), sequence)
    const flags = view.getUint8(at + leafAt.flags)
    if ((flags & leafFlags.hold) === 0) {
      const key = new Uint8Array(view.buffer, view.byteOffset + nonceKeysAt + i * nonceKeyBytes, nonceKeyBytes)
      const hash = hashes.keccak256(key)
      const hashView = new DataView(hash.buffer, hash.byteOffset, hash.byteLength)
      keys[nonce].add(hashView.getInt32(0), hashView.getUint32(4), sequence)
    }
    if (!isPaid(view, at)) continue
    addAccount(leafAt.account, 'payer')
    addAccount(leafAt.payee, 'payee')
    if ((flags & leafFlags.refund) === 0) continue
    addAccount(leafAt.payer, 'refunder')
    addAccount(leafAt.reference, 'refunded')
  }
}
