// One sentence for each row that has none in its table. The generator stops where a row has no sentence, or a sentence no row.

type Texts = { readonly [name: string]: string }

export const messageTexts: Texts = {
  'policy/createAgent': 'Opens an agent account under its owner, with its first key and its policy.',
  'policy/freeze': 'Stops an agent at once; what waits for it is void.',
  'policy/tightenPolicy': 'Narrows a policy at once.',
  'policy/unfreeze': 'Lets a frozen agent pay again, after the delay of its policy.',
  'policy/proposePolicy': 'Replaces a policy by any other, after the delay of the old one.',
  'policy/sweep': "The owner takes an agent's money back: no cap, no toll, also when frozen.",
  'token/transfer': 'An owner account sends money; no toll.',
  'payments/transferWithAuthorization':
    "A payment by the payer's signed authorization (EIP-3009), which anybody may hand in.",
  'payments/cancelAuthorization': 'The payer takes an unused authorization back, for ever.',
  'payments/charge': 'A payment that its payer hands in.',
  'payments/hold': 'Sets the money of an authorization aside for one attempt to deliver; what verify takes.',
  'payments/refund': 'A toll-free transfer from payee to payer that names the operation it refunds.',
  'faucet/drip': 'The operator of a development chain gives money away.',
}

export const eventTexts: Texts = {
  'bank/Transfer': 'Money went from one account to another; from the zero address: it was issued.',
  'policy/AgentCreated': 'An agent was opened under its owner.',
  'policy/Changed':
    'A policy or its status changed, or will at `effectiveAt` ms: until then both versions are the old one.',
  'policy/Swept': 'The owner took money back from an agent.',
  'payments/Held': 'Money was set aside for a payment until `ends` ms; `attempts` 2 means several.',
  'payments/AuthorizationCancelled': 'A nonce was taken back, for ever.',
}

export const paramTexts: Texts = {
  accountMin: 'least first credit, in base units, that opens an account',
  authLifetimeMaxMs: "how far ahead a signature's validity may end",
  freePerMinute: 'operations of one account and minute that move no money',
  tollBasisPoints: 'the rate of the toll, in 1/10,000 of the amount',
  tollMax: 'the most toll of one payment, in base units',
  holdMaxMs: 'the longest hold that verify may take',
  verifyHolds: 'whether verify sets the money aside; false makes it a dry run',
  faucetMax: 'the most that one call of the faucet gives, in base units',
  faucetDefault: 'what a call gives that names no amount',
  faucetSupply: 'the most that all calls give of one asset',
}

export const queryTexts: Texts = {
  'bank/supply': 'How much of an asset there is.',
  'bank/balance': 'What an account can spend of an asset, and what holds have set aside. Any of its addresses will do.',
  'accounts/account': 'The account that an address stands for, and its owner if it is an agent.',
  'payments/payment':
    'The live record of a payment, by what its payer knows; `none` once it has expired. The zero address as asset for native messages.',
  'policy/policy': "An agent's policy in force: document, bytes, hash, words, version.",
  'policy/agent': 'All that an owner wants to see of an agent at one glance.',
  'policy/check': 'What a payment would come to now. It promises nothing.',
  'policy/refusals': '`{refusals}`: the last refusals of an account, newest first, with their codes and values.',
  'history/recent':
    '`{payments, totals, next?, begin?}`: the last payments of the chain, newest first, and the sums by asset. `next` is the cursor to go on with; `begin` says from where on receipts are kept, if some were dropped.',
  'history/account':
    '`{payments, next?, begin?}`: the payments of an account, newest first; `cursor` is the `next` of an answer before.',
  'history/refunds': '`{payments, next?, begin?}`: the refunds of an operation that an account made, newest first.',
  'history/seller':
    '`{totals, hours, days, buyers, refusals, refunds}`: what a payee earned by hour and day, from whom, and what was refused.',
  'history/agents': '`{agents, next?}`: the newest agents with their owners, all or those of one owner.',
}

export const settingTexts: Texts = {
  home: 'the data directory',
  host: 'the address to listen on',
  port: 'the port; 0 takes a free one',
  dev: 'a development chain: chain id 402402, a faucet, no operator token on loopback',
  devPublic: 'a development chain may be reached from outside this machine',
  genesisFile: 'a genesis document; needed at the first start of a chain that is no development chain',
  pages: 'the folder of the built pages',
  logLevel: 'which lines of the log are written: those of its level and above',
  concurrencyMax: 'the most requests in progress',
  connectionsPerSourceMax:
    'the most open connections of one source: an IPv4 address, or 64 bits of IPv6; raise it behind a proxy that opens more',
  streamsMax: 'the most open event streams',
  waitingMax: 'the most operations that wait for a block',
  segmentBytes: 'size of a new segment of the block log',
  checkpointBytes:
    'so much log behind the last checkpoint makes the next one due, if it is a quarter of the state as well',
  freeBytesMin: 'below so many free bytes on its disk the node is read-only',
  retain:
    'how much of history is kept at least: a number of receipts, or a duration such as 36h, 30d or 2y; a day and an hour are kept in any case',
  clockBehindMaxMs: 'a node whose clock stands further behind the last block does not start',
}
