// The first module of every thread: imports the one that the thread is for, and hands it its port and its machine.
import { workerData } from 'node:worker_threads'
import { createClock } from './clock.ts'
import { createDatabases } from './database.ts'
import { createDisk } from './disk.ts'
import { createHashes } from './hashes.ts'
import type { RunThread } from './Machine.ts'
import { openPort } from './threads.ts'

const { run } = (await import(workerData as string)) as { readonly run?: RunThread }
const machine = { disk: createDisk(), clock: createClock(), databases: createDatabases(), hashes: await createHashes() }
await run?.({ port: openPort(), machine })
