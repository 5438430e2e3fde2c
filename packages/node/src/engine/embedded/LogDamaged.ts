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
  }) {
    const { height, file, offset, problem } = where
    super({
      code: 'engine/log_damaged',
      message: `The block log is damaged at height ${height}, in ${file} at byte ${offset}: ${problem}.`,
      values: { height, file, offset, problem },
      hint:
        'Nothing was changed. Copy the whole data directory away first, then put the named file back from a backup or ' +
        'another copy of the disk and start again; the blocks below that height are sound.',
    })
    this.height = height
    this.file = file
    this.offset = offset
  }
}
