// What the tests of the pages look at: a real node process with its pages, and people who really pay on it.
import { fileURLToPath } from 'node:url'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  charge,
  createAgent,
  createClient,
  generatePrivateKey,
  getAsset,
  privateKeyAccount,
  requestFaucet,
  sendTransfer,
  unitsOf,
  usd,
} from '@turnpike/sdk'
import type { Account, Budget, Client, Receipt } from '@turnpike/sdk'
import type { PaymentRequired } from '@x402/core/types'
import { withLock } from '../../scripts/launcher/lock.mjs'
import { arePagesStale, buildPages } from '../../scripts/launcher/pages.mjs'
import { dollar } from '../../bench/payments.ts'
import { createBuyer, readCredential } from '../compatibility/buyer.ts'
import { openBooks } from '../processes/books.ts'
import { createHome, findFreePort, startTurnpike } from '../processes/turnpike.ts'
import type { NodeProcess } from '../processes/turnpike.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** An agent and the key that pays for it. */
export type Agent = {
  readonly account: string
  readonly key: Account
  readonly privateKey: ReturnType<typeof generatePrivateKey>
}

/** A payment of an agent, in dollars. */
export type Payment = { readonly agent: Agent; readonly payee: string; readonly amount: string }

/** A node, and what to do on it. */
export type Stage = {
  readonly url: string
  readonly home: string
  readonly client: Client
  /** Owns all agents; has money of its own. */
  readonly owner: Account
  /** An agent with a dollar and a budget, named by its order. */
  hire(budget?: Budget): Promise<Agent>
  pay(payment: Payment): Promise<Receipt>
  /** Lets a facilitator verify a payment and settle it not yet: its money is set aside. */
  hold(payment: Payment): Promise<void>
  /** Ends the node as a power cut would. */
  kill(): Promise<void>
  /** Starts it again on its directory and port. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Someone new: a key that was never seen before. */
export function newPerson(): Account {
  return privateKeyAccount(generatePrivateKey())
}

/** Builds the pages where they are not, or are old: as the launcher does, which usually has. */
async function requirePages(): Promise<void> {
  if (!arePagesStale(root)) return
  await withLock(root, async () => {
    if (!arePagesStale(root)) return
    const code = await buildPages({ root, node: process.execPath, run })
    if (code !== 0) throw new Error(`The pages could not be built: exit code ${code}.`)
  })
}

type Command = { readonly command: string; readonly args: readonly string[]; readonly cwd?: string }

async function run({ command, args, cwd }: Command): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], cwd })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

/** Starts a node on an empty development chain, or with other arguments. */
export async function openStage(args?: readonly string[]): Promise<Stage> {
  await requirePages()
  const home = createHome()
  const port = await findFreePort()
  const options = { home: home.path, port, ...(args !== undefined && { args }) }
  let node: NodeProcess = await startTurnpike(options)
  // Also where a node listens on every address, it is visited on this machine.
  const url = node.url.replace('0.0.0.0', '127.0.0.1')
  const client = createClient({ url })
  const owner = newPerson()
  let agents = 0
  return {
    url,
    home: home.path,
    client,
    owner,
    async hire(budget = { perCall: usd('0.05'), lifetime: usd('0.25') }) {
      if (agents === 0) await requestFaucet(client, { address: owner.address, amount: usd('100') })
      const privateKey = generatePrivateKey()
      const key = privateKeyAccount(privateKey)
      const { agent: account } = await createAgent(client, { owner, name: `agent ${++agents}`, key, budget })
      await sendTransfer(client, { signer: owner, to: account, amount: usd('1') })
      return { account, key, privateKey }
    },
    pay: ({ agent, payee, amount }) => charge(client, { signer: agent.key, payee, amount: usd(amount) }),
    hold: (payment) => holdPayment(client, payment),
    kill: () => node.kill(),
    async start() {
      node = await startTurnpike(options)
    },
    async close() {
      await node.kill()
      home.remove()
    },
  }
}

/** What a seller's middleware asks a facilitator before it does the work. */
async function holdPayment(client: Client, { agent, payee, amount }: Payment): Promise<void> {
  const requirements = {
    scheme: 'exact',
    network: `eip155:${dollar.chainId}`,
    asset: dollar.address,
    amount: unitsOf(usd(amount), getAsset(await client.chain(), undefined)).toString(),
    payTo: payee,
    maxTimeoutSeconds: 60,
    extra: { name: dollar.name, version: dollar.version },
  } as const
  const required: PaymentRequired = {
    x402Version: 2,
    resource: { url: 'http://seller.test/thing' },
    accepts: [requirements],
  }
  const credential = await createBuyer({ key: agent.privateKey }).sign(required)
  const books = openBooks(client.url, 1)
  const body = { x402Version: 2, paymentPayload: readCredential(credential), paymentRequirements: requirements }
  const { body: answer } = await books.post('/x402/verify', body)
  await books.close()
  if ((answer as { readonly isValid?: boolean }).isValid !== true) throw new Error(JSON.stringify(answer))
}
