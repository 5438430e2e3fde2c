// What the launcher takes for an install that is missing something, on lockfiles and records written to a real folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isStale, readPinnedNode } from './lockfile.mjs'

type Entry = {
  version?: string
  integrity?: string
  optional?: boolean
  os?: string | string[]
  cpu?: string | string[]
}
type Entries = Record<string, Entry>

const LEFT_PAD = { version: '1.0.0', integrity: 'sha512-a' }
const OTHER_PLATFORM = process.platform === 'aix' ? 'sunos' : 'aix'

describe('isStale', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'launcher-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const write = ({ locked, installed }: { locked: Entries; installed?: Entries }): void => {
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: locked }))
    if (installed === undefined) return
    mkdirSync(join(root, 'node_modules'), { recursive: true })
    for (const path of Object.keys(installed)) mkdirSync(join(root, path), { recursive: true })
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }))
  }

  test.each<{ title: string; stale: boolean; locked: Entries; installed?: Entries }>([
    { title: 'no record', stale: true, locked: {} },
    {
      title: 'the same',
      stale: false,
      locked: { 'node_modules/a': LEFT_PAD },
      installed: { 'node_modules/a': LEFT_PAD },
    },
    {
      title: 'something more than the lockfile names',
      stale: false,
      locked: {},
      installed: { 'node_modules/a': LEFT_PAD },
    },
    { title: 'a missing package', stale: true, locked: { 'node_modules/a': LEFT_PAD }, installed: {} },
    {
      title: 'another version',
      stale: true,
      locked: { 'node_modules/a': { ...LEFT_PAD, version: '1.0.1' } },
      installed: { 'node_modules/a': LEFT_PAD },
    },
    {
      title: 'another content',
      stale: true,
      locked: { 'node_modules/a': { ...LEFT_PAD, integrity: 'sha512-b' } },
      installed: { 'node_modules/a': LEFT_PAD },
    },
    {
      title: 'a missing optional package for no platform',
      stale: false,
      locked: { 'node_modules/a': { ...LEFT_PAD, optional: true } },
      installed: {},
    },
    {
      title: 'a missing optional package for another platform',
      stale: false,
      locked: { 'node_modules/a': { ...LEFT_PAD, optional: true, os: [OTHER_PLATFORM] } },
      installed: {},
    },
    {
      title: 'a missing optional package that is not for this platform',
      stale: false,
      locked: { 'node_modules/a': { ...LEFT_PAD, optional: true, os: [`!${process.platform}`] } },
      installed: {},
    },
    {
      title: 'a missing optional package for another processor',
      stale: false,
      locked: { 'node_modules/a': { ...LEFT_PAD, optional: true, os: process.platform, cpu: 'none' } },
      installed: {},
    },
    {
      title: 'a missing optional package for this machine',
      stale: true,
      locked: { 'node_modules/a': { ...LEFT_PAD, optional: true, os: process.platform, cpu: [process.arch] } },
      installed: {},
    },
    { title: 'our own packages', stale: false, locked: { 'packages/chain': { version: '9.0.0' } }, installed: {} },
  ])('$title: $stale', ({ stale, locked, installed }) => {
    write({ locked, ...(installed === undefined ? {} : { installed }) })
    expect(isStale(root)).toBe(stale)
  })

  test('a record whose package was deleted is stale', () => {
    write({ locked: { 'node_modules/a': LEFT_PAD }, installed: { 'node_modules/a': LEFT_PAD } })
    rmSync(join(root, 'node_modules/a'), { recursive: true })
    expect(isStale(root)).toBe(true)
  })

  test('a record that was cut short is stale', () => {
    write({ locked: {}, installed: {} })
    writeFileSync(join(root, 'node_modules/.package-lock.json'), '{ "packages": {')
    expect(isStale(root)).toBe(true)
  })

  test('without a lockfile it says what to do', () => {
    mkdirSync(join(root, 'node_modules'))
    writeFileSync(join(root, 'node_modules/.package-lock.json'), '{ "packages": {} }')
    expect(() => isStale(root)).toThrow('restore it from git')
  })

  test('a lockfile that pins no Node pins none', () => {
    write({ locked: {} })
    expect(readPinnedNode(root)).toBeUndefined()
  })
})
