// The paying fetch when the ledger itself is killed in the middle of a purchase, as a power cut would: the caller learns that nobody
// knows, calls again under the same name when the node is back, and has paid once.
import { expect, it } from 'vitest'
import type { LedgerError } from '@turnpike/sdk'
import { createHome, findFreePort, startTurnpike, type NodeProcess } from '../processes/turnpike.ts'
import { cent, openOfficialShop, stageAt } from './stage.fixture.ts'

it.each(['authorization', 'upfront'] as const)('T120 a node killed under a purchase in flow %s', async (flow) => {
  const home = createHome()
  const port = await findFreePort()
  let node: NodeProcess = await startTurnpike({ home: home.path, port })
  const stage = stageAt(node.url)
  const payTo = stage.newPayee().address
  // In the first flow the node dies before it settles, in the second after: the handler runs in between, or behind.
  const work = async (run: number): Promise<void> => {
    if (run > 1) return
    await node.kill()
    throw new Error('the shop fails with it')
  }
  const shop = await openOfficialShop(stage, { '/thing': { amount: cent, payTo, flow, work } })
  try {
    const agent = await stage.newAgent()
    const payingFetch = agent.payingFetch()
    const call = (): Promise<number | string> =>
      payingFetch(`${shop.url}/thing`, { callId: 'order 1' }).then(
        ({ status }) => status,
        ({ code }: LedgerError) => code,
      )
    expect(await call()).toBe('sdk/outcome_unknown')
    expect(payingFetch.spending()).toMatchObject({ spent: 0n, open: cent })
    node = await startTurnpike({ home: home.path, port })
    expect(await call()).toBe(flow === 'upfront' ? 'sdk/paid_without_answer' : 200)
    expect(new Set(shop.arrived.flatMap(({ credential }) => credential ?? [])).size).toBe(1)
    expect(payingFetch.spending()).toMatchObject({ spent: cent, open: 0n })
    expect(await agent.paid()).toBe(cent)
  } finally {
    await shop.close()
    await node.kill()
    home.remove()
  }
})
