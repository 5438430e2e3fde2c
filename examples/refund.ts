// A seller gives a payment back, whole or in part. Called again after a crash, it moves nothing twice.
// Run: SELLER_KEY=0x… npx node --conditions=@turnpike/source examples/refund.ts OPERATION [DOLLARS]
import { createClient, formatUnits, privateKeyAccount, refundPayment, usd } from '@turnpike/sdk'
import { Hash } from '@turnpike/chain/wire'

const key = process.env['SELLER_KEY']
if (key === undefined) throw new Error('Set SELLER_KEY to the key of the account that was paid.')
const [, , named, dollars] = process.argv
const operation = Hash.parse(named)
if (operation === undefined) throw new Error('Name the operation that paid: 0x and 64 hexadecimal digits.')

const client = createClient({ url: process.env['NODE_URL'] ?? 'http://127.0.0.1:4020', chainId: 402402 })
const { amount, refunded, paid, asset, isRepeat } = await refundPayment(client, {
  signer: privateKeyAccount(key),
  operation,
  ...(dollars !== undefined && { amount: usd(dollars) }),
})

// A repeated call is answered with the refund that was made: nothing to worry about, and nothing to undo.
const shown = (units: bigint): string => `${formatUnits(units, asset.decimals)} ${asset.symbol}`
console.log(`${shown(amount)} ${isRepeat ? 'had gone' : 'went'} back, ${shown(refunded)} of ${shown(paid)} in all.`)
