// The block log when its process is killed (a real one, that appends blocks and starts again) or its disk fails.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Hash } from '@turnpike/chain/wire'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMachine } from '../../machine/createMachine.ts'
import type { Disk, Machine } from '../../machine/Machine.ts'
import { openBlockLog } from './blockLog.ts'
import type { BlockLog, BlockLogOptions, BlockRecord } from './blockLog.ts'
import { readBlockLog } from './blockLogReader.ts'

const SEGMENT_BYTES = 65_536
const ROUNDS = 5
const machine = await createMachine({ level: 'error' })
const chain = { genesisHash: Hash.zero, genesisBlock: Hash.zero }

let home = ''
let directory = ''
let opened: BlockLog[] = []
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'block-log-'))
  directory = join(home, 'log')
})
afterEach(async () => {
  await Promise.allSettled(opened.map((log) => log.close()))
  opened = []
  await rm(home, { recursive: true })
})

/** Opens the log, says its height, and appends blocks of any size for ever, saying each height once it is durable. */
const program = (directory: string): string => `
  import { Hash } from ${JSON.stringify(import.meta.resolve('@turnpike/chain/wire'))}
  import { createMachine } from ${JSON.stringify(new URL('../../machine/createMachine.ts', import.meta.url).href)}
  import { openBlockLog } from ${JSON.stringify(new URL('blockLog.ts', import.meta.url).href)}
  const machine = await createMachine({ level: 'error' })
  const options = { machine, directory: ${JSON.stringify(directory)}, genesisHash: Hash.zero, genesisBlock: Hash.zero }
  const log = await openBlockLog({ ...options, segmentBytes: ${SEGMENT_BYTES} })
  for await (const record of log.records()) if (record.ops.length !== 1) throw new Error('Another block than was written.')
  console.log(log.status().height)
  for (;;) {
    const { height, time, block } = log.status()
    const bytes = machine.random(1 + (machine.random(2)[0] ?? 0) * 100)
    const roots = { writes: Hash.zero, receiptsRoot: Hash.zero, receiptsSize: height, appHash: Hash.zero }
    const ops = [{ bytes, id: Hash.zero, signers: [] }]
    await log.append({ height: height + 1, time: time + 1, previous: block, ops, ...roots })
    console.log(height + 1)
  }`

/** Runs the program until it has said `count` heights, kills it, and returns what it said. */
async function runUntilKilled(directory: string, count: number): Promise<readonly number[]> {
  const child = spawn(
    process.execPath,
    ['--conditions=@turnpike/source', '--input-type=module', '--eval', program(directory)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const said: number[] = []
  const lines = createInterface(child.stdout)
  lines.on('line', (line) => {
    said.push(Number(line))
    if (said.length === count) child.kill('SIGKILL')
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect([code, signal]).toEqual([null, 'SIGKILL'])
  return said
}

it('T148 nothing that was durable is lost when the process is killed, however often', async () => {
  let durable = 0
  for (let round = 0; round < ROUNDS; round++) {
    const [start = -1, ...rest] = await runUntilKilled(directory, 40 + round * 17)
    expect(start).toBeGreaterThanOrEqual(durable)
    expect(rest).toEqual(Array.from(rest, (_, i) => start + 1 + i))
    durable = rest.at(-1) ?? start
  }
  const reader = await readBlockLog({ machine, directory, ...chain })
  let height = 0
  for await (const record of reader.records()) height = record.height
  expect(height).toBeGreaterThanOrEqual(durable)
  expect(reader.segments.length).toBeGreaterThan(5)
})

describe('T161 a disk that fails', () => {
  const SMALL_SEGMENT_BYTES = 2_048

  async function open(changes: Partial<BlockLogOptions> = {}): Promise<{ log: BlockLog; height: number }> {
    const log = await openBlockLog({ machine, directory, ...chain, segmentBytes: SMALL_SEGMENT_BYTES, ...changes })
    opened.push(log)
    let height = 0
    for await (const record of log.records()) height = record.height
    return { log, height }
  }

  /** The block that comes next. */
  function nextOf(log: BlockLog): BlockRecord {
    const { height, time, block } = log.status()
    const roots = { writes: Hash.zero, receiptsRoot: Hash.zero, receiptsSize: height, appHash: Hash.zero }
    const ops = [{ bytes: new Uint8Array(100).fill(height + 1), id: Hash.zero, signers: [] }]
    return { height: height + 1, time: time + 1, previous: block, ops, ...roots }
  }

  /** The real disk, whose writes to open files fail after a number of them, having written a part. */
  function failAfter(writes: number): Machine {
    let left = writes
    const open: Disk['open'] = async (path) => {
      const file = await machine.disk.open(path)
      const write = async (bytes: Uint8Array, offset: number): Promise<void> => {
        if (left-- > 0) return file.write(bytes, offset)
        await file.write(bytes.subarray(0, bytes.length / 2), offset)
        throw new Error('EIO: i/o error, write')
      }
      return { write, close: () => file.close() }
    }
    return { ...machine, disk: { ...machine.disk, open } }
  }

  it('ends the log: nothing more is written, it is not closed in order, and nothing acknowledged is lost', async () => {
    const { log } = await open({ machine: failAfter(1) })
    await log.append(nextOf(log))
    const failure = {
      code: 'engine/log_write_failed',
      values: { height: 2 },
      cause: { message: 'EIO: i/o error, write' },
    }
    await expect(log.append(nextOf(log))).rejects.toMatchObject(failure)
    await expect(log.append(nextOf(log))).rejects.toThrow('it is failed')
    await log.close()
    expect(await readdir(directory)).not.toContain('closed')
    const again = await open()
    expect(again.height).toBe(1)
    expect(again.log.status().cut).toMatchObject({ height: 2 })
    await again.log.append(nextOf(again.log))
  })

  it('is met again when the next segment is needed, if it could not be prepared ahead', async () => {
    let isFull = true
    const createFilled: Disk['createFilled'] = (options) =>
      isFull && options.path.endsWith('2.log')
        ? Promise.reject(new Error('ENOSPC'))
        : machine.disk.createFilled(options)
    const warnings: string[] = []
    const logger = { ...machine.logger, warn: (message: string) => void warnings.push(message) }
    const { log } = await open({ machine: { ...machine, disk: { ...machine.disk, createFilled }, logger } })
    let failure: unknown
    while (failure === undefined) failure = await log.append(nextOf(log)).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'engine/log_write_failed', cause: { message: 'ENOSPC' } })
    const { height, bytes } = log.status()
    expect(bytes).toBeGreaterThan(SMALL_SEGMENT_BYTES / 2)
    expect(warnings).toContain('The next segment of the block log could not be prepared.')
    await log.close()
    isFull = false
    const again = await open()
    expect(again.height).toBe(height)
    await again.log.append(nextOf(again.log))
  })
})
