// Keys at rest: Ethereum V3 keystores, which every wallet reads. Files are 0600, and one that others can read is not used (T96).
import { randomBytes, randomUUID, scrypt, type ScryptOptions } from 'node:crypto'
import { chmod, mkdir, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as Keystore from 'ox/Keystore'
import { Address, Fields } from '@turnpike/chain/wire'
import { generatePrivateKey, privateKeyAccount, type Account } from '@turnpike/sdk'
import type { Call } from './command.ts'
import { CliError, usageError } from './failure.ts'
import { askPassword } from './prompt.ts'

/** scrypt as geth's standard has it: 256 MiB and most of a second for each guess. */
const strong = { n: 262_144, r: 8, p: 1 } as const
/** Without a password there is nothing to derive slowly, and n = 2 says so to every reader of the file. */
const none = { n: 2, r: 8, p: 1 } as const
const keyBytes = 32
/** What a foreign file may make us compute: 1 GiB. */
const derivationBytesMax = 1_073_741_824
const fileBytesMax = 65_536
const othersMask = 0o077

type Kdf = { readonly n: number; readonly r: number; readonly p: number; readonly salt: string }

/** A key with the file that keeps it. */
export type Kept = { readonly account: Account; readonly file: string }

/** Whether a text can be the name of a keystore: a plain file name. */
export function isKeystoreName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(text)
}

function failure(code: string, message: string, hint: string, cause?: unknown): CliError {
  return new CliError({ code: `keystore/${code}`, message, hint, cause })
}

function derive(password: string, { n, r, p, salt }: Kdf): Promise<Buffer> {
  const options: ScryptOptions = { N: n, r, p, maxmem: 128 * r * (n + p + 2) }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), Buffer.from(salt, 'hex'), keyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}

/** A new keystore's password: the variable, or typed twice. @throws CliError `cli/usage` when nobody can be asked */
async function choosePassword(call: Call): Promise<string> {
  if (call.flags['no-password'] === 'true') return ''
  const given = call.environment['TURNPIKE_PASSWORD']
  if (given !== undefined && given !== '') return given
  const first = await askPassword(call, 'Password for the new keystore: ')
  if (first === undefined || first === '') {
    throw usageError(
      'The keystore needs a password.',
      'Set TURNPIKE_PASSWORD, call this on a terminal, or say --no-password for development.',
    )
  }
  if ((await askPassword(call, 'The same again: ')) !== first)
    throw usageError('The two passwords differ.', 'Call the command again.')
  return first
}

/** Writes a file that is whole or not there, and never another's: fails if it exists. */
async function writeNew(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  try {
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await chmod(file, 0o600)
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    if (!isThere) throw failure('unwritable', `${file} can't be written.`, 'Check the folder and its rights.', cause)
    throw failure(
      'exists',
      `There is a keystore ${file} already.`,
      'Choose another name; keys are never overwritten.',
      cause,
    )
  }
}

/**
 * Makes a keystore for a key, or for a fresh one.
 *
 * @throws CliError `keystore/exists`: keys are never overwritten
 */
export async function createKeystore({
  file,
  password,
  privateKey = generatePrivateKey(),
}: {
  readonly file: string
  readonly password: string
  readonly privateKey?: `0x${string}`
}): Promise<Kept> {
  const kdf = { ...(password === '' ? none : strong), salt: randomBytes(keyBytes).toString('hex') }
  const derived = await derive(password, kdf)
  const account = privateKeyAccount(privateKey)
  const options = {
    kdf: 'scrypt',
    kdfparams: { ...kdf, dklen: keyBytes },
    iv: randomBytes(16),
    id: randomUUID(),
  } as const
  const keystore = Keystore.encrypt(privateKey, `0x${derived.toString('hex')}`, options)
  await writeNew(file, `${JSON.stringify({ ...keystore, address: account.address.slice(2) })}\n`)
  return { account, file }
}

/** Makes a keystore with a password of the caller's choice. */
export async function makeKeystore(call: Call, file: string): Promise<Kept> {
  return createKeystore({ file, password: await choosePassword(call) })
}

