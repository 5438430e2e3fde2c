// The closing line of a test run, `N passed, N failed` and `, N skipped` when there are any: the last line printed,
// for CI and people alike. A file that fails to load and an error outside every test count as one failed each.
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

type Totals = { passed: number; failed: number; skipped: number }

const countModule = (module: TestModule, totals: Totals): void => {
  let failedTests = 0
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    if (state === 'passed') totals.passed += 1
    else if (state === 'skipped') totals.skipped += 1
    else failedTests += 1
  }
  // A module or suite can fail without a failed test: it did not load, or a hook threw.
  totals.failed += failedTests === 0 && module.state() === 'failed' ? 1 : failedTests
}

const describeTotals = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`

/** Prints the closing line when the process ends, after everything that other reporters print. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const totals: Totals = { passed: 0, failed: errors.length, skipped: 0 }
    for (const module of modules) countModule(module, totals)
    if (modules.length === 0) totals.failed += 1
    process.once('exit', (code) => {
      if (code !== 0 && totals.failed === 0) totals.failed = 1
      process.stdout.write(`${describeTotals(totals)}\n`)
    })
  }
}
