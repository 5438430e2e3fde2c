// For tests of modules: a funded chain, people with keys, and their operations.
export { begin, dollar, genesisDocument, given, operator, testDollar, type Given } from './given.ts'
export { freshNonce, person, type Person } from './people.ts'
