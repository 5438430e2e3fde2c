// demo: the main job. A node, an API with a price and an agent with a budget, until the ledger refuses it; then everything stays up.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createConfig, startNode, type Node } from '@turnpike/node'
import {
  createClient,
  getAgent,
  getAsset,
  getBalance,
  getRefusals,
  getReceipt,
  type Asset,
  type Client,
} from '@turnpike/sdk'
import type { Hash } from '@turnpike/chain/wire'
import type { Call } from '../command.ts'
import { parseCount } from '../count.ts'
import { assemble, type Cast } from '../demo/cast.ts'
import { createBuyer, type Buyer } from '../demo/buyer.ts'
import { questionOf } from '../demo/questions.ts'
import { createSeller, openPort } from '../demo/seller.ts'
import { createStory, pageUrl, type Ending, type Places, type Story } from '../demo/story.ts'
import { jsonLine } from '../output.ts'
import { defaultHome } from '../remote.ts'
import { findPages } from './up.ts'

/** A cent, in base units of the development chain's dollar and in cap units alike: both have six decimals. */
const price = 10_000n
/** The budget ends after 25; an agent that still pays after so many has none, and that is a failure. */
const purchasesMax = 100
const purchasesPaced = 25
const defaultSeconds = '10'
const host = '127.0.0.1'
/** Runs in a checkout and wherever the package is installed; the bare name would be anybody's package. */
const command = 'npx @turnpike/cli'

type Stage = { readonly client: Client; readonly asset: Asset; readonly cast: Cast; readonly places: Places }

async function openNode(call: Call): Promise<{ readonly node: Node; readonly home: string }> {
  const { home, port } = call.flags
  const pages = findPages()
  const config = createConfig(
    {
      dev: true,
      host,
      ...(home !== undefined && { home }),
      ...(port !== undefined && { port: parseCount('port', port) }),
      ...(pages !== undefined && { pages }),
    },
    call.environment,
  )
  return { node: await startNode(config), home: config.home }
}

type Setting = { readonly node: Node; readonly server: Server; readonly home: string }

async function setStage(call: Call, { node, server, home }: Setting): Promise<Stage> {
  const client = createClient({ url: node.url, chainId: node.chainId })
  const chain = await client.chain()
  const asset = getAsset(chain, undefined)
  const cast = await assemble(call, { client, asset, home })
  const terms = { network: chain.network, asset, price, payTo: cast.seller.address, facilitatorUrl: `${node.url}/x402` }
  server.on('request', createSeller(terms))
  const where = home === defaultHome ? '' : ` --home ${home}`
  const places = {
    nodeUrl: node.url,
    pagesUrl: node.pagesUrl,
    sellerUrl: `http://${host}:${(server.address() as AddressInfo).port}`,
    ownerCommand: `${command} agent policy ${cast.agent.name} --url ${node.url}${where}`,
  }
  return { client, asset, cast, places }
}

type Purchases = {
  readonly operations: readonly Hash.Hash[]
  readonly tookMs: readonly number[]
  readonly reason: string | undefined
}

