// Somebody who watches the stream of events through every life of the node, each time from where he was: he must see every block once,
// in order, and none that the log does not hold.
import type { OpenNode } from '@turnpike/node'
import { createRequest } from './request.ts'

export type Watcher = {
  /** Height of the last block seen. */
  readonly seen: () => number
  /** Watches a node that has come up. */
  watch(node: OpenNode): void
}

const blockForm = /^event: block\nid: ([0-9]+)\ndata: (.*)$/

/** A watcher who complains of what he sees. */
export function createWatcher(complain: (problem: string) => void): Watcher {
  let seen = 0
  const take = (event: string): void => {
    if (event.startsWith('event: reset')) return complain(`a watcher at height ${seen} is told to begin anew`)
    const [, id, data] = blockForm.exec(event) ?? []
    if (id === undefined || data === undefined) return
    const { height } = JSON.parse(data) as { readonly height: number }
    if (height !== Number(id) || height !== seen + 1) complain(`after block ${seen} a watcher is shown block ${id}`)
    seen = height
  }
  const read = async ({ gateway }: OpenNode): Promise<void> => {
    const { body } = await gateway.serve(createRequest('/events', { headers: { 'last-event-id': String(seen) } }))
    const decoder = new TextDecoder()
    let rest = ''
    for await (const bytes of body instanceof ReadableStream ? body : []) {
      const events = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n\n')
      rest = events.pop()!
      for (const event of events) take(event)
    }
  }
  return {
    seen: () => seen,
    watch: (node) =>
      void read(node).catch((error: unknown) => complain(`the stream of events breaks: ${String(error)}`)),
  }
}
