// What people of a run do at the doors of the node: the same honest and hostile people as in the core alone, by every door there is,
// and those who send what is no request at all.
import { Hex, opToJson, type Hash, type Op } from '@turnpike/chain/wire'
import { tell } from '../auditor/promises.ts'
import type { Random } from '../random.ts'
import { faucetActions } from '../workload/faucet.ts'
import { signPermission } from '../workload/signing.ts'
import { pickAmount, pickPayee, pickPayer, type Permission, type Stage } from '../workload/stage.ts'
import type { Chosen } from '../workload/troupe.ts'
import { fieldsOf, textOf, type Answer } from './clients.ts'
import { askOutcome, paymentBody, sell, type Shop } from './shop.ts'

export type Business = { readonly name: string; readonly run: () => Promise<void> }

const triesMax = 12

/** Hands an operation in until it is answered, as a client does that was told to send the same bytes again. */
export async function handIn(shop: Shop, op: Op, random: Random): Promise<Answer> {
  const { clients, note } = shop
  const sent = random.percent(50) ? Hex.fromBytes(op.bytes) : opToJson(op)
  for (let i = 0; i < triesMax; i++) {
    const answer = await clients.call('turnpike_submit', [sent])
    if (answer !== undefined) {
      const code = judgeAnswer(shop, op, answer)
      if (code !== 'later') {
        note(`${op.message.type}: ${code}`)
        return answer
      }
    }
    note('an operation is handed in again')
    await clients.think()
  }
  return undefined
}

const internalError = -32_603

/** Remembers what was acknowledged; says how it was answered. */
function judgeAnswer({ promises, complain }: Shop, op: Op, answer: NonNullable<Answer>): string {
  if (answer.status !== 200) return 'later'
  const { result, error } = fieldsOf(answer.body)
  if (error === undefined) {
    const { sequence, op: id } = fieldsOf(result)
    complain(tell(promises, id as Hash.Hash, { sequence: sequence as number, by: 'submit' }))
    // An alias stands for the payment that it was first given to, and a third attempt for the second.
    const isOwn = op.relay.alias === undefined && op.message.type !== 'payments/hold'
    if (isOwn && id !== op.id) complain(`${op.id} was answered with the receipt of ${textOf(id)}`)
    return 'receipt'
  }
  const { code, data } = fieldsOf(error)
  if (code === internalError) complain(`${op.message.type} ${op.id} was answered with an internal error`)
  const { code: refusal, retry } = fieldsOf(data)
  return retry === 'later' && typeof refusal === 'string' && /^(engine|signatures|node)\//.test(refusal)
    ? 'later'
    : textOf(refusal ?? code)
}

/** Somebody signs a payment. */
function permit(stage: Stage, random: Random): Permission {
  const { account, key } = pickPayer(stage, random)
  const asset = random.pick(stage.assets).address
  const value = pickAmount(stage, random, { account, asset })
  const permission = signPermission(stage, random, { by: key, to: pickPayee(stage, random), asset, value })
  stage.permissions.push(permission)
  return permission
}

/** Something that somebody does. */
export function chooseBusiness(shop: Shop, chosen: Chosen, random: Random): Business | undefined {
  const { stage, clients, promises } = shop
  const place = random.int(100)
  // Before there is money, nothing can be paid.
  if (promises.books.sequence < beginningReceipts && place < 50) return fund(shop, random)
  if (place < 45) {
    const { name, action, source } = chosen.pick(random)
    const op = action(stage, source)
    if (op === undefined) return undefined
    stage.said.push(op)
    return { name, run: async () => void (await handIn(shop, op, random)) }
  }
  if (place < 75) return { name: 'a payment is shown to sellers', run: () => buy(shop, random) }
  if (place < 80) return { name: 'the faucet is asked', run: () => askFaucet(shop, random) }
  if (place < 88) return { name: 'somebody asks what became of it', run: () => ask(shop, random) }
  const [path, body] = garbage(shop, random)
  return { name: 'somebody sends garbage', run: async () => void (await clients.post(path, body)) }
}

/** Receipts of a beginning, in which people get money. */
const beginningReceipts = 12

