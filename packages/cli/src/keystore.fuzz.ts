// Any bytes as a keystore: its key and its address, or an error with a code that says which file it was.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fuzzJsonParser } from '@turnpike/chain/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Call } from './command.ts'
import { CliError } from './failure.ts'
import { createKeystore, openKeystore, readKeystoreAddress } from './keystore.ts'

const privateKey = '0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318'
const nobody = { environment: { TURNPIKE_PASSWORD: '' }, flags: {}, stdin: {} } as unknown as Call
/** What a derivation may cost here; how much a file may ask for is tried in keystore.test.ts. */
const costMax = 1_024
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-keystore-fuzz-'))
})
afterAll(() => rm(folder, { recursive: true }))

function costOf(json: unknown): number {
  const { n, r, p } =
    (json as { readonly crypto?: { readonly kdfparams?: { readonly [name: string]: unknown } } } | null)?.crypto
      ?.kdfparams ?? {}
  return Number(n) * Number(r) * Number(p)
}

it('T32 T96 any JSON as a keystore', async () => {
  const file = join(folder, 'sound.json')
  const { account } = await createKeystore({ file, password: '', privateKey })
  const outcomes = await fuzzJsonParser({
    name: 'keystore',
    seeds: [JSON.parse(await readFile(file, 'utf8'))],
    cost: 20,
    errors: [CliError],
    async judge(json) {
      if (costOf(json) > costMax) return 'dear'
      const tried = join(folder, 'tried.json')
      await writeFile(tried, JSON.stringify(json), { mode: 0o600 })
      const opened = await openKeystore(nobody, tried)
      const says = await readKeystoreAddress(tried)
      return `${opened.address === account.address ? 'the key' : 'another key'}, ${says === opened.address ? 'as it says' : 'and says another'}`
    },
  })
  expect(outcomes).toContain('the key, as it says')
})
