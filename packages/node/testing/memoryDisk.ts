// A disk in memory that dies at a chosen call: of a write that was under way, some sectors arrive and others don't.
import type { Disk, DurableFile } from '../src/machine/Machine.ts'

const sectorBytes = 512

/** When a disk dies, and which sectors of the last write still arrive. */
export type Death = { readonly atCall: number; readonly arrives: (sector: number) => boolean }

/** What survived, and how many calls that change something were made. */
export type MemoryDisk = Disk & { readonly files: ReadonlyMap<string, Uint8Array>; calls(): number; isDead(): boolean }

const never = new Promise<never>(() => undefined)

/** A disk that holds these files; without a death it lasts. */
export function createMemoryDisk(from: ReadonlyMap<string, Uint8Array>, death?: Death): MemoryDisk {
  const files = new Map<string, Uint8Array>([...from].map(([path, bytes]) => [path, bytes.slice()]))
  let calls = 0
  let dead = false
  /** Runs a change, unless the power fails in it: then it happens in part, and nothing is ever answered again. */
  const change = (whole: () => void, torn: () => void = () => undefined): Promise<void> => {
    if (dead) return never
    calls += 1
    dead = calls === death?.atCall
    if (!dead) whole()
    else torn()
    return dead ? never : Promise.resolve()
  }
  const get = (path: string): Uint8Array => {
    const bytes = files.get(path)
    if (bytes === undefined) throw Object.assign(new Error(`There is no ${path}.`), { code: 'ENOENT' })
    return bytes
  }
  /** A write beyond the end makes the file longer. */
  const put = (path: string, bytes: Uint8Array, offset: number): void => {
    const old = get(path)
    if (offset + bytes.length > old.length) {
      const longer = new Uint8Array(offset + bytes.length)
      longer.set(old)
      files.set(path, longer)
    }
    get(path).set(bytes, offset)
  }
  const write = (path: string, bytes: Uint8Array, offset: number): Promise<void> =>
    change(
      () => put(path, bytes, offset),
      () => {
        for (let at = 0; at < bytes.length; at += sectorBytes)
          if (death?.arrives(at / sectorBytes) === true) put(path, bytes.subarray(at, at + sectorBytes), offset + at)
      },
    )
  return {
    files,
    calls: () => calls,
    isDead: () => dead,
    open: async (path) => fileAt(path, write),
    createFilled: ({ path, bytes, head }) =>
      change(() => {
        const filled = new Uint8Array(bytes)
        filled.set(head)
        files.set(path, filled)
      }),
    writeFileAtomic: ({ path, bytes }) => change(() => void files.set(path, bytes.slice())),
    read: async (path, range) => get(path).slice(range?.offset ?? 0, range && range.offset + range.bytes),
    findBytes: async (path) => files.get(path)?.length,
    list: async (directory) => namesIn(files, directory),
    rename: ({ from: old, to }) =>
      change(() => {
        files.set(to, get(old))
        files.delete(old)
      }),
    remove: (path) => change(() => void files.delete(path)),
    createDirectory: async () => undefined,
    syncDirectory: () => change(() => undefined),
    getFreeBytes: async () => 2 ** 40,
  }
}

function fileAt(path: string, write: (path: string, bytes: Uint8Array, offset: number) => Promise<void>): DurableFile {
  return { write: (bytes, offset) => write(path, bytes, offset), close: async () => undefined }
}

function namesIn(files: ReadonlyMap<string, Uint8Array>, directory: string): readonly string[] {
  const prefix = `${directory}/`
  return [...files.keys()]
    .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
    .map((path) => path.slice(prefix.length))
    .toSorted()
}
