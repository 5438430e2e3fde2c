// What other modules may call.
export { share } from './take.ts'
