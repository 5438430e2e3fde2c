// Runs each case for every pair of official client and server, in both flows, at once, against one node, and tells each pair's
// outcome as a test of its own. A pair that needs Python is counted as skipped on a machine without.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHome, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'
import { dollar } from '../../bench/payments.ts'
import type { Case } from './cases.ts'
import { openMarket, tollOf } from './market.ts'
import type { Market } from './market.ts'
import { pairsOf } from './pairs.ts'
import type { Pair } from './pairs.ts'
import { startRelay } from './relay.ts'
import type { Relay } from './relay.ts'
import type { Flow } from './seller.ts'
import { openStall } from './stall.ts'
import type { OtherChain, Stall } from './stall.ts'

const otherChainId = 777_001

/** A second node with a chain of its own. */
async function startOtherChain(): Promise<OtherChain & { close(): Promise<void> }> {
  const home = createHome()
  const operator = '0x00000000000000000000000000000000000000aa'
  const { address, name, version } = dollar
  const asset = { symbol: 'pUSD', name, version, decimals: 6, currency: 'USD', address }
  const genesis = { format: 1, chainId: otherChainId, operator, tollAccount: operator, assets: [asset], params: {} }
  const file = join(home.path, 'given.json')
  writeFileSync(file, JSON.stringify(genesis))
  const node: NodeProcess = await startTurnpike({ home: join(home.path, 'data'), args: ['--genesis', file] })
  return {
    network: `eip155:${otherChainId}`,
    facilitator: `${node.url}/x402`,
    async close() {
      await node.kill()
      home.remove()
    },
  }
}

/** Where everybody waits until all have come or gone; then something happens once, and all go on. */
function createMeeting(count: number, happen: () => Promise<void>): { arrive(): Promise<void>; leave(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  promise.catch(() => undefined)
  let missing = count
  let waiting = 0
  const check = (): void => {
    if (missing === 0 && waiting > 0) happen().then(resolve, reject)
  }
  return {
    async arrive() {
      waiting++
      missing--
      check()
      await promise
    },
    leave() {
      missing--
      check()
    },
  }
}

type Outcome = { readonly paid: bigint } | { readonly error: Error }

/** Who takes part in a case besides the pair. */
type Stage = { readonly market: Market; readonly relay: Relay; readonly otherChain: OtherChain }

/** Runs one case for all these pairs at once. */
async function runCase(stage: Stage, tried: Case, pairs: readonly Pair[]): Promise<Map<Pair, Outcome>> {
  const { market, relay, otherChain } = stage
  const meeting = createMeeting(pairs.length, () => market.crash())
  const stalls: Stall[] = []
  relay.onAnswer = async (call) => stalls.find(({ payee }) => call.body.includes(payee))?.onAnswer(call) ?? 'pass'

  const runOne = async (pair: Pair): Promise<Outcome> => {
    let hasMet = false
    const meet = (): Promise<void> => {
      hasMet = true
      return meeting.arrive()
    }
    try {
      const stall = await openStall({ market, relay, otherChain, meet }, pair, tried.terms ?? {})
      stalls.push(stall)
      return { paid: await tried.run(stall) }
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) }
    } finally {
      if (!hasMet) meeting.leave()
    }
  }

  const outcomes = await Promise.all(pairs.map(async (pair) => [pair, await runOne(pair)] as const))
  await Promise.all(stalls.map((stall) => stall.close()))
  return new Map(outcomes)
}

const flows: readonly Flow[] = ['authorization', 'upfront']

/** Declares the tests of some cases. */
export function describeCases(cases: readonly Case[]): void {
  let stage: Stage & { readonly otherChain: Awaited<ReturnType<typeof startOtherChain>> }
  beforeAll(async () => {
    const [market, otherChain] = await Promise.all([openMarket(), startOtherChain()])
    stage = { market, otherChain, relay: await startRelay(market.url) }
  })
  afterAll(async () => {
    await Promise.all([stage.relay.close(), stage.otherChain.close()])
    await stage.market.close()
  })

  // Both flows at once: half the time of one is spent waiting for others.
  describe.for(cases)('$name', (tried) => {
    const pairs = (tried.flows ?? flows).flatMap(pairsOf)
    let outcomes = new Map<Pair, Outcome>()
    let tolls = 0n
    beforeAll(async () => {
      const before = await stage.market.tolls()
      outcomes = await runCase(
        stage,
        tried,
        pairs.filter(({ canRun }) => canRun),
      )
      tolls = (await stage.market.tolls()) - before
    })

    for (const pair of pairs) {
      test.skipIf(!pair.canRun)(`${pair.client} at ${pair.server}, ${pair.flow}`, () => {
        const outcome = outcomes.get(pair)
        if (outcome === undefined) throw new Error('it was not run')
        if ('error' in outcome) throw outcome.error
      })
    }
    test('the toll of all of them, and nothing more, is with the toll account', () => {
      const paid = [...outcomes.values()].map((outcome) => ('paid' in outcome ? outcome.paid : 0n))
      expect(tolls).toBe(paid.reduce((sum, each) => sum + tollOf(each), 0n))
    })
  })
}
