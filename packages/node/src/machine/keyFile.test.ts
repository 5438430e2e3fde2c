// Secrets on the real disk.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDisk } from './disk.ts'
import { openKeyFile } from './keyFile.ts'

const disk = createDisk()
let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'keys-'))
})
afterEach(() => rm(home, { recursive: true }))

it('makes a secret once, for its owner alone, and finds it again', async () => {
  const path = join(home, 'operator.token')
  expect(await openKeyFile({ disk, path, create: () => 'first' })).toBe('first')
  expect(await openKeyFile({ disk, path, create: () => 'second' })).toBe('first')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

it('takes a secret that a person put there, with or without a newline', async () => {
  const path = join(home, 'operator.token')
  await writeFile(path, 'mine')
  expect(await openKeyFile({ disk, path, create: undefined })).toBe('mine')
})

it('does not make up a secret that something depends on', async () => {
  const path = join(home, 'operator.key')
  await expect(openKeyFile({ disk, path, create: undefined })).rejects.toMatchObject({ code: 'node/key_missing' })
})
