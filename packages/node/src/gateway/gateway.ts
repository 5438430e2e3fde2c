// The gateway: the routes of a running node in one table, and the server over them.
import type { GenesisDocument } from '@turnpike/chain'
import type { Ledger, LedgerStatus } from '../ledger/ledger.ts'
import type { Serve } from '../machine/http.ts'
import type { Machine } from '../machine/Machine.ts'
import type { Rail } from '../rails/Rail.ts'
import type { Assets } from './assets.ts'
import { createEvents } from './events.ts'
import { createFaucetRoute } from './faucet.ts'
import { createOpenapiRoute } from './openapi.ts'
import { createOperatorCheck } from './operator.ts'
import { createReceiptRoutes } from './receipts.ts'
import type { Route } from './route.ts'
import { createRpcRoute } from './rpc/rpc.ts'
import { createTurnpikeMethods } from './rpc/turnpike.ts'
import { createServer } from './server.ts'
import { createStatusRoutes } from './status.ts'
import type { Health } from './status.ts'
import { createFacilitatorRoutes } from './x402/facilitator.ts'

export type GatewayOptions = {
  readonly ledger: Ledger
  /** The own ledger as a rail, which also knows what became of a payment. */
  readonly rail: Rail
  readonly genesis: GenesisDocument
  readonly machine: Machine
  readonly assets: Assets
  /** The operator's bearer token, and whether nobody is asked for it. */
  readonly operator: { readonly token: string; readonly open: boolean }
  /** A development chain: its faucet, and the names under which it answers. */
  readonly development: { readonly key: Uint8Array; readonly hosts: readonly string[] } | undefined
  readonly concurrencyMax: number
  readonly streamsMax: number
}

/** A running gateway. */
export type Gateway = {
  readonly serve: Serve
  readonly routes: readonly Route[]
  /** Ends the event streams, which would go on for ever. */
  close(): void
}

/** Opens the gateway on a ledger. */
export function createGateway(options: GatewayOptions): Gateway {
  const { ledger, rail, genesis, machine, development } = options
  const { clock, metrics, logger } = machine
  const events = createEvents({ ledger, clock, metrics, streamsMax: options.streamsMax })
  const served = [
    ...createStatusRoutes({
      ledger,
      genesis,
      metrics,
      health: () => healthOf(ledger.status()),
    }),
    ...createFacilitatorRoutes({ rails: [rail], machine }),
    ...createReceiptRoutes({ ledger, rail }),
    createRpcRoute({ methods: createTurnpikeMethods(ledger), logger }),
    events.route,
    ...(development === undefined ? [] : [createFaucetRoute({ ledger, genesis, key: development.key, machine })]),
  ]
  const routes = [...served, createOpenapiRoute(served)]
  const serve = createServer({
    routes,
    isOperator: createOperatorCheck(options.operator),
    hosts: development?.hosts,
    concurrencyMax: options.concurrencyMax,
    assets: options.assets,
    logger,
    metrics,
    clock,
  })
  return { serve, routes, close: events.close }
}

function healthOf({ height, engine }: LedgerStatus): Health {
  const { readOnly: reason } = engine
  return reason === undefined ? { status: 'ok', height } : { status: 'read-only', height, reason }
}
