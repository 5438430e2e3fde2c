// A disk that loses what a power failure may take: calls under way happen whole, not at all or in part (sectors in any order, the
// last one torn at any byte), and names that were changed are lost unless their directory was synced. Calls fail on demand, with any
// part of their bytes on the platter, and space runs out.
import { posix } from 'node:path'
import type { Disk, DurableFile } from '@turnpike/node'
import type { Random } from '../random.ts'
import type { Schedule } from './schedule.ts'

const sectorBytes = 512

/** The content of a file; names lead to it. */
type Inode = { bytes: Uint8Array }

/** A change of names that its directory does not hold durably yet. */
type Renaming = { readonly directories: readonly string[]; readonly apply: (names: Map<string, Inode>) => void }

/** What a disk holds with the power off. */
export type Platter = { readonly names: ReadonlyMap<string, Inode>; readonly directories: ReadonlySet<string> }

/** Files of databases, which lie on a real disk; this one shows their names and removes them. */
export type ForeignFiles = {
  list(directory: string): readonly string[]
  findBytes(path: string): number | undefined
  remove(path: string): boolean
}

/** What goes wrong with a call. */
export type DiskError = 'EIO' | 'ENOSPC'

export type SimulatedDisk = Disk & {
  /** Changing calls made so far. */
  readonly calls: number
  /** Changing calls that are under way. */
  underWay(): readonly string[]
  /** Bytes that are left. */
  room: number
  /** The next changing calls fail with it. */
  failNext(error: DiskError, calls?: number): void
  /** What is left after the power has failed now. */
  lose(): Platter
  /** What is left when the process alone ends: names are kept, calls under way happen in part. */
  abandon(): Platter
  /** The bytes of a file as they are now, for those who look from outside. */
  peek(path: string): Uint8Array | undefined
  /** Somebody deletes a file or a directory while no node runs. */
  wipe(path: string): void
  /** The names in a directory, as they are now. */
  peekNames(directory: string): readonly string[]
}

/**
 * How a disk may betray the node, which nothing could survive: zeros that were written never arrive, so that what a crash tore is not
 * cut off; writes are told to be durable before they are. An audit that does not notice is none.
 */
export type Flaw = 'zeros never arrive' | 'writes are told too early'

export type DiskOptions = {
  readonly schedule: Schedule
  readonly random: Random
  readonly from: Platter
  readonly room: number
  /** Files outside the data directory, such as the genesis document of the package. */
  readonly outside: (path: string) => Uint8Array | undefined
  readonly foreign: ForeignFiles
  readonly flaw?: Flaw | undefined
}

/** An empty disk. */
export const blank: Platter = { names: new Map(), directories: new Set() }

/** A disk with what an earlier one has left. */
export function createDisk(options: DiskOptions): SimulatedDisk {
  return new ModelDisk(options)
}

/** A call under way: what it does in the end, and what is on the platter if it never ends. */
type Call = { readonly label: string; readonly whole: () => void; readonly part: () => void }

class ModelDisk implements SimulatedDisk {
  calls = 0
  room: number
  readonly #schedule: Schedule
  readonly #random: Random
  readonly #outside: DiskOptions['outside']
  readonly #foreign: ForeignFiles
  readonly #flaw: Flaw | undefined
  readonly #names: Map<string, Inode>
  readonly #durable: Map<string, Inode>
  readonly #directories: Set<string>
  readonly #renamings = new Set<Renaming>()
  readonly #underWay = new Set<Call>()
  #failing: { readonly error: DiskError; left: number } | undefined

  constructor({ schedule, random, from, room, outside, foreign, flaw }: DiskOptions) {
    this.#schedule = schedule
    this.#random = random
    this.#outside = outside
    this.#foreign = foreign
    this.#flaw = flaw
    this.room = room
    this.#names = new Map([...from.names].map(([path, { bytes }]) => [path, { bytes: bytes.slice() }]))
    this.#durable = new Map(this.#names)
    this.#directories = new Set(from.directories)
  }

