// The doctor on real directories: sound ones, damaged ones, and logs that lie with valid checksums.
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { person } from '@turnpike/chain/testing'
import { createState } from '@turnpike/chain'
import type { Op, Signature } from '@turnpike/chain/wire'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { app, charge, drip, genesisAt, givenHome, openEngine, signersOf, signingFor } from '../../testing/givenNode.ts'
import { compress, expand } from '../machine/compression.ts'
import { createMachine } from '../machine/createMachine.ts'
import { acquireLock } from '../machine/lock.ts'
import { createVerifier } from '../signatures/pool.ts'
import { openBlockLog } from './embedded/blockLog.ts'
import type { BlockRecord, LoggedOp } from './embedded/blockLog.ts'
import { readBlockLog } from './embedded/blockLogReader.ts'
import { checkpointName, encodeFrame } from './embedded/checkpointFile.ts'
import { redoName } from './embedded/redoFile.ts'
import { examine } from './doctor.ts'
import type { Examination } from './doctor.ts'
import { openGenesis } from './genesisFile.ts'

const genesis = genesisAt(Date.now() - 1_000)
const signing = signingFor(genesis)
const machine = await createMachine({ level: 'error' })
const verifier = createVerifier({
  threads: machine.threads,
  clock: machine.clock,
  workers: 1,
  onFailure: (error) => {
    throw error
  },
})
const verify = (signatures: readonly Signature[]): ReturnType<typeof verifier.verify> => verifier.verify(signatures)
afterAll(() => verifier.close())
const [alice, bob] = [person('alice'), person('bob')]

let home = ''
let remove: () => Promise<void>
beforeEach(async () => {
  ;({ home, remove } = await givenHome())
  await openGenesis({ disk: machine.disk, home, app, given: genesis })
  const engine = await openEngine({ home, genesis, machine })
  for (const op of [
    drip(signing, alice),
    ...[1n, 2n, 3n].map((amount) => charge(signing, { from: alice, to: bob, amount })),
  ])
    await engine.submit(op, signersOf(op))
  await engine.close()
})
afterEach(() => remove())

const run = (onProgress?: (fraction: number) => void): Promise<Examination> =>
  examine({ home, app, machine, verify, onProgress })

describe('examine', () => {
  it('finds nothing in a sound directory, and changes nothing', async () => {
    const path = join(home, 'log', '00000001.log')
    const before = await readFile(path)
    const progress: number[] = []
    expect(await run((fraction) => void progress.push(fraction))).toEqual({
      ok: true,
      height: 4,
      operations: 4,
      violations: [],
    })
    expect(progress.at(-1)).toBe(1)
    expect(Buffer.compare(before, await readFile(path))).toBe(0)
  })

  it('names the block at which a log is damaged', async () => {
    const path = join(home, 'log', '00000001.log')
    const bytes = await readFile(path)
    bytes[800]! ^= 1
    await writeFile(path, bytes)
    const { ok, violations } = await run()
    expect(ok).toBe(false)
    expect(violations).toMatchObject([{ name: 'engine/log_damaged' }])
  })

  it('T148 finds a signature that its recorded signer did not make, though every checksum holds', async () => {
    // An id is a hash of content and never of signature bytes, so replay, which trusts the record, sees nothing.
    await rewrite((op) => ({
      ...op,
      bytes: op.bytes.with(signatureAt(op.bytes), op.bytes[signatureAt(op.bytes)]! ^ 1),
    }))
    const { ok, height, violations } = await run()
    expect({ ok, height }).toEqual({ ok: false, height: 4 })
    expect(violations).toEqual([
      {
        name: 'engine/signatures',
        finding: expect.stringContaining(`operation 0 of block 4 says ${alice.address} signed`),
      },
    ])
  })

  it('finds a signer that the rules do not accept', async () => {
    await rewrite((op) => ({ ...op, signers: [bob.address] }))
    expect((await run()).violations).toMatchObject([
      { name: 'engine/replay_diverged', finding: expect.stringContaining('accounts/key_not_allowed') },
    ])
  })

  it('T148 compares every checkpoint with the state at its height', async () => {
    const [older, newer] = [await checkpoint(), await checkpoint()]
    expect(await run()).toMatchObject({ ok: true, height: 8, violations: [] })
    const bytes = await readFile(newer)
    const pieces = framesOf(bytes)
    // A balance that is another, all checksums in order: no start would notice.
    const balances = pieces.findIndex((frame) => frame[0] === 2 && frame.length > 100)
    pieces[balances]![pieces[balances]!.length - 1]! ^= 1
    await writeFile(newer, joined(pieces))
    await writeFile(older, (await readFile(older)).subarray(0, 300))
    await writeFile(join(home, checkpointName(90)), bytes)
    const { ok, violations } = await run()
    expect(ok).toBe(false)
    expect(violations).toEqual([
      { name: 'engine/checkpoint', finding: `${checkpointName(6)} is damaged: it ends inside a frame` },
      { name: 'engine/checkpoint', finding: `${checkpointName(8)}: its state is another than comes of the log` },
      { name: 'engine/checkpoint', finding: `${checkpointName(90)} is of a height that was not reached` },
    ])
  })

  it('T148 compares every write set that was kept with that of its block', async () => {
    const engine = await openEngine({ home, genesis, machine, checkpointBytes: 1e9, redoBytes: 500 })
    for (const amount of [4n, 5n, 6n]) await engine.submit(...signed(charge(signing, { from: alice, to: bob, amount })))
    await engine.close()
    const path = join(home, redoName(0))
    const bytes = await readFile(path)
    expect(framesOf(bytes).length).toBeGreaterThan(1)
    expect(await run()).toMatchObject({ ok: true, height: 7, violations: [] })
    // What a crash leaves is no finding.
    await writeFile(path, bytes.subarray(0, -1))
    expect(await run()).toMatchObject({ ok: true })
    // A row that is another, its checksum in order: no start would notice.
    const frames = framesOf(bytes)
    const last = frames.pop()!
    const head = last.subarray(0, last.readUInt16BE(0))
    const writes = expand(last.subarray(head.length), 1e6)!
    writes[writes.length - 1]! ^= 1
    frames.push(Buffer.concat([head, compress(writes)]))
    await writeFile(path, Buffer.concat(frames.map((body) => encodeFrame(body, machine.hashes))))
    expect((await run()).violations).toEqual([
      { name: 'engine/redo', finding: `${redoName(0)}: its write sets up to block 7 are others than come of the log` },
    ])
  })

  it('does not run beside a node, or where there is no chain', async () => {
    const lock = acquireLock(join(home, 'lock.db'))
    await expect(run()).rejects.toMatchObject({ code: 'node/locked' })
    lock.release()
    await expect(examine({ home: join(home, 'nothing'), app, machine, verify })).rejects.toMatchObject({
      code: 'engine/no_genesis',
    })
  })
})

