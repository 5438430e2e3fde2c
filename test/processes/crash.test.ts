// kill -9 of the real node while clients pay, a hundred times over one data directory. What was acknowledged is there once,
// under the transaction that was acknowledged; what was not is settled by sending the same bytes again; the books add up.
// Checkpoints and write sets are kept all the time, so that the node dies while they are being written and starts from them;
// the doctor holds them against execution.
import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPayee, createPayer } from '../../bench/payments.ts'
import { createAudit } from './audit.ts'
import { openBooks, readTollAccount } from './books.ts'
import { startPayers } from './payers.ts'
import type { Payers } from './payers.ts'
import { createHome, findFreePort, killWhileStarting, runTurnpike, startTurnpike } from './turnpike.ts'
import type { NodeProcess } from './turnpike.ts'

const rounds = Number(process.env['CRASH_ROUNDS'] ?? 100)
const seed = Number(process.env['CRASH_SEED'] ?? 1)
/** By hand more rounds from several seeds; the payments of one run last an hour. */
const limitMs = Math.max(600_000, Math.min(3_600_000, rounds * 14_000))

const payerCount = 16
const inFlight = 16
const value = 1_000n
const payee = createPayee('crash', 0)
const payers = Array.from({ length: payerCount }, (_, index) => createPayer('crash', index).address)

/** A checkpoint after about a hundred payments. */
const settings = { TURNPIKE_CHECKPOINT_BYTES: '65536' }

let home: ReturnType<typeof createHome>
let port: number
let node: NodeProcess
let clients: Payers | undefined

beforeEach(async () => {
  home = createHome()
  port = await findFreePort()
  node = await startTurnpike({ home: home.path, port, settings })
})

afterEach(async () => {
  clients?.kill()
  await node.kill()
  home.remove()
})

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function createRandom(first: number): () => number {
  let state = first
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function startLoad(url: string): Payers {
  const validBefore = Math.floor(Date.now() / 1_000) + 3_600
  const common = {
    url,
    payee,
    value: String(value),
    payers: payerCount,
    seed: 'crash',
    copies: 1,
    inFlight,
    validBefore,
  }
  return startPayers([
    { ...common, run: 'crash settle', verifiedOfTen: 0 },
    { ...common, run: 'crash verify', verifiedOfTen: 5 },
  ])
}

test(
  `T05 T120 T148 kill -9 under load, CRASH_ROUNDS=${rounds} times from CRASH_SEED=${seed}: nothing acknowledged is lost, nothing happens twice`,
  { timeout: limitMs },
  async () => {
    const random = createRandom(seed)
    const tollAccount = readTollAccount(home.path)
    const faucet = openBooks(node.url)
    for (const payer of payers) await faucet.fund(payer, 1_000_000_000n)
    await faucet.close()
    clients = startLoad(node.url)
    const audit = createAudit({ value, payee, payers, tollAccount, inFlightMax: 2 * inFlight })

    for (let round = 1; round <= rounds; round++) {
      const before = clients.answers.length
      await clients.reach(before + 1 + Math.floor(random() * 300))
      await node.kill()
      if (round % 10 === 0) await killWhileStarting({ home: home.path, port })
      node = await startTurnpike({ home: home.path, port, settings })
      audit.note(clients.answers)
      await audit.check(node.url)
      clients.tell('up')
      if (round % 100 === 0)
        process.stdout.write(`killed ${round} times; ${clients.answers.length} payments acknowledged, none lost\n`)
    }

    clients.tell('finish')
    await clients.finished()
    audit.note(clients.answers)
    await audit.close(node.url)
    expect(await node.stop()).toBe(0)
    expect(readdirSync(home.path).filter((name) => /^checkpoint-[0-9]+$/.test(name)).length).toBe(2)
    expect(readdirSync(home.path).some((name) => /^redo-[0-9]+$/.test(name))).toBe(true)
    const doctor = await runTurnpike(['doctor', '--home', home.path, '--json'])
    expect([doctor.code, doctor.errors]).toEqual([0, ''])
  },
)
