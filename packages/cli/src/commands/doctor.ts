// doctor: whether everything in a data directory holds. The node that owns it must not run.
import { examine } from '@turnpike/node'
import type { Call, Output } from '../command.ts'
import { errorText, jsonLine, tell } from '../output.ts'
import { homeOf } from '../remote.ts'

/** Examines: exit code 0 when all holds, 1 when something does not, 2 when it could not be examined. */
export async function doctor(call: Call): Promise<Output | { readonly exitCode: number }> {
  const home = homeOf(call)
  const isWatched = !call.isJson && 'isTTY' in call.stderr && call.stderr.isTTY === true
  const onProgress = call.isJson ? undefined : tellProgress(call.stderr, isWatched)
  try {
    const { ok, height, operations, violations } = await examine({ home, onProgress })
    if (isWatched) call.stderr.write('\r')
    const found = violations.map(({ name, finding }) => `${name}: ${finding}`)
    const verdict = ok
      ? `All holds at height ${height}, after ${operations} operations.`
      : `At height ${height} this does not hold:`
    return {
      json: { ok, height, operations, violations: [...violations] },
      text: [verdict, ...found].join('\n'),
      exitCode: ok ? 0 : 1,
    }
  } catch (error) {
    const told = tell(error)
    if (call.isJson) call.stdout.write(jsonLine({ error: told }))
    else call.stderr.write(errorText(told))
    return { exitCode: 2 }
  }
}

/** One line that changes for those who watch; else a line for each tenth on the way. */
function tellProgress(stderr: Call['stderr'], isWatched: boolean): (fraction: number) => void {
  if (isWatched) return (fraction) => void stderr.write(`\rRead ${Math.floor(fraction * 100)} %`)
  let told = 0
  return (fraction) => {
    const tenths = Math.floor(fraction * 10)
    if (tenths <= told || tenths > 9) return
    told = tenths
    stderr.write(`Read ${tenths * 10} %\n`)
  }
}