/** Runs the node for two payments and a checkpoint; answers its path. */
async function checkpoint(): Promise<string> {
  const engine = await openEngine({ home, genesis, machine, checkpointBytes: 4_096 })
  for (const amount of [4n, 5n]) await engine.submit(...signed(charge(signing, { from: alice, to: bob, amount })))
  const { height } = engine.state.head
  await engine.close()
  return join(home, checkpointName(height))
}

const signed = (op: Op): [Op, ReturnType<typeof signersOf>] => [op, signersOf(op)]

/** The bodies of a checkpoint's frames. */
function framesOf(bytes: Buffer): Buffer[] {
  const bodies: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 36 + bytes.readUInt32BE(at))
    bodies.push(Buffer.from(bytes.subarray(at + 36, at + 36 + bytes.readUInt32BE(at))))
  return bodies
}

/** A checkpoint of these bodies, every digest made anew; the last one holds the digest of all. */
function joined(bodies: readonly Buffer[]): Buffer {
  const { hashes } = machine
  const digests = bodies.slice(0, -1).map((body) => hashes.sha256(body))
  bodies.at(-1)!.set(hashes.sha256(Buffer.concat(digests)), 32)
  return Buffer.concat(bodies.map((body) => encodeFrame(body, hashes)))
}

/** Where the first signature begins in an operation with one: 65 bytes before the relay's flags. */
const signatureAt = (bytes: Uint8Array): number => bytes.length - 66

/** Writes the log again with another operation in its last block, all checksums in order. */
async function rewrite(change: (op: LoggedOp) => LoggedOp): Promise<void> {
  const state = createState(app, genesis, [0, 0])
  const options = { machine, genesisHash: state.genesis, genesisBlock: state.head.blockHash }
  const reader = await readBlockLog({ ...options, directory: join(home, 'log') })
  const records: BlockRecord[] = []
  for await (const record of reader.records()) records.push(record)
  const log = await openBlockLog({ ...options, directory: join(home, 'forged'), segmentBytes: 65_536 })
  for await (const record of log.records()) throw new Error(`A new log has record ${record.height}.`)
  const last = records.pop()!
  for (const record of [...records, { ...last, ops: last.ops.map(change) }]) await log.append(record)
  await log.close()
  await rm(join(home, 'log'), { recursive: true })
  await rename(join(home, 'forged'), join(home, 'log'))
}
