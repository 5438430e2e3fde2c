// The reference facilitator as its authors publish it, on a real EVM node: the official scheme over viem, anvil that mines each
// transaction at once, and the published EIP-3009 token under the address of our dollar, so that both sides take the same payments.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { x402Facilitator } from '@x402/core/facilitator'
import type { PaymentPayload, PaymentRequirements } from '@x402/core/types'
import { toFacilitatorEvmSigner } from '@x402/evm'
import { registerExactEvmScheme } from '@x402/evm/exact/facilitator'
import express from 'express'
import { createTestClient, defineChain, http, nonceManager, publicActions, walletActions } from 'viem'
import type { Abi, Hex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { createPayer, dollar } from '../payments.ts'

const [seed = 'settle', payers = '256'] = process.argv.slice(2)
const perAccount = 1_000_000_000n
const receiptPollMs = 5

type Compiler = {
  readonly compile: (
    input: string,
    options: { readonly import: (path: string) => { readonly contents: string } },
  ) => string
}
type Compiled = { readonly abi: Abi; readonly evm: { readonly bytecode: { readonly object: string } } }

function compileDollar(): Compiled {
  const require = createRequire(import.meta.url)
  const source = readFileSync(new URL('./Dollar.sol', import.meta.url), 'utf8')
  const input = {
    language: 'Solidity',
    sources: { 'Dollar.sol': { content: source } },
    settings: {
      evmVersion: 'cancun',
      optimizer: { enabled: true },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  }
  const find = (path: string): { readonly contents: string } => ({
    contents: readFileSync(require.resolve(path), 'utf8'),
  })
  const output = JSON.parse((require('solc') as Compiler).compile(JSON.stringify(input), { import: find })) as {
    readonly contracts?: { readonly 'Dollar.sol': { readonly Dollar: Compiled } }
    readonly errors?: unknown
  }
  if (output.contracts === undefined) throw new Error(JSON.stringify(output.errors))
  return output.contracts['Dollar.sol'].Dollar
}

/** Starts anvil, which chooses a port and says it. */
async function startAnvil(): Promise<{ readonly url: string; readonly pid: number; readonly stop: () => void }> {
  const binary = createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/bin/anvil')
  const child = spawn(binary, ['--port', '0', '--chain-id', String(dollar.chainId)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /Listening on (\S+)/.exec(line)?.[1]
    if (address === undefined) continue
    child.stdout.resume() // Nobody reads the rest, and a full pipe would stop it.
    return { url: `http://${address}`, pid: child.pid!, stop: () => child.kill() }
  }
  throw new Error('anvil ended before it listened')
}

const anvil = await startAnvil()
process.on('exit', anvil.stop)
process.on('SIGTERM', () => process.exit(0))
const account = mnemonicToAccount('test test test test test test test test test test test junk', { nonceManager })
const chain = defineChain({
  id: dollar.chainId,
  name: 'anvil',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [anvil.url] } },
})
const client = createTestClient({ account, chain, mode: 'anvil', transport: http(), pollingInterval: receiptPollMs })
  .extend(publicActions)
  .extend(walletActions)

const { abi, evm } = compileDollar()
const deployed = await client.waitForTransactionReceipt({
  hash: await client.deployContract({ abi, bytecode: `0x${evm.bytecode.object}` }),
})
const address = dollar.address as Hex
const code = await client.getCode({ address: deployed.contractAddress! })
await client.setCode({ address, bytecode: code! })
const accounts = Array.from({ length: Number(payers) }, (_, index) => createPayer(seed, index).address)
const issued = await client.writeContract({ address, abi, functionName: 'issue', args: [accounts, perAccount] })
const { status } = await client.waitForTransactionReceipt({ hash: issued })
if (status !== 'success') throw new Error('the payers got no money')

const facilitator = new x402Facilitator()
registerExactEvmScheme(facilitator, {
  signer: toFacilitatorEvmSigner({ ...client, address: account.address } as never),
  networks: `eip155:${dollar.chainId}`,
})

type Call = { readonly paymentPayload: PaymentPayload; readonly paymentRequirements: PaymentRequirements }

const app = express()
app.use(express.json())
app.get('/x402/supported', (_request, response) => void response.json(facilitator.getSupported()))
app.post('/x402/verify', async (request, response) => {
  const { paymentPayload, paymentRequirements } = request.body as Call
  response.json(await facilitator.verify(paymentPayload, paymentRequirements))
})
app.post('/x402/settle', async (request, response) => {
  const { paymentPayload, paymentRequirements } = request.body as Call
  response.json(await facilitator.settle(paymentPayload, paymentRequirements))
})
const server = app.listen(0, '127.0.0.1', () => {
  const bound = server.address()
  const port = typeof bound === 'object' ? bound?.port : undefined
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}`, pid: process.pid, chainPid: anvil.pid }))
})
