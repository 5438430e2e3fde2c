// What is bounded by a constant of the sources: where it stands, what it bounds, and what comes of one more. The values are read from
// the sources; a bound without a row here stops the generator, and so does a row without a bound.

/** What a constant bounds, and what comes of what exceeds it. */
export type Bound = readonly [what: string, beyond: string]

/** The constants of one file by their names. */
export type BoundsOfFile = { readonly [name: string]: Bound }

/** Floors of the house, with their files. */
export const bounds: { readonly [floor: string]: { readonly [file: string]: BoundsOfFile } } = {
  'The chain': {
    'chain/src/wire/op.ts': {
      opBytesMax: ['an operation', '`wire/malformed`'],
      signaturesMax: ['signatures of an operation', '`wire/malformed`'],
      signatureBytesMax: ['one signature', '`wire/malformed`'],
    },
    'chain/src/wire/receipt.ts': { leafBytes: ["a receipt's leaf, exactly", 'no leaf'] },
    'chain/src/kernel/genesis.ts': { assetsMax: ['assets of a chain', 'no genesis'] },
    'chain/src/kernel/execute.ts': {
      duePerBlock: ['what falls due in one block, and two for each of its receipts', 'the next block'],
    },
    'chain/src/modules/accounts/wire.ts': {
      liveNoncesMax: ['nonces of an account that are neither expired nor cancelled', '`accounts/too_many_nonces`'],
      cancelledNoncesMax: ['cancelled nonces of an address, kept for ever', '`accounts/too_many_cancelled`'],
      agentsMax: ['agents of an owner', '`accounts/too_many`'],
      controlPerMinute: ['freezes and tightenings of an agent in a minute', '`accounts/too_many`'],
    },
    'chain/src/modules/payments/wire.ts': {
      aliasLifetimeMs: ['how long a payment identifier stands for its first payment', 'it stands for nothing'],
      aliasesMax: ['payment identifiers of a payer', 'the oldest makes room'],
    },
    'chain/src/modules/policy/wire.ts': {
      holdsMax: ['open holds of a payer', 'judged, and nothing is set aside'],
      wordsBytesMax: ['a policy in words', '`wire/malformed`'],
    },
    'chain/src/modules/policy/document.ts': {
      assetsMax: ['assets of a policy', '`policy/policy_invalid`'],
      capsMax: ['caps of a policy', '`policy/policy_invalid`'],
      payeesMax: ['payees of a policy', '`policy/policy_invalid`'],
      capIdBytesMax: ['the id of a cap', '`policy/policy_invalid`'],
      bucketsMax: ['buckets of a window', '`policy/policy_invalid`'],
      bucketMinMs: ['a bucket, at least', '`policy/policy_invalid`'],
      windowMaxMs: ['a window', '`policy/policy_invalid`'],
      lifeMaxMs: ['how far ahead a policy ends', '`policy/policy_invalid`'],
      authLifetimePolicyMaxMs: ['lifetime of a signature that a policy may allow', '`policy/policy_invalid`'],
      loosenDelayMaxMs: ['the delay of a policy', '`policy/policy_invalid`'],
    },
  },
  Sockets: {
    'node/src/machine/listen.ts': {
      connectionsMax: ['open connections', 'dropped; idle ones are closed to make room'],
      connectionsPerSourceMax: ['open connections of one source, unless set', 'closed'],
      headerBytesMax: ['request line and headers', '431'],
      headersTimeoutMs: ['from the first byte of a request to the end of its headers', '408'],
      requestTimeoutMs: ['from the first byte of a request to its last', '408'],
      stalledTimeoutMs: ['without a byte in either direction while an answer is owed', 'closed'],
      idleTimeoutMs: ['an idle connection', 'closed'],
      closeTimeoutMs: ['answers that have begun when the node is told to stop', 'closed'],
      pipelinedMax: ['requests of a connection that are not answered yet', 'closed'],
    },
    'node/src/machine/sources.ts': {
      sourcePercentMax: ['percent of the requests in progress, and of the event streams, that one source gets', '503'],
    },
    'node/src/machine/logger.ts': {
      DEPTH_MAX: ['how deep a line of the log looks into a value', '`[deep]`'],
      TEXT_MAX: ['characters of a text in a line of the log', 'cut'],
      LINES_PER_MINUTE: ['lines of one message in a minute', 'left out and counted'],
      MESSAGES_MAX: ['messages that are counted', 'the counts begin anew'],
    },
  },
  Gateway: {
    'node/src/gateway/server.ts': {
      bodyBytesMaxDefault: ['a body, where its route says nothing else', '`gateway/too_large`'],
    },
    'node/src/gateway/body.ts': { depthMax: ['how deep JSON is nested', '`gateway/malformed`'] },
    'node/src/gateway/overload.ts': {
      smallBytesMax: ['a body that needs no room', 'it needs room'],
      largeBytesMax: ['all larger bodies that are being read', '`gateway/overloaded`'],
      heldMaxMs: ['how long the answer to a request that was turned away waits', 'it is answered'],
    },
    'node/src/gateway/problem.ts': { textMax: ['characters of a problem and of its hint', 'cut'] },
    'node/src/gateway/events.ts': {
      streamsMaxDefault: ['open event streams, unless set', '`gateway/too_many_streams`'],
      resumeMax: ['missed blocks with which a stream can be taken up again', 'it begins with the present'],
      waitingBytesMax: ['what waits for one reader of a stream', 'the stream ends'],
    },
    'node/src/gateway/faucet.ts': { bodyBytesMax: ['a body for the faucet', '`gateway/too_large`'] },
    'node/src/gateway/x402/facilitator.ts': { bodyBytesMax: ['a body of verify or settle', '`gateway/too_large`'] },
    'node/src/gateway/x402/payload.ts': { textMax: ['characters of a text of requirements', '`gateway/malformed`'] },
    'node/src/gateway/rpc/rpc.ts': {
      bodyBytesMax: ['a body for /rpc', '`gateway/too_large`'],
      batchMax: ['calls of a batch', 'error -32600'],
      answerBytesMax: ['answers of a batch', '`gateway/too_large` for what is left of it'],
      idMax: ['characters of the id of a call', 'error -32600'],
    },
    'node/src/rails/turnpike/request.ts': {
      signatureTextMax: ['characters of a signature', '`invalid_payload`'],
    },
    'node/src/rails/turnpike/exact.ts': {
      attemptsMax: ['attempts to deliver one payment that are counted', 'verify answers from the record'],
    },
  },
  'Signatures and engine': {
    'node/src/signatures/pool.ts': {
      waitingMax: ['signatures that wait for a verdict', '`signatures/overloaded`'],
      batchMax: ['signatures in one message to a thread', 'the next message'],
      hereMax: ['signatures that the main thread judges itself', 'a thread judges'],
    },
    'node/src/signatures/cache.ts': { cachedMax: ['verdicts that are remembered', 'another makes room'] },
    'node/src/engine/embedded/queue.ts': {
      blockOpsMax: ['operations of a block', 'the next block'],
      blockBytesMax: ['operations of a block together', 'the next block'],
    },
    'node/src/engine/embedded/sequencer.ts': {
      waitingMaxDefault: ['operations that wait for a block, unless set', '`engine/overloaded`'],
    },
    'node/src/engine/embedded/openEmbeddedEngine.ts': {
      clockBehindMaxMsDefault: ['how far the clock stands behind the last block, unless set', '`engine/clock_behind`'],
    },
    'node/src/engine/embedded/checkpointFile.ts': {
      FRAME_MAX_BYTES: ['a frame of a checkpoint', '`engine/checkpoint`'],
    },
    'node/src/engine/embedded/mirrorFeed.ts': { backlogBytesMax: ['what a mirror is behind', 'the next block waits'] },
    'node/src/engine/embedded/mirrorThread.ts': {
      restMaxMs: ['a rest of the mirror', 'it goes on'],
      heldBytesMax: ['what the mirror holds while it rests', 'it does not rest'],
    },
  },
  History: {
    'node/src/ledger/historyBudget.ts': {
      rows: ['rows that a question looks at', 'a cursor, or `history/too_slow`'],
      durationMs: ['how long a question looks', 'a cursor, or `history/too_slow`'],
    },
    'node/src/ledger/historyBodies.ts': { bodyBytesMax: ['what is kept of an operation', '`history/damaged`'] },
    'node/src/ledger/historyThreads.ts': { questionsWaitingMax: ['questions that wait', '`engine/overloaded`'] },
    'node/src/ledger/historyPages.ts': {
      listMax: ['payments of an answer', 'a cursor'],
      agentsMax: ['agents of an answer', 'a cursor'],
      sellerRefundsMax: ['refunds of a seller in an answer', 'the newest'],
    },
    'node/src/ledger/historyBooks.ts': {
      hoursMax: ['hours of a seller in an answer', 'the newest'],
      daysMax: ['days of a seller in an answer', 'the newest'],
      assetsMax: ['assets of a period', 'a chain has no more'],
    },
    'node/src/ledger/historyReader.ts': {
      blocksMax: ['blocks of an answer', 'the next answer'],
      blockLeavesMax: ['receipts of blocks in an answer', 'the next answer'],
      candidatesMax: ['operations looked at under one key', 'the others are not found'],
    },
    'node/src/ledger/historyKeys.ts': {
      sortedMax: ['keys sorted at a time', 'a mistake of the node'],
      mergedMax: ['receipts of a merged run', 'another run'],
    },
    'node/src/ledger/history.ts': { unwrittenMax: ['receipts that wait for history', '`engine/overloaded`'] },
    'node/src/ledger/questions.ts': { askingMaxMs: ['how long a signed question holds', '`accounts/not_yours`'] },
    'node/src/ledger/refusalRings.ts': {
      ringsMax: ['accounts, and payees, whose refusals are kept', 'the oldest make room'],
    },
  },
  Client: {
    'sdk/src/transport.ts': { defaultTimeoutMs: ['one request to the node, unless set', '`sdk/timeout`'] },
    'sdk/src/eventStream.ts': { eventCharsMax: ['characters of an event', '`sdk/malformed_answer`'] },
    'sdk/src/actions/getRefunds.ts': {
      refundsMax: ['refunds of one payment that are summed', '`sdk/refunds_unknown`'],
      questionsMax: ['questions that are asked for them', '`sdk/refunds_unknown`'],
    },
    'sdk/src/buyer/payingFetch.ts': {
      defaultTimeoutMs: ['one answer of a seller, unless set', '`sdk/seller_timeout`'],
      defaultDeadlineMs: [
        'a whole call, unless set',
        '`sdk/seller_timeout`, or `sdk/outcome_unknown` once it was signed',
      ],
    },
    'sdk/src/buyer/namedCalls.ts': {
      namedCallsMax: ['named calls that are remembered', 'the oldest that can no longer be paid makes room'],
    },
    'sdk/src/buyer/challenge.ts': {
      headerCharactersMax: ['characters of a 402', '`sdk/malformed_challenge`'],
      offersMax: ['offers of a 402', '`sdk/malformed_challenge`'],
    },
    'sdk/src/buyer/call.ts': {
      sendsMax: ['how often a call sends its payment', 'what became of it is asked'],
      renewalsMax: ['how often a call signs anew after its payment can never happen', '`sdk/payment_expired`'],
      waitMaxMs: ['how long a seller makes us wait at a time', 'it is asked again'],
    },
    'sdk/src/buyer/outcome.ts': {
      lookUpsMax: ['how often the ledger is asked for an outcome', '`sdk/outcome_unknown`'],
    },
    'sdk/src/buyer/purchase.ts': { reclaimedMax: ['ended payments asked for at once', 'the next call asks'] },
    'sdk/src/buyer/priceMemory.ts': { routesMax: ['routes whose price is remembered', 'the oldest makes room'] },
    'sdk/src/buyer/send.ts': {
      redirectsMax: ['redirects of one request', '`sdk/redirect_refused`'],
      discardBytesMax: ['what is read of an answer to keep its connection', 'the connection is closed'],
    },
    'sdk/src/seller/exactScheme.ts': {
      lifetimeMaxSeconds: ['seconds for which a seller lets a payment be signed', 'it is signed for so long'],
    },
    'sdk/src/buyer/untrusted.ts': { bytesMaxByDefault: ['an answer read as data, unless set', 'cut, and said so'] },
  },
  'Command line': {
    'cli/src/keystore.ts': {
      derivationBytesMax: ['what a keystore makes us compute', '`keystore/malformed`'],
      fileBytesMax: ['a keystore', '`keystore/malformed`'],
    },
    'cli/src/commands/agent.ts': { nameBytesMax: ['the name of an agent', '`cli/usage`'] },
  },
}

/** Constants that look like bounds and bound nothing of anybody's: memories, sizes of work, what the platform sets. */
export const unbounding: readonly string[] = [
  'node/src/machine/clock.ts TIMER_MAX_MS',
  'node/src/engine/embedded/redoLog.ts waitingBytesMax',
  'node/src/engine/embedded/redoFile.ts redoBytesMax',
  'node/src/engine/embedded/checkpoints.ts frameBytesMax',
  'node/src/ledger/historyWriter.ts buyersBehindMax',
  'node/src/ledger/historyBuyers.ts topBuyersMax',
  'node/src/ledger/historyBuyers.ts floorsMax',
]
