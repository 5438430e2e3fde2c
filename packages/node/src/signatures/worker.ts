// The worker thread: says which verifier it has, then answers each batch of rows with the signers, in order.
import { openPort } from '../machine/threads.ts'
import { createRecovery } from './native.ts'
import type { Greeting } from './native.ts'
import { recoverBatch } from './rows.ts'

const { recover, ...greeting } = await createRecovery()
const port = openPort()
port.on('message', (batch) => {
  const signers = recoverBatch(batch as Uint8Array, recover)
  port.postMessage(signers, [signers.buffer])
})
port.postMessage(greeting satisfies Greeting)
