// Keystores: what every wallet reads, what only their owner reads, and what is none.
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Keystore from 'ox/Keystore'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Call } from './command.ts'
import { createKeystore, isKeystoreName, openKeystore, readKeystoreAddress } from './keystore.ts'
import { call, callJson } from './surroundings.fixture.ts'

const privateKey = '0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318'
const address = privateKeyToAccount(privateKey).address.toLowerCase()
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-keys-'))
})

afterAll(async () => rm(folder, { recursive: true }))

const withPassword = (password?: string): Call =>
  ({ environment: { TURNPIKE_PASSWORD: password }, flags: {}, stdin: {} }) as unknown as Call
let files = 0
const newFile = (): string => join(folder, `${files++}.json`)

describe('keystores', () => {
  it('T96 are files of version 3 with a strong scrypt, which others read and only their owner may', async () => {
    const file = newFile()
    await createKeystore({ file, password: 'pässword', privateKey })
    const keystore = JSON.parse(await readFile(file, 'utf8')) as Keystore.Keystore
    expect(keystore).toMatchObject({
      version: 3,
      crypto: { kdf: 'scrypt', cipher: 'aes-128-ctr', kdfparams: { n: 262_144, r: 8, p: 1 } },
    })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readFile(file, 'utf8')).not.toContain(privateKey.slice(2))
    // The library's own derivation, which is not ours, opens it.
    const key = Keystore.toKey(keystore, { password: 'pässword' })
    expect(Keystore.decrypt(keystore, key)).toBe(privateKey)
    expect((await openKeystore(withPassword('pässword'), file)).address).toBe(address)
    expect(await readKeystoreAddress(file)).toBe(address)
  })

  it('are opened when another program made them', async () => {
    const file = newFile()
    const [key, options] = Keystore.scrypt({ password: 'theirs', n: 1_024 })
    await writeFile(file, JSON.stringify(Keystore.encrypt(privateKey, key, options)), { mode: 0o600 })
    expect((await openKeystore(withPassword('theirs'), file)).address).toBe(address)
    await expect(readKeystoreAddress(file)).rejects.toMatchObject({ code: 'keystore/no_address' })
  })

  it('are not opened by a wrong password or none, and say nothing of the key', async () => {
    const file = newFile()
    const [key, options] = Keystore.scrypt({ password: 'right', n: 1_024 })
    await writeFile(file, JSON.stringify(Keystore.encrypt(privateKey, key, options)), { mode: 0o600 })
    const wrong = openKeystore(withPassword('wrong'), file)
    await expect(wrong).rejects.toMatchObject({ code: 'keystore/wrong_password' })
    await expect(wrong).rejects.not.toThrow(privateKey.slice(2, 20))
    await expect(openKeystore(withPassword(), file)).rejects.toMatchObject({ code: 'keystore/password_needed' })
  })

  it.skipIf(process.platform === 'win32').each([0o600, 0o400, 0o700, 0o640, 0o604, 0o660, 0o644, 0o777, 0o610])(
    'T96 with mode %o are used only when nobody else has a right',
    async (mode) => {
      const file = newFile()
      await createKeystore({ file, password: '', privateKey })
      await chmod(file, mode)
      const opened = openKeystore(withPassword(), file)
      if ((mode & 0o077) === 0) expect((await opened).address).toBe(address)
      else
        await expect(opened).rejects.toMatchObject({
          code: 'keystore/readable_by_others',
          hint: expect.stringContaining('chmod 600') as string,
        })
    },
  )

  it('are never overwritten', async () => {
    const file = newFile()
    await createKeystore({ file, password: '', privateKey })
    const before = await readFile(file, 'utf8')
    await expect(createKeystore({ file, password: '' })).rejects.toMatchObject({ code: 'keystore/exists' })
    expect(await readFile(file, 'utf8')).toBe(before)
  })

  it.each([
    ['no JSON', 'x'],
    ['another version', '{"version":4}'],
    ['another derivation', '{"version":3,"crypto":{"kdf":"pbkdf2","kdfparams":{}}}'],
    [
      'a derivation that takes all memory',
      '{"version":3,"crypto":{"kdf":"scrypt","kdfparams":{"n":1073741824,"r":8,"p":1,"dklen":32,"salt":"00"}}}',
    ],
    ['an endless file', ' '.repeat(70_000)],
  ])('that hold %s are none', async (_, text) => {
    const file = newFile()
    await writeFile(file, text, { mode: 0o600 })
    await expect(openKeystore(withPassword('x'), file)).rejects.toMatchObject({ code: 'keystore/malformed' })
  })

  it('have names that stay in their folder', () => {
    expect(['a', 'owner', 'demo-1', 'a.b_c'].every(isKeystoreName)).toBe(true)
    expect(['', '.', '..', '.a', 'a/b', '../a', 'a b', '-a', 'a'.repeat(65)].some(isKeystoreName)).toBe(false)
  })
})

describe('wallet create', () => {
  it('keeps a key under a name, lists it, and does not replace it', async () => {
    const home = join(folder, 'home')
    const environment = { TURNPIKE_HOME: home }
    const made = await callJson(['wallet', 'create', 'mine', '--no-password'], environment)
    expect(made).toMatchObject({ exitCode: 0, json: { name: 'mine', keystore: join(home, 'keys', 'mine.json') } })
    const listed = await callJson(['wallet', 'show'], environment)
    expect(listed.json['wallets']).toEqual([made.json])
    expect(await callJson(['wallet', 'create', 'mine', '--no-password'], environment)).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'keystore/exists' } },
    })
  })

  it('needs a password from somewhere', async () => {
    const { exitCode, stderr } = await call(['wallet', 'create', 'other', '--home', folder])
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('TURNPIKE_PASSWORD') as string,
    })
    expect((await call(['wallet', 'create', '../evil', '--no-password', '--home', folder])).exitCode).toBe(2)
  })
})
