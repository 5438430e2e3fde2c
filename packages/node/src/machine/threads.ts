// Real threads: a module of ours in a worker, and the port it speaks through. Every thread begins in `worker.ts`, which
// hands the module its port and its machine, so that the simulator can run the same module on a machine of its own.
import { availableParallelism } from 'node:os'
import { parentPort, Worker } from 'node:worker_threads'
import type { Port, Thread, Threads } from './Machine.ts'

/** A thread that runs from source must find the other packages' sources, too, and not a stale build. */
const SOURCE_ARGUMENTS = ['--conditions=@turnpike/source']

/** The threads of this machine. */
export function createThreads(): Threads {
  return { cores: availableParallelism(), spawn }
}

/**
 * The module `name` (such as `./worker`) beside the module whose `import.meta.url` is given, with the same extension:
 * `.ts` from source and `.js` once built, which the compiler does not rewrite inside `new URL`.
 */
export function moduleBeside(url: string, name: string): URL {
  return new URL(`${name}${url.endsWith('.ts') ? '.ts' : '.js'}`, url)
}

/**
 * The port to the thread that started this one.
 *
 * @throws when called on the main thread.
 */
export function openPort(): Port {
  const port = parentPort
  if (port === null) throw new Error('Only a thread that was spawned has a port.')
  return {
    postMessage: (message, transfer = []) => port.postMessage(message, transfer.filter(isTransferable)),
    on: (event, listener) => void port.on(event, (message) => void listener(message)),
    close: () => port.close(),
  }
}

function spawn(module: URL): Thread {
  const execArgv = module.pathname.endsWith('.ts') ? { execArgv: SOURCE_ARGUMENTS } : {}
  const worker = new Worker(moduleBeside(import.meta.url, './worker'), { workerData: module.href, ...execArgv })
  return {
    postMessage: (message, transfer = []) => worker.postMessage(message, transfer.filter(isTransferable)),
    on: (event, listener) => void worker.on(event, listener),
    terminate: async () => void (await worker.terminate()),
  }
}

/** Shared memory is shared, not handed over. */
function isTransferable(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return buffer instanceof ArrayBuffer
}
