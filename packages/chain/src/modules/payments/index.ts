// What other modules may call.
export { identify } from './identity.ts'
