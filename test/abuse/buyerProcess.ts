// A program that buys with our client, in a process of its own whose libraries may have been tampered with; then it does with its key
// what a thief would. Called with the node, the shop, the key and the thief.
import { charge, createClient, createPayingFetch, privateKeyAccount, usd } from '@turnpike/sdk'

const [node = '', shop = '', key = '', thief = ''] = process.argv.slice(2)
const purchases = 15

const client = createClient({ url: node, timeoutMs: 10_000 })
const signer = privateKeyAccount(key)
const budget = { perCall: usd('1') }
const payingFetch = createPayingFetch(client, { signer, budget, timeoutMs: 10_000, deadlineMs: 20_000 })
const codes: string[] = []
const note = async (done: Promise<unknown>): Promise<void> =>
  void codes.push(
    await done.then(
      () => 'done',
      (error: unknown) => String((error as { readonly code?: unknown }).code ?? error),
    ),
  )
await Promise.all(Array.from({ length: purchases }, (_, i) => note(payingFetch(`${shop}/${i}`))))
for (const amount of [1n, 10_000n]) await note(charge(client, { signer, payee: thief, amount }))
process.stdout.write(codes.join(' '))
