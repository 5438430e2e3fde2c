// The calls that their callers gave a name: each name is one purchase, however often it is called. Bounded, and gone with the process.
import { ownError } from '../errors.ts'
import { endsOf, type Call } from './call.ts'
import { createPurchase, type Purchase } from './purchase.ts'
import { untilAborted } from './send.ts'

type NamedCall = Pick<Call, 'outgoing' | 'deadline'> & { readonly make: (purchase: Purchase) => Promise<Response> }

/** A name, the calls under it that have not ended, and when all that were made so far have. */
type Named = { readonly purchase: Purchase; underWay: number; last: Promise<unknown> }

const namedCallsMax = 1_000

/** Whether a name may be forgotten: a purchase that could still be paid would be paid once more under a new nonce. */
function isOver({ purchase, underWay }: Named, nowSeconds: number): boolean {
  const { signed, isSettled, validBefore = 0 } = purchase
  return underWay === 0 && (signed.length === 0 || isSettled || validBefore < nowSeconds)
}

/**
 * Calls by their route and name, one after another: two at once would send one payment twice, and a seller who sees that delivers to
 * neither. The one used longest ago is forgotten first. Whoever may still be paid stays beyond the bound, which ends with the call or,
 * some seconds after that, with the time that was signed.
 */
export function createNamedCalls(): (name: string, call: NamedCall) => Promise<Response> {
  const calls = new Map<string, Named>()
  const forget = (): void => {
    const nowSeconds = Date.now() / 1_000
    for (const [name, named] of calls) {
      if (calls.size <= namedCallsMax) return
      if (isOver(named, nowSeconds)) calls.delete(name)
    }
  }
  return async (name, call) => {
    const named = calls.get(name) ?? { purchase: createPurchase(), underWay: 0, last: Promise.resolve() }
    calls.delete(name)
    calls.set(name, named)
    named.underWay++
    const made = waitFor(named.last, call).then(() => call.make(named.purchase))
    named.last = Promise.allSettled([named.last, made]).then(() => named.underWay--)
    forget()
    return made
  }
}

/** Waits for the calls before. @throws LedgerError `sdk/seller_timeout`; the caller's reason when it aborts */
async function waitFor(last: Promise<unknown>, call: NamedCall): Promise<void> {
  const { outgoing, deadline } = call
  await untilAborted(last, endsOf(call)).catch((cause: unknown) => {
    if (outgoing.signal?.aborted === true) throw cause
    const message = `An earlier call of that name to ${outgoing.url.origin} has not ended in time.`
    throw ownError('seller_timeout', message, { cause: deadline.reason })
  })
}
