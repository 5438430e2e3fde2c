// Holds the write sets that were kept against those that come of the log. A file that is torn, or of another log, is no
// finding: no start takes it over.
import type { ImageTable, State, WriteSet } from '@turnpike/chain'
import type { Machine } from '../../machine/Machine.ts'
import { equal } from './blockLogRecord.ts'
import { findHeadDifference } from './compareCheckpoint.ts'
import { findFrame, hashLayout, listRedo, readRedo, redoName, splitWrites } from './redoFile.ts'
import type { RedoFrame } from './redoFile.ts'

/** A file that is being read along with the log. */
type Cursor = { readonly name: string; readonly frame: RedoFrame; readonly writes: Iterator<Uint8Array> }

type Place = { readonly name: string; readonly offset: number }

export type RedoComparison = {
  /** The state was carried one block further, or is that of the genesis; answers what is wrong with what was kept. */
  follow(state: State, writes?: WriteSet): Promise<readonly string[]>
}

type Compared = {
  readonly machine: Pick<Machine, 'disk' | 'hashes'>
  /** The data directory. */
  readonly home: string
  readonly tables: readonly ImageTable[]
}

/** Begins with the genesis. */
export async function compareRedo({ machine, home, tables }: Compared): Promise<RedoComparison> {
  const layout = hashLayout(tables, machine.hashes)
  const heights = new Set(await listRedo(machine.disk, home))
  let cursors: readonly Cursor[] = []
  const open = async ({ name, offset }: Place, { genesis, head }: State): Promise<readonly Cursor[]> => {
    const frame = await findFrame({ machine, genesis, layout }, { path: `${home}/${name}`, offset, head })
    if (frame === undefined) return []
    const writes = await readRedo(machine, frame)
    return writes === undefined ? [] : [{ name, frame, writes: splitWrites(writes) }]
  }
  return {
    async follow(state, writes) {
      const { head } = state
      const findings: string[] = []
      const next: Cursor[] = []
      for (const cursor of cursors) {
        const { name, frame } = cursor
        const isLast = head.height === frame.head.height
        const finding = findDifference(cursor, writes) ?? (isLast ? findHeadDifference(frame, state) : undefined)
        if (finding !== undefined) findings.push(`${name}: ${finding}`)
        else if (isLast) next.push(...(await open({ name, offset: frame.offset + frame.bytes }, state)))
        else next.push(cursor)
      }
      if (heights.has(head.height)) next.push(...(await open({ name: redoName(head.height), offset: 0 }, state)))
      cursors = next
      return findings
    },
  }
}

function findDifference({ frame, writes }: Cursor, computed: WriteSet | undefined): string | undefined {
  const kept = writes.next()
  const isSame = kept.done !== true && computed !== undefined && equal(kept.value, computed)
  return isSame ? undefined : `its write sets up to block ${frame.head.height} are others than come of the log`
}
