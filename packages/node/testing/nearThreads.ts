// Threads that run where their owner runs: the same modules, each message in a turn of its own, for tests that start
// hundreds of nodes.
import { setImmediate } from 'node:timers'
import type { RunThread, Thread, ThreadEvents, ThreadMachine, Threads } from '../src/machine/Machine.ts'

type Listener = (message: unknown) => void

/** Threads in this thread, on the machine that is given. */
export function createNearThreads(machine: ThreadMachine): Threads {
  return { cores: 1, spawn: (module) => spawn(module, machine) }
}

function spawn(module: URL, machine: ThreadMachine): Thread {
  let isOver = false
  const toThread: Listener[] = []
  const toOwner: { readonly [E in keyof ThreadEvents]: ((value: ThreadEvents[E]) => void)[] } = {
    message: [],
    error: [],
    exit: [],
  }
  const waiting: unknown[] = []
  const fail = (error: unknown): void => {
    if (isOver) return
    isOver = true
    for (const hear of toOwner.error) hear(error)
    for (const hear of toOwner.exit) hear(1)
  }
  const inTurn = (work: () => void): void => {
    setImmediate(() => {
      if (isOver) return
      try {
        work()
      } catch (error) {
        fail(error)
      }
    })
  }
  const deliver = (message: unknown): void => {
    if (toThread.length === 0) waiting.push(message)
    for (const hear of toThread) hear(message)
  }
  const port = {
    postMessage: (message: unknown) => {
      const copy = structuredClone(message)
      inTurn(() => toOwner.message.forEach((hear) => hear(copy)))
    },
    on: (_: 'message', listener: Listener) => {
      toThread.push(listener)
      for (const message of waiting.splice(0)) inTurn(() => listener(message))
    },
    close: () => {
      isOver = true
      for (const hear of toOwner.exit) hear(0)
    },
  }
  const load = import(module.href) as Promise<{ readonly run: RunThread }>
  load.then(({ run }) => run({ port, machine })).catch(fail)
  return {
    postMessage: (message, transfer) => {
      const copy = structuredClone(message, { transfer: (transfer ?? []) as ArrayBuffer[] })
      inTurn(() => deliver(copy))
    },
    on: (event, listener) => void toOwner[event].push(listener),
    terminate: async () => void (isOver = true),
  }
}
