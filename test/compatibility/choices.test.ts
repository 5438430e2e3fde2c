// Where official clients pay when a route names one price on a main chain and on Turnpike: told nothing, and told that they may
// spend Turnpike's dollar too. The table of docs/internals/x402.md is what they sign.
import { readFileSync } from 'node:fs'
import type { PaymentRequired } from '@x402/core/types'
import { generatePrivateKey } from '@turnpike/sdk'
import { expect, test } from 'vitest'
import { dollar } from '../../bench/payments.ts'
import { createBuyer, readCredential } from './buyer.ts'
import type { Buying } from './buyer.ts'
import { clientOf, clientNames } from './pairs.ts'
import type { ClientName } from './clients.ts'
import { python } from './python/process.ts'

const page = readFileSync(new URL('../../docs/internals/x402.md', import.meta.url), 'utf8').split('\n')

type Requirements = PaymentRequired['accepts'][number]

function requirements(network: `eip155:${number}`, asset: string, extra: Record<string, string>): Requirements {
  const payTo = '0x00000000000000000000000000000000000000aa'
  return { scheme: 'exact', network, asset, amount: '10000', payTo, maxTimeoutSeconds: 60, extra }
}

const { address, name, version, chainId } = dollar
const ours = requirements(`eip155:${chainId}`, address, { name, version })
/** USDC on Base: every client knows it by itself. */
const theirs = requirements('eip155:8453', '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', {
  name: 'USD Coin',
  version: '2',
})

const places: Readonly<Record<string, string>> = { [ours.network]: 'Turnpike', [theirs.network]: 'Base' }

/** How they say that they may spend none of what is asked. */
const refusal = /spend.?controls/i

/** Where a client pays that is shown these requirements. */
async function choose(client: ClientName, assets: Buying['assets'], accepts: Requirements[]): Promise<string> {
  const required = { x402Version: 2, resource: { url: 'https://shop.example/thing' }, accepts } as PaymentRequired
  const signing = createBuyer({ key: generatePrivateKey(), client, ...(assets && { assets }) }).sign(required)
  const credential = await signing.catch((error: unknown) => {
    expect(String(error)).toMatch(refusal)
    return undefined
  })
  return credential === undefined ? 'nowhere' : places[readCredential(credential).accepted.network]!
}

const rows = clientNames.flatMap((client) => {
  const told = { client, says: 'Turnpike too', assets: undefined }
  return [{ client, says: 'nothing', assets: 'default' as const }, ...(clientOf(client).hasSpendControls ? [told] : [])]
})

test.for(rows)('$client, told $says, pays where the page says', async ({ client, says, assets }, { skip }) => {
  skip(clientOf(client).isPython && python === undefined, 'There is no Python here.')
  const shown = [[theirs, ours], [ours, theirs], [ours]]
  const chosen = await Promise.all(shown.map((accepts) => choose(client, assets, accepts)))
  const row = `| ${[client, says, ...chosen].join(' | ')} |`
  expect(page.filter((line) => line.startsWith(`| ${client} | ${says} |`))).toEqual([row])
})
