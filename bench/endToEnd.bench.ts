// A paid call from end to end: the official fetch client, the official Express middleware, one call at a time; its facilitator is
// Turnpike, or one that only says yes, in turn. What Turnpike adds to a stock purchase. `--quick`: few calls, nothing written.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPaymentFromConfig } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'
import { createPayer, dollar } from './payments.ts'
import { describeLoad, describeMachine, renderTable, writeSection } from './report.ts'
import { fundAccounts, startOkay, startShop, startTurnpike } from './server.ts'
import type { Server } from './server.ts'
import { measureDurableWriteMs, measureRecoverUs, median } from './unit.ts'

const isQuick = process.argv.includes('--quick')
const calls = isQuick ? 50 : 1_000
const warmup = isQuick ? 20 : 300
const network = `eip155:${dollar.chainId}` as const
const promised = 1.2
/** About as long as client and seller work between two calls of the facilitator. */
const idleMs = 3

const payer = createPayer('end to end', 0)
const payingFetch = wrapFetchWithPaymentFromConfig(fetch, {
  schemes: [
    { network, client: new ExactEvmScheme(privateKeyToAccount(`0x${Buffer.from(payer.key).toString('hex')}`)) },
  ],
  spendControls: { allowedAssets: [{ network, asset: dollar.address }] },
})

async function buy(shop: Server): Promise<number> {
  const begin = performance.now()
  const response = await payingFetch(`${shop.url}/answer`)
  const answer = (await response.json()) as { readonly answer?: number }
  if (answer.answer !== 42 || response.headers.get('payment-response') === null)
    throw new Error(`not sold: ${response.status}`)
  return performance.now() - begin
}

const root = fileURLToPath(new URL('../.turnpike/', import.meta.url))
mkdirSync(root, { recursive: true })
const directory = mkdtempSync(join(root, 'bench-'))
const servers: Server[] = []
const keep = (server: Server): Server => {
  servers.push(server)
  return server
}
let writeMs = 0
const tookMs = { turnpike: [] as number[], okay: [] as number[] }
try {
  writeMs = measureDurableWriteMs(directory, idleMs)
  const turnpike = keep(await startTurnpike(join(directory, 'turnpike')))
  await fundAccounts(turnpike, [payer.address], 1_000_000_000n)
  const shops = {
    turnpike: keep(await startShop(turnpike.url + '/x402')),
    okay: keep(await startShop(keep(await startOkay()).url + '/x402')),
  }
  for (let call = -warmup; call < calls; call++) {
    for (const side of call % 2 === 0 ? (['turnpike', 'okay'] as const) : (['okay', 'turnpike'] as const)) {
      const ms = await buy(shops[side])
      if (call >= 0) tookMs[side].push(ms)
    }
  }
} finally {
  for (const server of servers) await server.stop()
  rmSync(directory, { recursive: true })
}

const [ours, theirs] = [median(tookMs.turnpike), median(tookMs.okay)]
const times = ours / theirs
/** What nobody can do without who verifies and settles as promised: two durable writes and one recovery. */
const leastMs = theirs + 2 * writeMs + measureRecoverUs() / 1_000
const table = renderTable(
  ['facilitator', 'median of a paid call, ms', 'times'],
  [
    ['only says yes', theirs.toFixed(2), '1'],
    ['the same, two durable writes and R', leastMs.toFixed(2), (leastMs / theirs).toFixed(2)],
    ['Turnpike', ours.toFixed(2), times.toFixed(2)],
  ],
)
const markdown = `## A paid call from end to end

\`@x402/fetch\` and \`@x402/express\` 2.27 as they are: 402, signature, verify, answer, settle; one call at a time, ${calls.toLocaleString('en')} of each in turn. The other
facilitator (\`bench/peers/okay.ts\`) checks nothing and keeps nothing. A bare durable write after ${idleMs} ms of idleness takes
${writeMs.toFixed(2)} ms here. Promised: at most ${promised} times; ${times <= promised ? 'met' : 'not met'}. Load average ${describeLoad()}. ${describeMachine()}.

${table}`
console.log(`\n${markdown}`)
if (!isQuick)
  writeSection({ name: 'endToEnd', markdown, figures: { turnpikeMs: ours, okayMs: theirs, leastMs, writeMs, times } })