function malformed(file: string, cause?: unknown): CliError {
  return failure(
    'malformed',
    `${file} is no keystore of version 3 with scrypt.`,
    'Take the file as your wallet exports it (Ethereum V3).',
    cause,
  )
}

async function readFile(file: string): Promise<string> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw failure(
      'not_found',
      `There is no keystore ${file}.`,
      'Make one with turnpike wallet create NAME, or name another with its path.',
      cause,
    )
  })
  try {
    const { mode, size } = await handle.stat()
    if (process.platform !== 'win32' && (mode & othersMask) !== 0) {
      throw failure(
        'readable_by_others',
        `Others can read ${file} (mode ${(mode & 0o777).toString(8)}).`,
        `Take their right away: chmod 600 ${file}. If they may have read it, make a new key.`,
      )
    }
    if (size > fileBytesMax) throw malformed(file)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

const fieldsOf = (value: unknown): Fields.Fields => Fields.find(value) ?? {}

async function readKeystore(file: string): Promise<Fields.Fields> {
  const text = await readFile(file)
  try {
    const keystore = fieldsOf(JSON.parse(text))
    if (keystore['version'] === 3) return keystore
  } catch (cause) {
    throw malformed(file, cause)
  }
  throw malformed(file)
}

function readKdf(keystore: Fields.Fields, file: string): Kdf {
  const crypto = fieldsOf(keystore['crypto'])
  const { n, r, p, salt, dklen } = fieldsOf(crypto['kdfparams'])
  const isWhole = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 0
  const isUsable =
    crypto['kdf'] === 'scrypt' &&
    dklen === keyBytes &&
    isWhole(n) &&
    isWhole(r) &&
    isWhole(p) &&
    typeof salt === 'string'
  if (!isUsable || 128 * n * r * p > derivationBytesMax) throw malformed(file)
  return { n, r, p, salt }
}

/** The address of a keystore, without opening it. @throws CliError `keystore/…` */
export async function readKeystoreAddress(file: string): Promise<Address.Address> {
  const { address } = await readKeystore(file)
  const parsed =
    typeof address === 'string' ? Address.parse(address.startsWith('0x') ? address : `0x${address}`) : undefined
  if (parsed === undefined) throw failure('no_address', `${file} does not say its address.`, 'Name the address itself.')
  return parsed
}

/** Opens a keystore. The password is the variable's, or typed; one that was made without is not asked for. @throws CliError `keystore/…` */
export async function openKeystore(call: Call, file: string): Promise<Account> {
  const keystore = await readKeystore(file)
  const kdf = readKdf(keystore, file)
  const password =
    kdf.n === none.n
      ? ''
      : (call.environment['TURNPIKE_PASSWORD'] ?? (await askPassword(call, `Password for ${basename(file)}: `)))
  if (password === undefined)
    throw failure('password_needed', `${file} has a password.`, 'Set TURNPIKE_PASSWORD, or call this on a terminal.')
  return privateKeyAccount(await decrypt({ keystore, kdf, password, file }))
}

type Locked = { readonly keystore: Fields.Fields; readonly kdf: Kdf; readonly password: string; readonly file: string }

async function decrypt({ keystore, kdf, password, file }: Locked): Promise<string> {
  const derived = await derive(password, kdf)
  try {
    return Keystore.decrypt(keystore as unknown as Keystore.Keystore, `0x${derived.toString('hex')}`)
  } catch (cause) {
    throw failure(
      'wrong_password',
      `The password does not open ${file}.`,
      'Try again; without the password the key is lost.',
      cause,
    )
  }
}

/** A keystore that was made without a password, or a new one: keys of development, kept between starts. */
export async function openOrCreateUnprotected(call: Call, file: string): Promise<Account> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  )
  return isThere ? openKeystore(call, file) : (await createKeystore({ file, password: '' })).account
}

/** Names of the keystores in a folder, in order; none where there is no folder. */
export async function listKeystores(
  folder: string,
): Promise<readonly { readonly name: string; readonly file: string }[]> {
  const files = await readdir(folder).catch(() => [])
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
  return names.toSorted().map((name) => ({ name, file: join(folder, `${name}.json`) }))
}
