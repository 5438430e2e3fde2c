// Rings of refusals: bounded per account and in number, so that nobody fills the disk by being refused.
import { person } from '@turnpike/chain/testing'
import type { Address } from '@turnpike/chain/wire'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDatabases } from '../machine/database.ts'
import type { Database } from '../machine/Machine.ts'
import type { KeptRefusal } from './refusals.ts'
import { createRefusalWriter, createRingReader, ringSize, ringsMax } from './refusalRings.ts'
import { openHistoryDatabase } from './schema.ts'

let database: Database
beforeEach(() => {
  database = openHistoryDatabase(createDatabases(), { path: ':memory:', genesis: 'test' })!
})
afterEach(() => database.close())

const payee = person('bob').address
const addressOf = (index: number): Address.Address => `0x${index.toString(16).padStart(40, '0')}` as Address.Address
const refusal = (account: Address.Address, time: number): KeptRefusal => ({
  account,
  payee,
  time,
  class: 'policy',
  code: 'policy/cap_window',
  message: 'Too much.',
  hint: 'Wait.',
  retry: 'later',
  values: { capId: 'hour' },
})
const counted = (role: string): number =>
  Number(database.prepare('SELECT COUNT(*) AS count FROM refusals WHERE role = ?').find(role)?.['count'])

it('T156 keeps the last hundred of an account and of a payee', () => {
  const write = createRefusalWriter(database)
  const alice = addressOf(1)
  write(Array.from({ length: ringSize }, (_, i) => refusal(alice, i)))
  expect(counted('account')).toBe(ringSize)
  write([refusal(alice, ringSize)])
  expect(counted('account')).toBe(ringSize)
  const read = createRingReader(database)
  const kept = read({ role: 'account', address: alice, limit: ringSize })
  expect(kept.map(({ time }) => time)).toEqual(Array.from({ length: ringSize }, (_, i) => ringSize - i))
  expect(kept[0]).toEqual(refusal(alice, ringSize))
  expect(read({ role: 'payee', address: payee, limit: 1_000 })).toEqual(kept)
})

it('T156 keeps so many accounts, and drops the one that was refused longest ago', () => {
  createRefusalWriter(database)(Array.from({ length: ringsMax }, (_, i) => refusal(addressOf(i), i)))
  // Another run: what it has to know is in the database. The first account is refused again, so the second is the oldest.
  createRefusalWriter(database)([refusal(addressOf(0), ringsMax), refusal(addressOf(ringsMax), ringsMax + 1)])
  const read = createRingReader(database)
  const timesOf = (index: number): readonly number[] =>
    read({ role: 'account', address: addressOf(index), limit: 10 }).map(({ time }) => time)
  expect([0, 1, 2, ringsMax].map(timesOf)).toEqual([[ringsMax, 0], [], [2], [ringsMax + 1]])
  expect(counted('account')).toBe(ringsMax + 1)
})
