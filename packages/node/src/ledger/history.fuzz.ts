// Any bytes as a file of history: who asks for an operation gets it as it was stored, or hears that history is damaged; and lists and
// blocks say that, or come to an end.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fuzzParser, person } from '@turnpike/chain/testing'
import { Malformed } from '@turnpike/chain/wire'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { app, charge, createAgent, drip, genesisAt, givenHome, openNode, signingFor } from '../../testing/givenNode.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { createMachine } from '../machine/createMachine.ts'
import type { Database } from '../machine/Machine.ts'
import { decodeKept } from './decodeKept.ts'
import { HistoryDamaged } from './HistoryDamaged.ts'
import { createHistoryReader } from './historyReader.ts'
import type { HistoryReader, Kept } from './historyReader.ts'
import { databasePath } from './historyThread.ts'
import { storedToJson } from './StoredReceipt.ts'
import type { StoredReceipt } from './StoredReceipt.ts'

const begin = 1_800_057_600_000
const genesis = genesisAt(begin)
const clock = createManualClock(begin)
const signing = signingFor(genesis, () => clock.now())
const machine = { ...(await createMachine({ level: 'error' })), clock }
const [alice, bob] = [person('alice'), person('bob')]
const before = Number.MAX_SAFE_INTEGER

let home = ''
let remove: () => Promise<void>
let database: Database
let reader: HistoryReader
/** What each operation is, by sequence. */
const stored: string[] = []
/** What lists say. */
let lists: readonly unknown[] = []

function describe(kept: StoredReceipt): string {
  return JSON.stringify(storedToJson(kept, { protocol: signing.protocol, isOperator: true }))
}

beforeAll(async () => {
  ;({ home, remove } = await givenHome())
  const node = await openNode({ home, genesis, clock })
  const payments = Array.from({ length: 3 }, (_, i) => charge(signing, { from: alice, to: bob, amount: BigInt(i + 1) }))
  for (const op of [
    drip(signing, alice),
    drip(signing, bob),
    createAgent(signing, { owner: alice, key: person('carol') }).op,
    ...payments,
  ])
    stored.push(describe((await node.ledger.submit(op)).receipt))
  await node.close()
  database = machine.databases.open({ path: databasePath(home), durability: 'normal', readOnly: true })
  reader = createHistoryReader(database, { ...machine, home, leavesPerFile: 1_048_576, names: {} })
  lists = await askLists()
})
afterAll(async () => {
  database.close()
  await remove()
})

/** Whether all that can be asked is answered as it was, with these bytes in a file of history. */
async function judge(file: string, input: Uint8Array): Promise<string> {
  await writeFile(join(home, file), input)
  const answers = new Set<string>()
  for (const [sequence, expected] of stored.entries()) {
    const answer = await reader.bySequence({ sequence }).then((kept) => decodeOrRefuse(kept!), refuse)
    if (answer !== 'damaged') expect(answer).toBe(expected)
    answers.add(answer === 'damaged' ? answer : 'sound')
  }
  for (const [i, answer] of (await askLists()).entries()) if (answer !== 'damaged') expect(answer).toEqual(lists[i])
  return [...answers].toSorted().join(' and ')
}

function askLists(): Promise<readonly unknown[]> {
  return Promise.all([
    reader.blocks({ after: 0, limit: 10 }).catch(refuse),
    reader.recent({ limit: 10, before }).catch(refuse),
    reader.account({ addresses: [alice.address], role: 'any', limit: 10, before }).catch(refuse),
  ])
}

function decodeOrRefuse(kept: Kept): string {
  try {
    return describe(decodeKept({ app, protocol: signing.protocol }, kept))
  } catch (error) {
    return refuse(error)
  }
}

function refuse(error: unknown): 'damaged' {
  if (error instanceof HistoryDamaged || error instanceof Malformed) return 'damaged'
  throw error
}

it.each([
  ['historyLeaves', 'receipts/0000000000'],
  ['historyBodies', 'history/bodies-0000000000'],
  ['historyMmr', 'mmr'],
] as const)('T32 any bytes as a file of history: %s', async (name, file) => {
  const whole = new Uint8Array(await readFile(join(home, file)))
  const outcomes = await fuzzParser({
    name,
    seeds: [whole],
    cost: 10,
    judge: (input) => judge(file, input),
  })
  await writeFile(join(home, file), whole)
  expect(await judge(file, whole)).toBe('sound')
  for (const outcome of ['damaged', 'damaged and sound', 'sound']) expect(outcomes).toContain(outcome)
})
