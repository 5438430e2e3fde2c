// The data directory's own copy of its genesis document: written at the first start, and never another one after it.
import { createState } from '@turnpike/chain'
import type { App } from '@turnpike/chain'
import { Failure } from '../machine/Failure.ts'
import type { Disk } from '../machine/Machine.ts'

const FILE_MODE = 0o600

export type GenesisFile = {
  readonly disk: Disk
  /** The data directory. */
  readonly home: string
  readonly app: App
  /** What the operator handed in; needed at the first start only. */
  readonly given?: unknown
}

/**
 * The genesis document of a data directory.
 *
 * @throws Malformed when the document is not valid.
 * @throws Failure `engine/no_genesis`, `engine/other_genesis`, `engine/genesis_damaged`.
 */
export async function openGenesis({ disk, home, app, given }: GenesisFile): Promise<unknown> {
  const path = `${home}/genesis.json`
  const stored = await findGenesis({ disk, home })
  if (stored === undefined) {
    if (given === undefined) throw noGenesis(path)
    hashOf(app, given) // Only a valid document is kept.
    await disk.createDirectory(home)
    await disk.writeFileAtomic({
      path,
      bytes: new TextEncoder().encode(`${JSON.stringify(given, undefined, 2)}\n`),
      mode: FILE_MODE,
    })
    return given
  }
  const [mine, theirs] = [hashOf(app, stored), given === undefined ? undefined : hashOf(app, given)]
  if (theirs !== undefined && theirs !== mine) throw otherGenesis({ path, mine, theirs })
  return stored
}

/**
 * The stored document, or undefined in a new directory.
 *
 * @throws Failure `engine/genesis_damaged`.
 */
export async function findGenesis({ disk, home }: Pick<GenesisFile, 'disk' | 'home'>): Promise<unknown> {
  const path = `${home}/genesis.json`
  if ((await disk.findBytes(path)) === undefined) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(await disk.read(path))) as unknown
  } catch (cause) {
    throw new Failure({
      code: 'engine/genesis_damaged',
      message: `${path} is not the document that was written.`,
      values: { path },
      hint: 'Put the file back from a backup, or from the document that the first start was given.',
      cause,
    })
  }
}

function hashOf(app: App, document: unknown): string {
  return createState(app, document, [0, 0]).genesis
}

function noGenesis(path: string): Failure {
  return new Failure({
    code: 'engine/no_genesis',
    message: `This data directory has no chain yet: there is no ${path}.`,
    values: { path },
    hint: 'Start with --dev for a development chain, or with --genesis FILE.',
  })
}

function otherGenesis({
  path,
  mine,
  theirs,
}: {
  readonly path: string
  readonly mine: string
  readonly theirs: string
}): Failure {
  return new Failure({
    code: 'engine/other_genesis',
    message: `This data directory holds chain ${mine}, and the genesis document handed in is of chain ${theirs}.`,
    values: { path, stored: mine, given: theirs },
    hint: 'Leave the genesis document out to go on with the chain that is here, or choose another data directory.',
  })
}
