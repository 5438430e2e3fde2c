// The real disk: files through the libuv pool, so the event loop never waits for one.
import { constants, write as writeAt } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Disk, DurableFile } from './Machine.ts'

const MODE_FILE = 0o600
const MODE_DIRECTORY = 0o700
/** New files are filled in slices, each durable by itself, so that a write of the block log never queues behind 64 MiB. */
const FILL_SLICE_BYTES = 1_048_576

/** Where the system has it, one call writes and syncs; on macOS only fdatasync reaches the platter (F_FULLFSYNC in libuv). */
const writesAreDurable = process.platform === 'linux'
const durableFlag = writesAreDurable ? constants.O_DSYNC : 0

/** The files of this machine. */
export function createDisk(): Disk {
  return {
    open: async (path) => createDurableFile(await open(path, constants.O_RDWR | durableFlag)),
    createFilled,
    writeFileAtomic,
    read,
    findBytes: (path) => stat(path).then(({ size }) => size, absentAs(undefined)),
    list: (directory) => readdir(directory).then((names) => names.toSorted(), absentAs([])),
    rename: ({ from, to }) => rename(from, to),
    remove: (path) => rm(path, { force: true }),
    createDirectory,
    syncDirectory,
    getFreeBytes: (path) => statfs(path).then(({ bavail, bsize }) => bavail * bsize),
  }
}

function createDurableFile(handle: FileHandle): DurableFile {
  return {
    async write(bytes, offset) {
      await writeAll({ handle, bytes, offset })
      if (!writesAreDurable) await handle.datasync()
    },
    close: () => handle.close(),
  }
}

type Write = { readonly handle: FileHandle; readonly bytes: Uint8Array; readonly offset: number }

/** Writes everything; a system call may stop short, for instance at a signal. */
async function writeAll({ handle, bytes, offset }: Write): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const written = await writeOnce({ handle, bytes: done === 0 ? bytes : bytes.subarray(done), offset: offset + done })
    if (written === 0) throw new Error('The disk accepted no more bytes and reported no error.')
    done += written
  }
}

/** One system call on the pool. The callback form costs about half of the promise form. */
function writeOnce({ handle, bytes, offset }: Write): Promise<number> {
  return new Promise((resolve, reject) => {
    writeAt(handle.fd, bytes, 0, bytes.length, offset, (error, written) => {
      if (error === null) resolve(written)
      else reject(error)
    })
  })
}

/** Temporary names end in `.tmp` and are this process's alone, since the directory is locked. */
async function createFilled(options: { path: string; bytes: number; head: Uint8Array }): Promise<void> {
  const temporary = `${options.path}.tmp`
  const handle = await open(
    temporary,
    constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | durableFlag,
    MODE_FILE,
  )
  try {
    const zeros = new Uint8Array(FILL_SLICE_BYTES)
    for (let offset = 0; offset < options.bytes; offset += zeros.length) {
      await writeAll({ handle, bytes: zeros.subarray(0, options.bytes - offset), offset })
    }
    await writeAll({ handle, bytes: options.head, offset: 0 })
    await handle.sync()
  } catch (error) {
    await rm(temporary, { force: true }) // A full disk has no room for what is left of it.
    throw error
  } finally {
    await handle.close()
  }
  await rename(temporary, options.path)
  await syncDirectory(dirname(options.path))
}

async function writeFileAtomic(options: { path: string; bytes: Uint8Array; mode: number }): Promise<void> {
  const temporary = `${options.path}.tmp`
  const handle = await open(temporary, 'w', options.mode)
  try {
    await handle.chmod(options.mode) // The mode of `open` is narrowed by the umask and ignored for a left-over file.
    await writeAll({ handle, bytes: options.bytes, offset: 0 })
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, options.path)
  await syncDirectory(dirname(options.path))
}

async function read(path: string, range?: { offset: number; bytes: number }): Promise<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const offset = range?.offset ?? 0
    const { size } = await handle.stat()
    // Memory of its own, zeroed and not from a pool: the caller may keep it or hand it to a thread.
    const bytes = new Uint8Array(Math.max(0, Math.min(range?.bytes ?? size, size - offset)))
    let done = 0
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, offset + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return done === bytes.length ? bytes : bytes.slice(0, done)
  } finally {
    await handle.close()
  }
}

async function createDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: MODE_DIRECTORY })
  if (first === undefined) return
  // Each new directory is an entry in its parent, down from the first one created.
  for (let created = path; ; created = dirname(created)) {
    await syncDirectory(dirname(created))
    if (created === first || created === dirname(created)) return
  }
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return // Windows neither needs nor allows it.
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Turns "there is no such file" into a value and leaves every other error as it is. */
function absentAs<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    // Below a file, and under a name that no file can have, there is none.
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code ?? '')) return value
    throw error
  }
}
