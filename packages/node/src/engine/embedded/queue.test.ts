// What fits into a block: so many operations, so many bytes, control operations first.
import { person } from '@turnpike/chain/testing'
import { describe, expect, it } from 'vitest'
import { charge, createAgent, freeze, genesisAt, signingFor } from '../../../testing/givenNode.ts'
import { blockBytesMax, blockOpsMax, OpQueue } from './queue.ts'
import type { Waiting } from './queue.ts'

const signing = signingFor(genesisAt(1_800_000_000_000), () => 1_800_000_000_000)
const alice = person('alice')
const ordinary = charge(signing, { from: alice, to: person('bob'), amount: 1n })
const control = freeze(signing, alice, createAgent(signing, { owner: alice, key: person('carol') }).agent)

const unused = (): void => expect.unreachable()
const waiting = (op: Waiting['op'], bytes = op.bytes.length): Waiting => ({
  op: { ...op, bytes: new Uint8Array(bytes) },
  signers: [],
  resolve: unused,
  reject: unused,
})

function fill(queue: OpQueue, count: number, one: () => Waiting): readonly Waiting[] {
  const all = Array.from({ length: count }, one)
  for (const entry of all) queue.push(entry)
  return all
}

describe('a block takes', () => {
  it('at most so many operations, in the order in which they came', () => {
    const queue = new OpQueue()
    const all = fill(queue, blockOpsMax + 1, () => waiting(ordinary))
    expect(queue.takeBlock()).toEqual(all.slice(0, blockOpsMax))
    expect(queue.takeBlock()).toEqual(all.slice(blockOpsMax))
    expect(queue.takeBlock()).toEqual([])
  })

  it('at most so many bytes of operations', () => {
    const queue = new OpQueue()
    const all = fill(queue, 33, () => waiting(ordinary, blockBytesMax / 32))
    expect(queue.takeBlock()).toHaveLength(32)
    expect(queue.takeBlock()).toEqual(all.slice(32))
    fill(queue, 32, () => waiting(ordinary, blockBytesMax / 32 + 1))
    expect(queue.takeBlock()).toHaveLength(31)
    expect(queue.size).toBe(1)
  })

  it('control operations before all others, and only them while more of them wait', () => {
    const queue = new OpQueue()
    const others = fill(queue, 2, () => waiting(ordinary))
    const first = fill(queue, blockOpsMax, () => waiting(control))
    expect(queue.takeBlock()).toEqual(first)
    const late = fill(queue, 1, () => waiting(control))
    expect(queue.takeBlock()).toEqual([...late, ...others])
  })
})
