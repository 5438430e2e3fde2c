// An owner gives an agent a key and a budget that the ledger enforces.
// Run: OWNER_KEY=0x… npx node --conditions=@turnpike/source examples/owner.ts (against a node of `turnpike up --dev`)
import {
  createAgent,
  createClient,
  generatePrivateKey,
  getAgent,
  privateKeyAccount,
  requestFaucet,
  sendTransfer,
  usd,
} from '@turnpike/sdk'

const client = createClient({ url: process.env['NODE_URL'] ?? 'http://127.0.0.1:4020', chainId: 402402 })
const owner = privateKeyAccount(process.env['OWNER_KEY'] ?? generatePrivateKey())
const agentKey = process.env['AGENT_KEY'] ?? generatePrivateKey()

// On a development chain the faucet opens the owner's account; elsewhere somebody sends to it.
await requestFaucet(client, { address: owner.address, amount: usd('5') })

// Five cents a call, a dollar a day, twenty in its life: whatever the agent's process does, the ledger stops there.
const { agent, words } = await createAgent(client, {
  owner,
  name: process.env['AGENT_NAME'] ?? 'researcher',
  key: privateKeyAccount(agentKey),
  budget: { perCall: usd('0.05'), perDay: usd('1'), lifetime: usd('20') },
})
await sendTransfer(client, { signer: owner, to: agent, amount: usd('2') })

const { sentence } = await getAgent(client, { agent, signer: owner })
console.log(words)
console.log(sentence)
console.log(`Give this key to agent ${agent}, and keep it secret: ${agentKey}`)
