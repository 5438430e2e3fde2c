// The one table of commands. A row says how a command is used; its file is loaded when it is called.
import type { Command, Flag } from './command.ts'

const url: Flag = { value: 'URL', summary: 'the node; default http://127.0.0.1:4020' }
const data: Flag = { value: 'DIR', summary: 'the data directory; default .turnpike' }
const home: Flag = { value: 'DIR', summary: 'the data directory, with keystores in keys/; default .turnpike' }
const asset: Flag = { value: 'SYMBOL', summary: "an asset by symbol or address; default the chain's first" }
const owner: Flag = {
  value: 'KEYSTORE',
  summary: 'keystore of the owner: a name in keys/ or a file; default owner. TURNPIKE_OWNER_KEY (hex) goes first',
}
const noPassword: Flag = {
  isSwitch: true,
  summary: 'make keystores without a password: for development, protected by file rights alone',
}
const remote = { url, home }
const asOwner = { ...remote, owner }
const agentName = { name: 'NAME_OR_ADDRESS', summary: "the agent's name under its owner, or its address" }

/** Every command. */
export const commands: readonly Command[] = [
  {
    name: 'up',
    summary: 'Runs a node in the foreground until it is told to stop.',
    args: [],
    flags: {
      home: data,
      port: { value: 'N', summary: 'the port; default 4020, 0 takes a free one' },
      host: { value: 'ADDR', summary: 'the address to listen on; default 127.0.0.1' },
      dev: { isSwitch: true, summary: 'a development chain: play money, a faucet, no operator token on this machine' },
      'dev-public': { isSwitch: true, summary: 'let a development chain be reached from outside this machine' },
      genesis: { value: 'FILE', summary: 'the genesis document; needed at the first start without --dev' },
      retain: { value: 'N_OR_TIME', summary: 'receipts to keep, or for how long, such as 30d; default all' },
    },
    load: async () => (await import('./commands/up.ts')).up,
  },
  {
    name: 'demo',
    summary: 'Runs a node, a priced API and an agent that buys until the ledger says no.',
    args: [],
    flags: {
      home: data,
      port: { value: 'N', summary: 'the port of the node, the API is on the next; default 4020' },
      once: { isSwitch: true, summary: 'exit after the refusal: 0, or 1 if it did not come' },
      seconds: { value: 'N', summary: 'how long the purchases take; default 10' },
    },
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  {
    name: 'wallet create',
    summary: 'Makes a key and keeps it in a keystore (Ethereum V3).',
    args: [{ name: 'NAME', summary: 'its name in keys/' }],
    flags: { home, 'no-password': noPassword },
    load: async () => (await import('./commands/wallet.ts')).create,
  },
  {
    name: 'wallet show',
    summary: 'Shows keystores with their addresses, and one with its balances.',
    args: [{ name: 'NAME_OR_ADDRESS', summary: 'one of them, or any address', isOptional: true }],
    flags: remote,
    load: async () => (await import('./commands/wallet.ts')).show,
  },
  {
    name: 'wallet fund',
    summary: "Asks a development chain's faucet for play money.",
    args: [{ name: 'NAME_OR_ADDRESS', summary: 'who gets it' }],
    flags: {
      ...remote,
      amount: { value: 'AMOUNT', summary: 'how much, in whole units such as 2.50; default what the faucet gives' },
      asset,
    },
    load: async () => (await import('./commands/wallet.ts')).fund,
  },
  {
    name: 'wallet send',
    summary: "Sends an owner's money to another account.",
    args: [
      { name: 'TO', summary: 'a name in keys/ or an address' },
      { name: 'AMOUNT', summary: 'how much, in whole units such as 2.50' },
    ],
    flags: { ...asOwner, asset },
    load: async () => (await import('./commands/wallet.ts')).send,
  },
  {
    name: 'agent create',
    summary: 'Makes an agent: an account with a key and a policy that the ledger enforces.',
    args: [{ name: 'NAME', summary: 'unique among the agents of its owner' }],
    flags: {
      ...asOwner,
      key: {
        value: 'KEYSTORE_OR_ADDRESS',
        summary:
          'the key that pays: a keystore, or an address with --key-proof; default TURNPIKE_AGENT_KEY (hex), else a new keystore',
      },
      'key-proof': { value: 'SIGNATURE', summary: 'the signature of that address over its KeyProof' },
      'per-call': { value: 'DOLLARS', summary: 'the most in one payment' },
      'per-day': { value: 'DOLLARS', summary: 'the most in any 24 hours' },
      lifetime: { value: 'DOLLARS', summary: 'the most in all' },
      policy: { value: 'FILE', summary: 'a policy document in JSON instead of the three caps' },
      'no-password': noPassword,
    },
    load: async () => (await import('./commands/agent.ts')).create,
  },
  {
    name: 'agent policy',
    summary:
      'Shows the policy of an agent and what is left of it; with a file, tightens it at once or proposes a wider one.',
    args: [agentName],
    flags: { ...asOwner, policy: { value: 'FILE', summary: 'the new policy document in JSON' } },
    load: async () => (await import('./commands/agent.ts')).policy,
  },
  {
    name: 'agent freeze',
    summary: 'Stops an agent at once.',
    args: [agentName],
    flags: asOwner,
    load: async () => (await import('./commands/agent.ts')).freeze,
  },
  {
    name: 'agent unfreeze',
    summary: 'Lets a frozen agent pay again.',
    args: [agentName],
    flags: asOwner,
    load: async () => (await import('./commands/agent.ts')).unfreeze,
  },
  {
    name: 'agent sweep',
    summary: "Takes an agent's money back to its owner.",
    args: [agentName],
    flags: {
      ...asOwner,
      amount: { value: 'AMOUNT', summary: 'how much, in whole units; default all that no hold has set aside' },
      asset,
    },
    load: async () => (await import('./commands/agent.ts')).sweep,
  },
  {
    name: 'pay',
    summary: "Fetches an address and pays what it costs, once, with an agent's key.",
    args: [{ name: 'URL', summary: 'the address to fetch' }],
    flags: {
      ...remote,
      agent: {
        value: 'KEYSTORE',
        summary: 'keystore of the agent: a name in keys/ or a file. TURNPIKE_AGENT_KEY (hex) pays when none is named',
      },
      max: { value: 'DOLLARS', summary: 'the most that it may cost; default 0.10' },
      method: { value: 'METHOD', summary: 'the method; default GET, with --data POST' },
      data: { value: 'TEXT', summary: 'the body of the request' },
      header: { value: 'LINES', summary: 'headers as "name: value", several on a line each' },
      insecure: { isSwitch: true, summary: 'pay over http as well; on this machine that is always allowed' },
      asset,
    },
    load: async () => (await import('./commands/pay.ts')).pay,
  },
  {
    name: 'status',
    summary: 'Says how a node is and which chain it serves.',
    args: [],
    flags: { url },
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'receipts',
    summary: 'Shows the receipt of an operation, or the last payments of an account.',
    args: [{ name: 'OPERATION_OR_ACCOUNT', summary: 'the id of an operation, an address, or a name in keys/' }],
    flags: { ...remote, limit: { value: 'N', summary: 'how many payments, at most 200; default 20' } },
    load: async () => (await import('./commands/receipts.ts')).receipts,
  },
  {
    name: 'refund',
    summary: 'Gives a payment back to its payer, whole or in part; called again, it moves nothing twice.',
    args: [
      { name: 'OPERATION', summary: 'the operation that paid: the transaction of a settle answer' },
      { name: 'AMOUNT', summary: 'how much, in whole units such as 2.50; default all that is left', isOptional: true },
    ],
    flags: {
      ...asOwner,
      'refunded-before': {
        value: 'AMOUNT',
        summary: 'what was refunded of it so far, to give the same amount once more',
      },
    },
    load: async () => (await import('./commands/refund.ts')).refund,
  },
  {
    name: 'doctor',
    summary: 'Examines a stopped node: the whole log, every signature, every invariant.',
    args: [],
    flags: { home: data },
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
]
