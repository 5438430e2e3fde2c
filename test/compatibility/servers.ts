// The official servers, unmodified: one row each.
import type { Flow, OpenServer, Stock } from './seller.ts'
import { openExpress, openExpressOld } from './servers/express.ts'
import { openHono } from './servers/hono.ts'
import { openFastapi, openFlask } from './servers/python.ts'

/** One official server. */
export type OfficialServer = {
  open(stock: Stock): Promise<OpenServer>
  /** When it can let the money move. One that knows no flows takes `upfront` for a remark. */
  readonly flows: readonly Flow[]
  readonly isPython: boolean
}

const both = ['authorization', 'upfront'] as const
const after = ['authorization'] as const

export const servers = {
  'express 2.27': { open: openExpress, flows: both, isPython: false },
  'hono 2.27': { open: openHono, flows: both, isPython: false },
  'express 2.10': { open: openExpressOld, flows: after, isPython: false },
  'fastapi 2.25': { open: openFastapi, flows: both, isPython: true },
  'flask 2.25': { open: openFlask, flows: both, isPython: true },
} as const satisfies Readonly<Record<string, OfficialServer>>

export type ServerName = keyof typeof servers
