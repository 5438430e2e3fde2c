// What a node answers while it has no ledger to ask: before its log is replayed, and while it stops.
import type { Serve } from '../machine/http.ts'
import type { Assets } from './assets.ts'
import { Problem, toAnswer } from './problem.ts'
import { pathOf } from './router.ts'
import { answerHealth } from './status.ts'
import type { Health } from './status.ts'

/** Answers `/health` and the pages, and everything else with 503. */
export function createWaiting({ health, assets }: { readonly health: () => Health; readonly assets: Assets }): Serve {
  return async (request) => {
    if (pathOf(request.target) === '/health' && (request.method === 'GET' || request.method === 'HEAD'))
      return answerHealth(health())
    return (await assets(request)) ?? toAnswer(notNow(health()))
  }
}

function notNow({ status }: Health): Problem {
  const isStarting = status === 'starting'
  return new Problem({
    status: 503,
    code: isStarting ? 'gateway/starting' : 'gateway/stopping',
    detail: isStarting ? 'The node is starting.' : 'The node is stopping.',
    hint: 'Send the same request again after a moment; GET /health says how far it is.',
    headers: { 'retry-after': '1' },
  })
}
