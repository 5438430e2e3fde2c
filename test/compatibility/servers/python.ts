// FastAPI and Flask with the official middleware, in a Python process that all sellers of a test file share.
import { createPythonProgram } from '../python/process.ts'
import type { OpenServer, Stock } from '../seller.ts'

const stocks = new Map<string, Stock>()
const program = createPythonProgram('seller', async ({ seller, path }) =>
  stocks.get(String(seller))?.handle(String(path)),
)
let sellers = 0

async function open(server: 'fastapi' | 'flask', stock: Stock): Promise<OpenServer> {
  const seller = `seller${++sellers}`
  stocks.set(seller, stock)
  const routes = Object.fromEntries(stock.routes.map(({ path, ...route }) => [path, route]))
  const port = await program.do({ act: 'open', server, seller, facilitators: stock.facilitators, routes })
  return {
    url: `http://127.0.0.1:${String(port)}`,
    close: async () => void (await program.do({ act: 'close', seller })),
  }
}

export const openFastapi = (stock: Stock): Promise<OpenServer> => open('fastapi', stock)
export const openFlask = (stock: Stock): Promise<OpenServer> => open('flask', stock)
