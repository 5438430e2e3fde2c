// An agent that buys until its budget ends, and says why it ended: which cap, what is left of it, and when it fits again.
// Run: AGENT_KEY=0x… API_URL=http://127.0.0.1:4021/echo npx node --conditions=@turnpike/source examples/buyer.ts
import {
  createClient,
  createPayingFetch,
  findPayment,
  formatUnits,
  PaymentRefused,
  privateKeyAccount,
  readUntrusted,
  usd,
} from '@turnpike/sdk'

const key = process.env['AGENT_KEY']
if (key === undefined) throw new Error('Set AGENT_KEY to the key of the agent.')

// The ledger holds the budget that the owner gave. This one is the program's own, beside it.
const client = createClient({ url: process.env['NODE_URL'] ?? 'http://127.0.0.1:4020' })
const payingFetch = createPayingFetch(client, {
  signer: privateKeyAccount(key),
  budget: { perCall: usd('0.05'), total: usd('5') },
})
const api = process.env['API_URL'] ?? 'http://127.0.0.1:4021/echo'

try {
  for (let turn = 1; ; turn++) {
    const response = await payingFetch(`${api}?text=${turn}`)
    const { untrusted } = await readUntrusted(response)
    console.log(`${formatUnits(findPayment(response)?.amount ?? 0n, 6)}: ${untrusted.body}`)
  }
} catch (error) {
  if (!(error instanceof PaymentRefused)) throw error
  console.log(`${error.message} ${error.hint}`)
  if (error.resetsAt !== undefined) console.log(`It fits again at ${error.resetsAt.toISOString()}.`)
}
