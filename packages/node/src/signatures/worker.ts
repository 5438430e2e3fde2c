// The worker thread: says which verifier it has, then answers each batch of rows with the signers, in order.
import type { RunThread } from '../machine/Machine.ts'
import { createRecovery } from './native.ts'
import type { Greeting } from './native.ts'
import { recoverBatch } from './rows.ts'

/** Runs in a thread of its own. */
export const run: RunThread = async ({ port }) => {
  const { recover, ...greeting } = await createRecovery()
  port.on('message', (batch) => {
    const signers = recoverBatch(batch as Uint8Array, recover)
    port.postMessage(signers, [signers.buffer])
  })
  port.postMessage(greeting satisfies Greeting)
}