function fund(shop: Shop, random: Random): Business {
  const name = 'the operator funds somebody'
  const op = faucetActions[name]!(shop.stage, random)!
  return { name, run: async () => void (await handIn(shop, op, random)) }
}

/** A buyer pays once and shows the payment to one seller, or to several at the same time. */
async function buy(shop: Shop, random: Random): Promise<void> {
  const { stage, clients } = shop
  const earlier = stage.permissions.at(-1 - random.int(8))
  const permission = earlier !== undefined && random.percent(25) ? earlier : permit(stage, random)
  const sellers = random.pick([1, 1, 1, 2, 3])
  await Promise.all(
    Array.from({ length: sellers }, async (_, i) => {
      if (i > 0) await clients.think()
      await sell(shop, permission, random)
    }),
  )
  if (random.percent(20)) await askOutcome(shop, permission)
}

async function askFaucet({ clients, promises, stage, complain }: Shop, random: Random): Promise<void> {
  const amount = random.pick(['1000', '100000', '1000000', '99999999999999', '-1', '0x10'])
  const answer = await clients.post('/faucet', { address: pickPayer(stage, random).account, amount })
  const { operation } = fieldsOf(answer?.body)
  if (answer?.status === 200) complain(tell(promises, operation as Hash.Hash, { by: 'faucet' }))
}

async function ask(shop: Shop, random: Random): Promise<void> {
  const { clients, stage, promises, complain } = shop
  const permission = stage.permissions.at(-1 - random.int(10))
  const receipt = promises.receipts.at(-1 - random.int(20))
  const way = random.int(4)
  if (way === 0) await clients.get(random.pick(['/chain', '/health', '/openapi.json', '/x402/supported', '/metrics']))
  if (way === 1 && permission !== undefined) await askOutcome(shop, permission)
  if (way === 2 && receipt !== undefined) {
    const answer = await clients.get(`/receipts/${receipt.op}`)
    if (answer !== undefined && answer.status !== 200 && answer.status !== 503)
      complain(`the receipt of ${receipt.op} is in the log, and asked for it the node answers ${answer.status}`)
  }
  if (way === 3) {
    const { account } = pickPayer(stage, random)
    const name = random.pick([
      'history/account',
      'history/recent',
      'history/agents',
      'policy/agent',
      'accounts/account',
    ])
    await clients.call('turnpike_query', [name, { account, limit: 5 }])
  }
}

const spoilers: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => text.slice(0, random.int(text.length + 1)),
  (text, random) => text.replace(/"[^"]*"/g, (word) => (random.percent(15) ? '"__proto__"' : word)),
  (text, random) => text.replace(/"[^"]*"/g, (word) => (random.percent(15) ? '-1e400' : word)),
  (text, random) => text.replace(/:/g, (colon) => (random.percent(10) ? ':[' : colon)),
  (text, random) => text.replace(/[0-9a-f]/g, (digit) => (random.percent(3) ? 'G' : digit)),
  (text, random) => text.replace(/[0-9a-f]/g, (digit) => (random.percent(1) ? '\\ud800' : digit)),
  (_, random) => '['.repeat(random.int(20_000)),
  (_, random) => String.fromCharCode(...random.bytes(random.int(300))),
  (_, random) => `{"x402Version":2,"paymentPayload":${'{"a":'.repeat(random.int(60))}`,
]

/** A request that is none: a good one, spoilt. */
function garbage({ stage }: Shop, random: Random): readonly [path: string, body: string] {
  const permission = stage.permissions.at(-1 - random.int(5)) ?? permit(stage, random)
  const payment = JSON.stringify(paymentBody(stage, permission, 'authorization'))
  const said = stage.said.at(-1 - random.int(5))
  const sent = said === undefined ? '0x' : random.percent(50) ? Hex.fromBytes(said.bytes) : opToJson(said)
  const submit = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'turnpike_submit', params: [sent] })
  const [path, text] = random.pick([
    ['/x402/verify', payment],
    ['/x402/settle', payment],
    ['/rpc', submit],
    ['/rpc', `[${submit},${submit}]`],
    ['/faucet', '{"address":"0x7474747474747474747474747474747474747401","amount":"1"}'],
  ] as const)
  return [path, random.pick(spoilers)(text, random)]
}