  underWay(): readonly string[] {
    return [...this.#underWay].map(({ label }) => label)
  }

  failNext(error: DiskError, calls = 1): void {
    this.#failing = { error, left: calls }
  }

  lose(): Platter {
    this.#endCalls()
    for (const renaming of this.#renamings) if (this.#random.percent(50)) renaming.apply(this.#durable)
    return { names: this.#durable, directories: this.#directories }
  }

  abandon(): Platter {
    this.#endCalls()
    return { names: this.#names, directories: this.#directories }
  }

  peek(path: string): Uint8Array | undefined {
    return this.#names.get(path)?.bytes
  }

  peekNames(directory: string): readonly string[] {
    const prefix = `${directory}/`
    const paths = [...this.#names.keys(), ...this.#directories].filter((path) => path.startsWith(prefix))
    const names = paths.map((path) => path.slice(prefix.length).split('/')[0]!)
    return [...new Set([...names, ...this.#foreign.list(directory)])].toSorted()
  }

  wipe(path: string): void {
    for (const name of this.peekNames(path)) this.wipe(`${path}/${name}`)
    this.#foreign.remove(path)
    for (const names of [this.#names, this.#durable]) names.delete(path)
    this.#directories.delete(path)
  }

  async open(path: string): Promise<DurableFile> {
    await this.#ask('open', path)
    const inode = this.#get(path)
    return {
      write: (bytes, offset) => this.#write({ path, inode, bytes, offset }),
      close: () => this.#ask('close', path),
    }
  }

  createFilled({ path, bytes, head }: { path: string; bytes: number; head: Uint8Array }): Promise<void> {
    const filled = new Uint8Array(bytes)
    filled.set(head)
    return this.#replace('create filled', path, filled)
  }

  writeFileAtomic({ path, bytes }: { path: string; bytes: Uint8Array; mode: number }): Promise<void> {
    return this.#replace('write atomically', path, bytes.slice())
  }

  async read(path: string, range?: { readonly offset: number; readonly bytes: number }): Promise<Uint8Array> {
    await this.#ask('read', path)
    const bytes = this.#outside(path) ?? this.#get(path).bytes
    return bytes.slice(range?.offset ?? 0, range && range.offset + range.bytes)
  }

  async findBytes(path: string): Promise<number | undefined> {
    await this.#ask('stat', path)
    return this.#names.get(path)?.bytes.length ?? this.#foreign.findBytes(path)
  }

  async list(directory: string): Promise<readonly string[]> {
    await this.#ask('list', directory)
    return this.peekNames(directory)
  }

  rename({ from, to }: { readonly from: string; readonly to: string }): Promise<void> {
    const directories = [posix.dirname(from), posix.dirname(to)]
    return this.#change({ what: 'rename', path: to }, () => {
      const inode = this.#get(from)
      this.#rename(directories, (names) => {
        names.delete(from)
        names.set(to, inode)
      })
    })
  }

  remove(path: string): Promise<void> {
    return this.#change({ what: 'remove', path }, () => {
      if (this.#foreign.remove(path)) return
      this.room += this.#names.get(path)?.bytes.length ?? 0
      this.#rename([posix.dirname(path)], (names) => void names.delete(path))
    })
  }

  createDirectory(path: string): Promise<void> {
    return this.#change({ what: 'create directory', path }, () => {
      for (let at = path; at !== '/' && at !== '.'; at = posix.dirname(at)) this.#directories.add(at)
    })
  }

  syncDirectory(path: string): Promise<void> {
    return this.#change({ what: 'sync directory', path }, () => this.#sync(path))
  }

  async getFreeBytes(path: string): Promise<number> {
    await this.#ask('free bytes', path)
    return this.room
  }

  #get(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw Object.assign(new Error(`There is no ${path}.`), { code: 'ENOENT' })
    return inode
  }

  #rename(directories: readonly string[], apply: Renaming['apply']): void {
    apply(this.#names)
    this.#renamings.add({ directories, apply })
  }

  #sync(directory: string): void {
    for (const renaming of this.#renamings) {
      if (!renaming.directories.includes(directory)) continue
      renaming.apply(this.#durable)
      this.#renamings.delete(renaming)
    }
  }

  #write(writing: Writing): Promise<void> {
    const { path, inode, bytes, offset } = writing
    const sent = bytes.slice()
    if (this.#flaw === 'zeros never arrive' && sent.every((byte) => byte === 0)) return Promise.resolve()
    const put = (from: number, to: number): void => {
      if (offset + to > inode.bytes.length) {
        const longer = new Uint8Array(offset + to)
        longer.set(inode.bytes)
        inode.bytes = longer
      }
      inode.bytes.set(sent.subarray(from, to), offset + from)
    }
    const written = this.#change(
      { what: 'write', path },
      () => {
        if (Buffer.compare(sent, bytes) !== 0) throw new Error(`The bytes for ${path} were changed on their way.`)
        put(0, sent.length)
      },
      () => this.#tear(writing, put),
    )
    return this.#flaw === 'writes are told too early' ? Promise.resolve() : written
  }

  /** Which bytes of a write arrive: the first few, or any sectors of the disk, few or most; and some bytes of one that does not. */
  #tear({ offset, bytes: { length } }: Writing, put: (from: number, to: number) => void): void {
    const way = this.#random.int(3)
    if (way === 0) return put(0, this.#random.int(length + 1))
    const arriving = way === 1 ? 50 : 80
    for (let at = -(offset % sectorBytes); at < length; at += sectorBytes) {
      if (this.#random.percent(arriving)) put(Math.max(0, at), Math.min(length, at + sectorBytes))
    }
    const at = this.#random.int(length + 1)
    put(at, Math.min(length, at + this.#random.int(sectorBytes)))
  }

  /** Temporary file, sync, rename, sync of the directory, as one call: the old bytes or the new ones, and perhaps what it left. */
  #replace(what: string, path: string, bytes: Uint8Array): Promise<void> {
    const become = (): void => {
      const inode = { bytes }
      this.room += (this.#names.get(path)?.bytes.length ?? 0) - bytes.length
      this.#rename([posix.dirname(path)], (names) => void names.set(path, inode))
      this.#sync(posix.dirname(path))
    }
    const leave = (): void => {
      if (this.#random.percent(30)) return become()
      if (this.#random.percent(50)) return
      const left = { bytes: bytes.slice(0, this.#random.int(bytes.length + 1)) }
      for (const names of [this.#names, this.#durable]) names.set(`${path}.tmp`, left)
    }
    return this.#change({ what, path, bytes: bytes.length }, become, leave)
  }

  /** A call that changes something: it waits for its turn, and may fail or never end. */
  #change({ what, path, bytes = 0 }: Changing, whole: () => void, part: () => void = () => undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.calls += 1
    const label = `disk: ${what} ${kindOf(path)}`
    const call = { label, whole, part }
    this.#underWay.add(call)
    const run = (): void => {
      this.#underWay.delete(call)
      const error = this.#failure() ?? (bytes > this.room ? 'ENOSPC' : undefined)
      if (error !== undefined) {
        part()
        return reject(Object.assign(new Error(`${error}: ${what} ${path}`), { code: error }))
      }
      try {
        whole()
        resolve()
      } catch (problem) {
        reject(problem)
      }
    }
    this.#schedule.post({ channel: `disk ${path}`, label, run })
    return promise
  }

  #failure(): DiskError | undefined {
    if (this.#failing === undefined || this.#failing.left === 0) return undefined
    this.#failing.left -= 1
    return this.#failing.error
  }

  /** A call that changes nothing. */
  #ask(what: string, path: string): Promise<void> {
    return new Promise((resolve) => {
      this.#schedule.post({ channel: `disk ${path}`, label: `disk: ${what} ${kindOf(path)}`, run: resolve })
    })
  }

  /** What becomes of calls that were under way when nothing goes on. */
  #endCalls(): void {
    for (const { whole, part } of this.#underWay) {
      const way = this.#random.int(4)
      if (way === 0) whole()
      if (way > 1) part()
    }
    this.#underWay.clear()
  }
}

type Writing = {
  readonly path: string
  readonly inode: Inode
  readonly bytes: Uint8Array
  readonly offset: number
}

type Changing = { readonly what: string; readonly path: string; readonly bytes?: number }

/** A path without what differs from run to run. */
function kindOf(path: string): string {
  const end = path.split('/').slice(-2).join('/')
  return end.replaceAll(/0x[0-9a-f]+|[0-9]+/g, 'N')
}
