// House rule 3: locked doors. Who may move money, who may issue it, and where the machine begins.
import { arrowsOf, at, isTest, moduleOf } from './tree.ts'
import type { Arrow, Finding, Rule, Tree } from './tree.ts'

const bank = 'packages/chain/src/modules/bank/'

/** The locked files and the modules that hold a key. This list grows only with a line in ARCHITECTURE.md that says why. */
const locked: Readonly<Record<string, readonly string[]>> = {
  [`${bank}move.ts`]: ['policy'],
  [`${bank}lock.ts`]: ['policy'],
  [`${bank}issue.ts`]: ['faucet'],
}

/** Packages that reach the operating system, or are native: their homes are machine/ and signatures/native.ts. */
const machinePackages: ReadonlySet<string> = new Set([
  'secp256k1',
  'hash-wasm',
  'pino',
  'prom-client',
  '@hono/node-server',
  'hono',
  '@chainsafe/hashtree',
  '@bitauth/libauth',
  'undici',
])

/** Whether a file of chain is locked: only the modules named here import it. */
export function isLocked(path: string): boolean {
  return path in locked
}

function moneyDoors(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  for (const arrow of arrowsOf(tree, (path) => !isTest(path))) {
    if (arrow.target.kind !== 'file' || !isLocked(arrow.target.path)) continue
    const from = moduleOf(arrow.from)
    const holders = locked[arrow.target.path]!
    const isShown = arrow.from === `${bank}index.ts`
    if (from !== undefined && !isShown && (from === 'bank' || holders.includes(from))) continue
    findings.push(
      at(arrow, `only ${holders.join(', ')} may open this door. Money leaves an account through policy/spend.ts.`),
    )
  }
  return findings
}

function isMachine(path: string): boolean {
  return path.startsWith('packages/node/src/machine/') || path === 'packages/node/src/signatures/native.ts'
}

function machineDoors(tree: Tree): readonly Finding[] {
  const isSystem = (arrow: Arrow): boolean =>
    arrow.target.kind === 'outside' && (arrow.target.name.startsWith('node:') || machinePackages.has(arrow.target.name))
  return arrowsOf(tree, (path) => path.startsWith('packages/node/src/') && !isTest(path) && !isMachine(path))
    .filter(isSystem)
    .map((arrow) =>
      at(
        arrow,
        'only machine/ and signatures/native.ts touch the machine. Ask for it through Machine, so that the simulator can stand in.',
      ),
    )
}

function pureDoors(tree: Tree): readonly Finding[] {
  const pure = /^packages\/(?:chain|sdk|explorer)\/src\//
  const isNode = (arrow: Arrow): boolean => arrow.target.kind === 'outside' && arrow.target.name.startsWith('node:')
  const findings = arrowsOf(tree, (path) => pure.test(path) && !isTest(path))
    .filter(isNode)
    .map((arrow) => at(arrow, 'this code also runs in a browser. Do it in packages/cli or in node/src/machine.'))
  const foreign = arrowsOf(tree, (path) => path.startsWith('packages/chain/src/') && !isTest(path)).filter(
    (arrow) => arrow.target.kind === 'outside' && !isNode(arrow) && !arrow.target.name.startsWith('@noble/'),
  )
  return [...findings, ...foreign.map((arrow) => at(arrow, 'chain stands on @noble/hashes and @noble/curves alone.'))]
}

/** House rule 3. */
export const doors: Rule = {
  item: '3',
  claim: 'locked doors: money through policy, issue through the named few, the machine through machine/',
  check: (tree) => [...moneyDoors(tree), ...machineDoors(tree), ...pureDoors(tree)],
  good: {
    'packages/chain/src/modules/policy/spend.ts': "import { move } from '../bank/move.ts'\n",
    'packages/chain/src/modules/faucet/drip.ts': "import { issue } from '../bank/issue.ts'\n",
    'packages/chain/src/modules/bank/vault.ts': "import { move } from './move.ts'\n",
    'packages/chain/src/crypto/hash.ts': "import { sha256 } from '@noble/hashes/sha2.js'\n",
    'packages/node/src/machine/disk.ts': "import { open } from 'node:fs'\n",
    'packages/node/src/signatures/native.ts': "import secp256k1 from 'secp256k1'\n",
    'packages/node/src/gateway/server.ts': "import * as z from 'zod/mini'\n",
    'packages/node/src/engine/recover.test.ts': "import { tmpdir } from 'node:os'\n",
    'packages/cli/src/keystore.ts': "import { readFile } from 'node:fs/promises'\n",
  },
  bad: [
    {
      name: 'a second door for money',
      change: { 'packages/chain/src/modules/payments/charge.ts': "import { move } from '../bank/move.ts'\n" },
      finds: 'charge.ts:1 imports ../bank/move.ts: only policy may open this door',
    },
    {
      name: 'a lock taken past the policy',
      change: { 'packages/chain/src/modules/payments/hold.ts': "import { lock } from '../bank/lock.ts'\n" },
      finds: 'hold.ts:1 imports ../bank/lock.ts: only policy',
    },
    {
      name: 'money issued by one who may not',
      change: { 'packages/chain/src/modules/policy/agent.ts': "import { issue } from '../bank/issue.ts'\n" },
      finds: 'only faucet may open this door',
    },
    {
      name: 'the face of bank shows a locked file',
      change: { 'packages/chain/src/modules/bank/index.ts': "export { move } from './move.ts'\n" },
      finds: 'bank/index.ts:1',
    },
    {
      name: 'the engine opens a file itself',
      change: { 'packages/node/src/engine/embedded/blockLog.ts': "import { open } from 'node:fs'\n" },
      finds: 'blockLog.ts:1 imports node:fs: only machine/',
    },
    {
      name: 'a native package outside its home',
      change: { 'packages/node/src/signatures/pool.ts': "import secp256k1 from 'secp256k1'\n" },
      finds: 'pool.ts:1 imports secp256k1: only machine/',
    },
    {
      name: 'the SDK needs Node',
      change: { 'packages/sdk/src/client.ts': "import { readFile } from 'node:fs/promises'\n" },
      finds: 'also runs in a browser',
    },
    {
      name: 'the pure core takes a dependency',
      change: { 'packages/chain/src/codec/Codec.ts': "import { hexToBytes } from 'viem'\n" },
      finds: 'chain stands on @noble/hashes',
    },
  ],
}
