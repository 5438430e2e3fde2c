// Set-up of `npm run fuzz`: gives every property the number of runs, and the seed, that were asked for.
import fastCheck from 'fast-check'

const { FUZZ_RUNS, FUZZ_SEED } = process.env

fastCheck.configureGlobal({
  ...(FUZZ_RUNS === undefined ? {} : { numRuns: Number(FUZZ_RUNS) }),
  ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }),
})
