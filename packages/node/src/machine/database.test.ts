// Real databases: what is synced when, and what a transaction keeps.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatabases } from './database.ts'

const databases = createDatabases()
let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'database-'))
})
afterEach(() => rm(home, { recursive: true }))

describe('a database', () => {
  it.each([
    ['full', 2],
    ['normal', 1],
  ] as const)('with durability %s syncs at level %i, also when it is opened again', (durability, level) => {
    const path = join(home, 'some.db')
    for (let i = 0; i < 2; i++) {
      const database = databases.open({ path, durability })
      expect(database.prepare('PRAGMA synchronous').find()).toEqual({ synchronous: level })
      expect(database.prepare('PRAGMA journal_mode').find()).toEqual({ journal_mode: 'wal' })
      database.exec('CREATE TABLE IF NOT EXISTS one (id INTEGER PRIMARY KEY)')
      database.close()
    }
  })

  it('lies in files that its owner alone can read', async () => {
    const database = databases.open({ path: join(home, 'some.db'), durability: 'normal' })
    database.exec('CREATE TABLE one (id INTEGER PRIMARY KEY)')
    const names = await readdir(home)
    expect(names).toContain('some.db-wal')
    for (const name of names) expect([name, (await stat(join(home, name))).mode & 0o777]).toEqual([name, 0o600])
    database.close()
  })

  it('keeps what a transaction wrote, or nothing of it when it throws', () => {
    const database = databases.open({ path: join(home, 'some.db'), durability: 'full' })
    database.exec('CREATE TABLE entry (id INTEGER PRIMARY KEY, value BLOB) STRICT')
    const insert = database.prepare('INSERT INTO entry VALUES (?, ?)')
    expect(database.transaction(() => insert.run(1, Uint8Array.of(1, 2)))).toBe(1)
    const mistake = new Error('a mistake')
    expect(() =>
      database.transaction(() => {
        insert.run(2, null)
        throw mistake
      }),
    ).toThrow(mistake)
    expect(() => database.transaction(() => insert.run(1, null))).toThrow(/UNIQUE/)
    expect(database.prepare('SELECT id FROM entry').all()).toEqual([{ id: 1 }])
    database.close()
    const again = databases.open({ path: join(home, 'some.db'), durability: 'full', readOnly: true })
    expect(again.prepare('SELECT value FROM entry WHERE id = ?').find(1)?.['value']).toEqual(Uint8Array.of(1, 2))
    expect(again.prepare('SELECT value FROM entry WHERE id = ?').find(2)).toBeUndefined()
    expect(() => again.exec('DELETE FROM entry')).toThrow(/readonly/)
    again.close()
  })

  it('reads integers of 64 bits as bigint where that is asked for', () => {
    const database = databases.open({ path: ':memory:', durability: 'full' })
    database.exec('CREATE TABLE entry (id INTEGER PRIMARY KEY) STRICT')
    database.prepare('INSERT INTO entry VALUES (?)').run(2n ** 62n + 1n)
    expect(database.prepare('SELECT id FROM entry', { bigints: true }).find()).toEqual({ id: 2n ** 62n + 1n })
    expect(() => database.prepare('SELECT id FROM entry').find()).toThrow(/too large/)
    database.close()
  })
})
