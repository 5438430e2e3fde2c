// The core alone: payments a second in one thread at a million accounts, with and without policy counters, and the memory an
// account takes. `--accounts N` for another number, `--json` for growth.bench.ts. Operations are decoded and their signers known, as when they come from the signature workers or the block log.
import { hash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  advance,
  createChain,
  createState,
  developmentModules,
  executeBlock,
  protocolOf,
  violations,
  viewOf,
} from '@turnpike/chain'
import type { App, State } from '@turnpike/chain'
import { Address, createOp, Hash, installHashes, Refusal, sha256 } from '@turnpike/chain/wire'
import type { AnyMessage, Definition, Op, Protocol, Signature } from '@turnpike/chain/wire'
import * as faucet from '@turnpike/chain/wire/faucet'
import * as payments from '@turnpike/chain/wire/payments'
import { keccak256 } from './primitives.ts'
import { createAgents, counters } from './agents.ts'
import { describeLoad, describeMachine, renderTable, writeSection } from './report.ts'
import { measureRecoverUs, median } from './unit.ts'

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, accounts: { type: 'string' }, json: { type: 'boolean' } },
})
const { quick } = flags
const accounts = Number(flags.accounts ?? (quick ? 100_000 : 1_000_000))
const payers = Math.min(quick ? 1_000 : 10_000, accounts)
const rounds = quick ? 3 : 5
const paymentsPerRound = quick ? 50_000 : 100_000
const blockOps = 256
const begin = 1_800_000_000_000
const dollar = Address.parse('0x7474747474747474747474747474747474747401')!
const operator = addressOf(0xffff_ffff)

function addressOf(index: number): Address.Address {
  return Address.fromBytes(sha256(Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index)))
}

let nonces = 0
function nonce(): Hash.Hash {
  return `0x${(++nonces).toString(16).padStart(64, '0')}` as Hash.Hash
}

const signature = { kind: 1, bytes: new Uint8Array(65) } as const
/** Signers are known before the core runs: an authorization names its own, everything native here is the operator's or an owner's. */
const signers = new Map<Hash.Hash, Address.Address>()
const verify = (of: Signature): Address.Address | undefined => of.signer ?? signers.get(of.digest)

type Chain = { readonly app: App; readonly state: State; readonly protocol: Protocol; time: number }

function createChainAtGenesis(): Chain {
  const app = createChain(developmentModules)
  const assets = [{ symbol: 'pUSD', name: 'Turnpike USD', version: '1', decimals: 6, currency: 'USD', address: dollar }]
  const genesis = {
    format: 1,
    chainId: 402402,
    time: begin,
    sequencer: Hash.zero,
    operator,
    tollAccount: operator,
    assets,
    params: {},
  }
  const state = createState(app, genesis, [1, 2])
  return { app, state, protocol: protocolOf(app, state), time: begin }
}

function createNative(chain: Chain, definition: Definition, fields: AnyMessage, by: Address.Address): Op {
  const message = { ...fields, account: by, nonce: nonce(), validBefore: chain.time + 2 }
  const op = createOp(chain.protocol.domains, {
    definition,
    message,
    signatures: [signature, ...definition.proofs.map(() => signature)],
  })
  signers.set(op.digest, by)
  return op
}

function run(chain: Chain, ops: readonly Op[]): void {
  const { app, state } = chain
  const result = executeBlock(app, state, { height: state.head.height + 1, time: chain.time, ops }, verify)
  for (const outcome of result.outcomes) if (outcome instanceof Refusal) throw outcome
  advance(state, result)
  state.store.keep()
}

/** Funds accounts block by block; nothing of them stays on the heap, which is measured afterwards. */
function fund(chain: Chain, count: number, addressAt: (i: number) => Address.Address): void {
  for (let at = 0; at < count; at += blockOps) {
    chain.time += 1
    const ops = Array.from({ length: Math.min(blockOps, count - at) }, (_, i) => {
      const fields = { type: 'faucet/drip', to: addressAt(at + i), asset: dollar, amount: 10_000_000n }
      return createNative(chain, faucet.drip, fields, operator)
    })
    run(chain, ops)
    signers.clear()
  }
}

function createPayments(chain: Chain, from: readonly Address.Address[], count: number): readonly Op[] {
  const validBefore = Math.floor(chain.time / 1000) + 300
  return Array.from({ length: count }, (_, i) => {
    const to = addressOf((i * 7919) % accounts)
    const message = {
      type: 'payments/transferWithAuthorization',
      asset: dollar,
      from: from[i % from.length]!,
      to,
      value: 1_000n,
      validAfter: 0,
      validBefore,
      nonce: nonce(),
    }
    return createOp(chain.protocol.domains, {
      definition: payments.transferWithAuthorization,
      message,
      signatures: [signature],
    })
  })
}

