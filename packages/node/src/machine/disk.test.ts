// The real disk on real files.
import { mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDisk } from './disk.ts'

const disk = createDisk()
let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'disk-'))
})
afterEach(() => rm(home, { recursive: true }))

describe('durable files', () => {
  it('are filled with zeros on the disk, not with holes, and appear under their name only when whole', async () => {
    const path = join(home, 'segment')
    await disk.createFilled({ path, bytes: 2_500_000, head: Uint8Array.of(1, 2, 3) })
    const bytes = await readFile(path)
    expect([...bytes.subarray(0, 4)]).toEqual([1, 2, 3, 0])
    expect(bytes.length).toBe(2_500_000)
    expect(bytes.subarray(3).every((byte) => byte === 0)).toBe(true)
    expect((await stat(path)).blocks * 512).toBeGreaterThanOrEqual(2_500_000)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await disk.list(home)).toEqual(['segment'])
  })

  it('write at an offset without changing their length', async () => {
    const path = join(home, 'segment')
    await disk.createFilled({ path, bytes: 1_000, head: new Uint8Array() })
    const file = await disk.open(path)
    await file.write(Uint8Array.of(7, 8, 9), 500)
    await file.close()
    expect([...(await disk.read(path, { offset: 499, bytes: 5 }))]).toEqual([0, 7, 8, 9, 0])
    expect(await disk.findBytes(path)).toBe(1_000)
  })

  it.runIf(process.platform === 'linux')(
    'T161 are opened so that every write is synced by the system itself (O_DSYNC)',
    async () => {
      const path = join(home, 'segment')
      await disk.createFilled({ path, bytes: 1_000, head: new Uint8Array() })
      const file = await disk.open(path)
      expect((await flagsOf(path)) & 0o10000).toBe(0o10000)
      await file.close()
    },
  )

  it('are never created by opening', async () => {
    await expect(disk.open(join(home, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('T161 reject a write that the system refuses', async () => {
    const path = join(home, 'segment')
    await disk.createFilled({ path, bytes: 10, head: new Uint8Array() })
    const file = await disk.open(path)
    await file.close()
    await expect(file.write(Uint8Array.of(1), 0)).rejects.toThrow(/bad file descriptor|EBADF|Expected|fd/i)
  })
})

/** The flags that this process has a file open with. */
async function flagsOf(path: string): Promise<number> {
  for (const fd of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '')
    if (target !== path) continue
    const info = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8')
    return Number.parseInt(info.match(/flags:\s*([0-7]+)/)?.[1] ?? '', 8)
  }
  throw new Error(`${path} is not open.`)
}

describe('files', () => {
  it('are replaced as a whole, with exactly the mode asked for', async () => {
    const path = join(home, 'operator.token')
    const before = process.umask(0o077)
    await disk.writeFileAtomic({ path, bytes: Uint8Array.of(1), mode: 0o640 }).finally(() => process.umask(before))
    await disk.writeFileAtomic({ path, bytes: Uint8Array.of(2, 3), mode: 0o600 })
    expect([...(await disk.read(path))]).toEqual([2, 3])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await disk.list(home)).toEqual(['operator.token'])
  })

  it('are read in ranges that end where the file ends', async () => {
    const path = join(home, 'file')
    await writeFile(path, Uint8Array.of(1, 2, 3, 4))
    expect([...(await disk.read(path, { offset: 1, bytes: 2 }))]).toEqual([2, 3])
    expect([...(await disk.read(path, { offset: 3, bytes: 100 }))]).toEqual([4])
    expect([...(await disk.read(path, { offset: 9, bytes: 1 }))]).toEqual([])
    const bytes = await disk.read(path)
    expect(bytes.buffer.byteLength).toBe(4)
  })

  it('are listed in order, renamed and removed; what is missing is said, not thrown', async () => {
    for (const name of ['b', 'a', 'c']) await writeFile(join(home, name), name)
    await disk.rename({ from: join(home, 'c'), to: join(home, 'd') })
    await disk.remove(join(home, 'a'))
    await disk.remove(join(home, 'a'))
    await disk.syncDirectory(home)
    expect(await disk.list(home)).toEqual(['b', 'd'])
    expect(await disk.list(join(home, 'nowhere'))).toEqual([])
    expect(await disk.findBytes(join(home, 'nowhere'))).toBeUndefined()
    await expect(disk.read(join(home, 'nowhere'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('lie in directories that are made with their parents, for their owner alone', async () => {
    const path = join(home, 'one', 'two', 'three')
    await disk.createDirectory(path)
    await disk.createDirectory(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  it('know how much room is left', async () => {
    expect(await disk.getFreeBytes(home)).toBeGreaterThan(0)
  })
})
