// An agent pays for an answer with the official x402 client, and asks the ledger why when it is refused.
// Run: AGENT_KEY=0x… API_URL=http://127.0.0.1:4021/echo npx node --conditions=@turnpike/source examples/agent.ts
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPaymentFromConfig } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'
import { createClient, getRefusals, privateKeyAccount } from '@turnpike/sdk'

const key = process.env['AGENT_KEY'] as `0x${string}` | undefined
if (key === undefined) throw new Error('Set AGENT_KEY to the key of the agent.')

// The client refuses money that it does not know; this tells it about the chain's dollar.
const network = 'eip155:402402'
const asset = '0x7474747474747474747474747474747474747401'
const payingFetch = wrapFetchWithPaymentFromConfig(fetch, {
  schemes: [{ network, client: new ExactEvmScheme(privateKeyToAccount(key)) }],
  spendControls: { allowedAssets: [{ network, asset }] },
})

const response = await payingFetch(process.env['API_URL'] ?? 'http://127.0.0.1:4021/echo?text=hello')
if (response.ok) {
  console.log(await response.text())
} else {
  // The seller learns only that it was refused. The agent may ask the ledger for the reason.
  const client = createClient({ url: process.env['NODE_URL'] ?? 'http://127.0.0.1:4020', chainId: 402402 })
  const signer = privateKeyAccount(key)
  const [refusal] = await getRefusals(client, { account: signer.address, limit: 1, signer })
  console.log(`Refused: ${refusal?.message ?? `status ${response.status}`} ${refusal?.hint ?? ''}`)
  process.exitCode = 1
}
