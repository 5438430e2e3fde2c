// The block log holds something that no crash of ours can have left behind. The node refuses to start on it.
import { Failure } from '../../machine/Failure.ts'

/** Where the log is damaged. Nothing has been changed on the disk. */
export class LogDamaged extends Failure {
  override readonly name = 'LogDamaged'
  readonly height: number
  readonly file: string
  readonly offset: number

  /** @param where `height` is that of the first block which cannot be read, or cannot be trusted. */
  constructor(where: {
    readonly height: number
    readonly file: string
    readonly offset: number
    readonly problem: string
    /** The checkpoint that the start began with, if there was one. */
    readonly checkpoint?: string | undefined
  }) {
    const { height, file, offset, problem, checkpoint } = where
    const sound = checkpoint === undefined ? '' : `, and ${checkpoint} holds the state that they are carried on from`
    super({
      code: 'engine/log_damaged',
      message: `The block log is damaged at height ${height}, in ${file} at byte ${offset}: ${problem}.`,
      values: { height, file, offset, problem, ...(checkpoint !== undefined && { checkpoint }) },
      hint:
        'Nothing was changed. Copy the whole data directory away first, then put the named file back from a backup or ' +
        `another copy of the disk and start again; the blocks below that height are sound${sound}.`,
    })
    this.height = height
    this.file = file
    this.offset = offset
  }
}

/** The log ends before a block that was durable, as a checkpoint or kept write sets say: that block, and maybe others, are lost. */
export class LogBehindCheckpoint extends Failure {
  override readonly name = 'LogBehindCheckpoint'

  /** @param where `height` is that of the last block in the log. */
  constructor({ height, file }: { readonly height: number; readonly file: string }) {
    super({
      code: 'engine/log_behind_checkpoint',
      message: `The block log ends at height ${height}, and ${file} says that a later block was durable.`,
      values: { height, file },
      hint:
        'Nothing was changed. Put the log back from a backup that reaches as far. If it was put back from an older backup ' +
        'on purpose, remove every checkpoint-… and redo-… that reaches beyond it and start again: what came after is lost then.',
    })
  }
}
