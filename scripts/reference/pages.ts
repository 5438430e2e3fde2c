// Every page of docs/reference, computed from the tables of the code and from what a running node says of itself.
import type { Files } from '../generated.ts'
import { recordChain } from '../vectors/scenario.ts'
import { codesPage, eventsPage, genesisPage, messagesPage, paramsPage, queriesPage } from './chain.ts'
import { commandsPage, methodsPage, metricsPage, routesPage, settingsPage } from './doors.ts'
import { limitsPage } from './limits.ts'
import { page } from './markdown.ts'
import type { Surface } from './surface.ts'

/** The pages by file name. */
export function createReference(surface: Surface): Files {
  const chain = recordChain()
  const pages: { readonly [name: string]: string } = {
    messages: messagesPage(chain),
    events: eventsPage(chain),
    codes: codesPage(chain),
    params: paramsPage(chain),
    genesis: genesisPage(),
    limits: limitsPage(),
    queries: queriesPage(chain),
    routes: routesPage(surface),
    methods: methodsPage(surface),
    commands: commandsPage(),
    metrics: metricsPage(surface),
    settings: settingsPage(),
  }
  const list = Object.entries(pages).map(([name, text]) => `- [${text.slice(2, text.indexOf('\n'))}](${name}.md)`)
  const index = page('Reference', 'What outside programs may rely on, row by row.', list.join('\n'))
  return new Map([...Object.entries(pages), ['README', index] as const].map(([name, text]) => [`${name}.md`, text]))
}
