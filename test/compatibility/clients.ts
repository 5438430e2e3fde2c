// The official clients, unmodified: one row each.
import { createAxiosBuyer } from './clients/axios.ts'
import { createFetchBuyer, createOldFetchBuyer } from './clients/fetch.ts'
import { createHttpxBuyer, createRequestsBuyer } from './clients/python.ts'
import type { BuyerOptions, OpenClient } from './bought.ts'

/** One official client. */
export type OfficialClient = {
  create(options: BuyerOptions): OpenClient
  /** Whether its user can say which assets it may spend; without that it takes the first that it can sign. */
  readonly hasSpendControls: boolean
  readonly isPython: boolean
}

export const clients = {
  'fetch 2.27': { create: createFetchBuyer, hasSpendControls: true, isPython: false },
  'axios 2.11': { create: createAxiosBuyer, hasSpendControls: false, isPython: false },
  'fetch 2.10': { create: createOldFetchBuyer, hasSpendControls: false, isPython: false },
  'httpx 2.25': { create: createHttpxBuyer, hasSpendControls: true, isPython: true },
  'requests 2.25': { create: createRequestsBuyer, hasSpendControls: true, isPython: true },
} as const satisfies Readonly<Record<string, OfficialClient>>

export type ClientName = keyof typeof clients
