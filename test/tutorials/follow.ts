// Follows a tutorial as its reader does: every command and program of it, literally, with the pinned Node on the path and
// packages that are read from source. What the page says is printed has to be printed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { readBlocks } from '../docs/blocks.ts'
import type { Block } from '../docs/blocks.ts'
import { expectPrinted } from '../docs/printed.ts'
import { openSession } from '../docs/session.ts'
import type { Session } from '../docs/session.ts'
import { findFreePort } from '../processes/turnpike.ts'

/** A reader at the end of a tutorial, whose programs are still up. */
export type Followed = {
  /** The node that the page has started. */
  readonly node: string
  /** The service that the page has started. */
  readonly service: string
  readonly folder: string
  /** Does what one more block says, or one of the page's again. @returns what it printed */
  follow(block: Block): Promise<string>
  /** The first block of the page that contains this. */
  find(text: string): Block
  close(): Promise<void>
}

/** Follows a page to its end. `programs` are folders whose programs come first, before the machine's. */
export async function followPage(page: string, programs: readonly string[] = []): Promise<Followed> {
  const blocks = readBlocks(page).filter(({ words }) => !words.has('shown'))
  const bin = await createPrograms()
  const path = process.env['PATH']
  const port = await findFreePort()
  process.env['PATH'] = [bin, ...programs, path].join(delimiter)
  const session = await openSession(port).finally(() => (process.env['PATH'] = path))
  const close = async (): Promise<void> => {
    await session.close()
    await rm(bin, { recursive: true })
  }
  try {
    await followAll(session, blocks)
  } catch (error) {
    await close()
    throw error
  }
  const urlOf = (at: number): string => `http://127.0.0.1:${at}`
  const find = (text: string): Block => {
    const found = blocks.find((block) => block.text.includes(text))
    if (found === undefined) throw new Error(`${page} has no block with ${text}`)
    return found
  }
  const { folder } = session
  const follow = (block: Block): Promise<string> => session.follow(block)
  return { node: urlOf(port), service: urlOf(port + 1), folder, follow, find, close }
}

async function followAll(session: Session, blocks: readonly Block[]): Promise<void> {
  let output = ''
  for (const block of blocks) {
    if (block.words.has('prints')) expectPrinted(output, block)
    else output = await session.follow(block)
  }
}

/** A folder in which `node` is the Node that runs this, reading our packages from source. */
async function createPrograms(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-programs-'))
  const script = `#!/bin/sh\nexec '${process.execPath}' --conditions=@turnpike/source "$@"\n`
  await writeFile(join(folder, 'node'), script, { mode: 0o755 })
  return folder
}