/** Microseconds of CPU in this thread that some work takes for each payment of a round. */
function measure(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / paymentsPerRound
}

/** Pays once per payment of a round; after that everything expires, and its nonces are removed by the blocks that follow. */
function measureRound(
  chain: Chain,
  from: readonly Address.Address[],
): { readonly pay: number; readonly expire: number } {
  const ops = createPayments(chain, from, paymentsPerRound)
  const pay = measure(() => {
    for (let at = 0; at < ops.length; at += blockOps) {
      chain.time += 1
      run(chain, ops.slice(at, at + blockOps))
    }
  })
  chain.time += 301_000
  const expire = measure(() => {
    while ((chain.state.store.firstDue ?? Infinity) <= chain.time) run(chain, [])
  })
  return { pay, expire }
}

function residentBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

// The same functions that a node installs at boot.
installHashes({
  keccak256,
  sha256(data) {
    const text = hash('sha256', data, 'binary')
    const digest = new Uint8Array(32)
    for (let i = 0; i < digest.length; i++) digest[i] = text.charCodeAt(i)
    return digest
  },
})
const recoverUs = measureRecoverUs()
const chain = createChainAtGenesis()
const empty = residentBytes()
fund(chain, accounts, addressOf)
const perAccount = (residentBytes() - empty) / accounts
// Owners that pay lie past the payees, so that nobody pays himself.
const owners = Array.from({ length: payers }, (_, i) => addressOf(accounts + i))
fund(chain, payers, (i) => owners[i]!)
const kinds = new Map<string, readonly Address.Address[]>([['owner accounts, no policy', owners]])
for (const count of counters) {
  const agents = createAgents({
    count: payers,
    counters: count,
    state: chain.state,
    operator,
    addressOf: (i) => addressOf(accounts * 2 + i),
    create: (definition, fields, by) => createNative(chain, definition, fields, by),
    run(ops) {
      chain.time += 1
      run(chain, ops)
    },
  })
  fund(chain, payers, (i) => agents[i]!)
  kinds.set(`agents with ${count} policy counters`, agents)
}
const figures = new Map([...kinds.keys()].map((name): [string, number[]] => [name, []]))
const expiries: number[] = []
for (let round = 0; round <= rounds; round++) {
  for (const [name, from] of kinds) {
    const { pay, expire } = measureRound(chain, from)
    if (round === 0) continue
    figures.get(name)!.push(pay)
    expiries.push(expire)
  }
}
const broken = violations(chain.app, viewOf(chain.state, chain.time))
if (broken.length > 0) throw new Error(JSON.stringify(broken))

const base = median(figures.get('owner accounts, no policy')!)
const rows = [...figures].map(([name, all]) => {
  const us = median(all)
  return [
    name,
    us.toFixed(2),
    (us / recoverUs).toFixed(3),
    Math.round(1e6 / us).toLocaleString('en'),
    `${((us / base - 1) * 100).toFixed(0)} %`,
  ]
})
const expiryUs = median(expiries)
rows.push(['later: its nonce expires', expiryUs.toFixed(2), (expiryUs / recoverUs).toFixed(3), '', ''])
const table = renderTable(['payer', 'us of CPU', 'R', 'payments/s', 'over no policy'], rows)
const summary = `${accounts.toLocaleString('en')} accounts, ${perAccount.toFixed(0)} bytes each resident; blocks of ${blockOps}; R = ${recoverUs.toFixed(1)} us; load ${describeLoad()}; ${describeMachine()}`
const medians = Object.fromEntries(
  [...figures, ['expiry of a nonce', expiries] as const].map(([name, all]) => [name, median(all)]),
)
if (flags.json) console.log(JSON.stringify({ accounts, perAccount, recoverUs, us: base }))
else console.log(`${summary}\n\n${table}`)
if (!quick && flags.accounts === undefined) {
  const markdown = `## The core alone\n\n\`npm run bench -- core\`: median of ${rounds} alternating rounds of ${paymentsPerRound.toLocaleString('en')} payments. ${summary}.\n\n${table}`
  writeSection({
    name: 'core',
    markdown,
    figures: { accounts, perAccount, recoverUs, medians },
  })
}
