// Every official client with every official server, in every flow that the server knows: the rows of the matrix.
import { clients } from './clients.ts'
import type { ClientName, OfficialClient } from './clients.ts'
import { python } from './python/process.ts'
import type { Flow } from './seller.ts'
import { servers } from './servers.ts'
import type { OfficialServer, ServerName } from './servers.ts'

/** A client at a server, and when the money moves between them. */
export type Pair = {
  readonly client: ClientName
  readonly server: ServerName
  readonly flow: Flow
  /** Whether this machine has what both of them run on. */
  readonly canRun: boolean
}

const namesOf = <Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] =>
  Object.keys(table) as Name[]

/** The official clients. */
export const clientNames = namesOf(clients)

/** The official servers. */
export const serverNames = namesOf(servers)

/** What a row says of a client. */
export const clientOf = (name: ClientName): OfficialClient => clients[name]

/** What a row says of a server. */
export const serverOf = (name: ServerName): OfficialServer => servers[name]

/** The pairs whose server knows a flow. */
export function pairsOf(flow: Flow): readonly Pair[] {
  return serverNames
    .filter((server) => serverOf(server).flows.includes(flow))
    .flatMap((server) =>
      clientNames.map((client) => ({
        client,
        server,
        flow,
        canRun: python !== undefined || !(clientOf(client).isPython || serverOf(server).isPython),
      })),
    )
}
