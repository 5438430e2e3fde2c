// One chain, whatever machine it runs on: every vector comes out the same under other languages and time zones.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const program = `
  import { readFileSync } from 'node:fs'
  import { createVectors } from './scripts/vectors/files.ts'
  const made = [...createVectors()]
  const same = made.filter(([name, content]) => readFileSync('vectors/' + name, 'utf8') === content)
  const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions()
  console.log(JSON.stringify({ language: locale.slice(0, 2), timeZone, same: same.length, of: made.length }))
`

/** What a process in another place makes of the vectors. */
async function vectorsIn(language: string, timeZone: string): Promise<unknown> {
  const args = ['--conditions=@turnpike/source', '--input-type=module', '--eval', program]
  const env = { ...process.env, NODE_OPTIONS: '', LC_ALL: language, LANG: language, TZ: timeZone }
  const { stdout } = await run(process.execPath, args, { cwd: fileURLToPath(new URL('..', import.meta.url)), env })
  return JSON.parse(stdout)
}

test.each([
  { language: 'tr_TR.UTF-8', timeZone: 'Pacific/Kiritimati' },
  { language: 'ar_EG.UTF-8', timeZone: 'America/St_Johns' },
])('T85 every vector is the same in $language at $timeZone', async ({ language, timeZone }) => {
  const { same, of, ...place } = (await vectorsIn(language, timeZone)) as { readonly [name: string]: unknown }
  expect(place).toEqual({ language: language.slice(0, 2), timeZone })
  expect(of).toBeGreaterThan(0)
  expect(same).toBe(of)
})