/** Buys until it is refused, stopped, or has bought far more than it may. */
async function buyUntilRefused({
  buyer,
  story,
  places,
  paceMs,
  stop,
}: {
  readonly buyer: Buyer
  readonly story: Story
  readonly places: Places
  readonly paceMs: number
  readonly stop: AbortSignal
}): Promise<Purchases> {
  const operations: Hash.Hash[] = []
  const tookMs: number[] = []
  const todayMs = Date.now()
  for (let turn = 0; turn < purchasesMax && !stop.aborted; turn++) {
    const question = questionOf(turn, todayMs)
    const purchase = await buyer(new URL(question.path, places.sellerUrl))
    story.bought(turn, question, purchase)
    if (!purchase.isPaid) return { operations, tookMs, reason: purchase.reason }
    operations.push(purchase.operation)
    tookMs.push(purchase.tookMs)
    await wait(paceMs, undefined, { signal: stop }).catch(() => undefined)
  }
  return { operations, tookMs, reason: undefined }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** What the ledger has written down of it: every figure is read from the ledger, none is counted along. */
async function reckon({ client, asset, cast }: Stage, { operations, tookMs, reason }: Purchases): Promise<Ending> {
  const receipts = await Promise.all(operations.map((operation) => getReceipt(client, { operation })))
  const payments = receipts.flatMap(({ receipt }) => (receipt.payment === undefined ? [] : [receipt.payment]))
  const { available } = await getBalance(client, { account: cast.agent.address, asset: asset.symbol })
  const { caps } = await getAgent(client, { agent: cast.agent.address, signer: cast.owner })
  const [refusal] = await getRefusals(client, { account: cast.agent.address, limit: 1, signer: cast.owner })
  return {
    purchases: operations.length,
    spent: payments.reduce((sum, { amount }) => sum + amount, 0n),
    toll: payments.reduce((sum, { toll }) => sum + toll, 0n),
    left: available,
    medianMs: median(tookMs),
    reason: reason ?? 'nothing: it went on paying',
    refusal,
    exhausted: caps.find(({ per, remaining }) => per === 'lifetime' && remaining !== undefined && remaining < price),
  }
}

function endingLine({ purchases, spent, toll, left, reason, refusal }: Ending, { cast, places, asset }: Stage): string {
  return jsonLine({
    agent: { name: cast.agent.name, address: cast.agent.address },
    owner: cast.owner.address,
    seller: cast.seller.address,
    asset: asset.symbol,
    purchases,
    spent,
    toll,
    left,
    reason,
    refusal: refusal === undefined ? null : { code: refusal.code, message: refusal.message },
    page: pageUrl(places.pagesUrl, `agent/${cast.agent.address}`),
  })
}

const silent: Story = { begin: () => undefined, bought: () => undefined, end: () => undefined }

/** Plays the story on a set stage. True when it ended as it must: with the ledger's refusal. */
async function play(call: Call, stage: Stage, stop: AbortSignal): Promise<boolean> {
  const { asset, cast, places } = stage
  const story = call.isJson ? silent : createStory(call.stdout, asset)
  const seconds = parseCount('seconds', call.flags['seconds'] ?? defaultSeconds)
  const network = (await stage.client.chain()).network
  const buyer = createBuyer(cast.agent.privateKey, { network, asset: asset.address })
  story.begin(cast, places)
  const purchases = await buyUntilRefused({ buyer, story, places, paceMs: (seconds * 1_000) / purchasesPaced, stop })
  if (stop.aborted) return false
  const ending = await reckon(stage, purchases)
  story.end(ending, cast, places)
  if (call.isJson) call.stdout.write(endingLine(ending, stage))
  return purchases.reason === 'policy_denied'
}

/** Resolves at a key, where there is somebody to press one. */
function keyPressed({ stdin }: Call): Promise<void> {
  return new Promise((resolve) => {
    if (stdin.isTTY !== true) return
    stdin.setRawMode?.(true)
    stdin.resume()
    stdin.once('data', () => resolve())
  })
}

function releaseKeyboard({ stdin }: Call): void {
  if (stdin.isTTY !== true) return
  stdin.setRawMode?.(false)
  stdin.pause()
}

/** Runs the main job. Exit code 0; with --once 1 when the refusal did not come. */
export async function demo(call: Call): Promise<{ readonly exitCode: number }> {
  const stop = new AbortController()
  const stopped = call.stopped.then(() => stop.abort())
  const { node, home } = await openNode(call)
  let server: Server | undefined
  try {
    // On a port of the system's choice the next one may be anybody's.
    server = await openPort({ host, port: call.flags['port'] === '0' ? 0 : node.port + 1 })
    const stage = await setStage(call, { node, server, home })
    const failed = node.failed.then((error) => Promise.reject(error))
    const isRefused = await Promise.race([play(call, stage, stop.signal), failed])
    if (call.flags['once'] === 'true') return { exitCode: isRefused ? 0 : 1 }
    if (!stop.signal.aborted && !call.isJson) {
      call.stdout.write(
        call.stdin.isTTY === true
          ? 'Everything stays up until you press a key.\n'
          : 'Everything stays up until it is stopped.\n',
      )
    }
    await Promise.race([stopped, keyPressed(call), failed])
    return { exitCode: 0 }
  } finally {
    releaseKeyboard(call)
    server?.closeAllConnections()
    server?.close()
    await node.close()
  }
}
