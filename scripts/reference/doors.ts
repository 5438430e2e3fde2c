// The pages about the doors: routes, JSON-RPC methods, commands, metrics and settings.
import { commands } from '@turnpike/cli'
import { listSettings } from '@turnpike/node'
import { code, page, table, textsFor } from './markdown.ts'
import { schemaWords } from './shape.ts'
import type { RouteDocument, Surface } from './surface.ts'
import { settingTexts } from './texts.ts'

type Row = readonly [method: string, path: string, route: RouteDocument]

function rowsOf({ paths }: Surface): readonly Row[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]): Row => [method.toUpperCase(), path, route]),
  )
}

/** What HTTP answers. */
export function routesPage(surface: Surface): string {
  return page(
    'Routes',
    '`GET /openapi.json` says the same for programs. Errors are `application/problem+json` with a [code](codes.md); a body longer than the route takes is 413, and 503 with `Retry-After` means that nothing was looked at. `POST /faucet` exists on development chains only. Every other path is a file of the pages.',
    ...rowsOf(surface).map(routePart),
  )
}

function routePart([method, path, { summary, parameters = [], requestBody, responses }]: Row): string {
  const given = parameters.map(({ name, in: place, required, description, schema }) => [
    code(name),
    `${place}${required ? '' : ', may be absent'}`,
    description,
    schema.pattern === undefined ? '' : code(schema.pattern),
  ])
  const answers = Object.entries(responses).map(([status, { description, content = {} }]) => {
    const [type, body] = Object.entries(content)[0] ?? []
    const isJson = type === 'application/json'
    return [status, description, type === undefined ? '' : code(type), isJson ? code(schemaWords(body!.schema)) : '']
  })
  const schema = requestBody?.content['application/json']?.schema
  return [
    `## ${method} ${path}`,
    summary,
    ...(given.length === 0 ? [] : [table(['parameter', 'in', 'what it is', 'pattern'], given)]),
    ...(schema === undefined ? [] : [`Body: ${code(schemaWords(schema))}. ${requestBody!.description}`]),
    table(['status', 'when', 'type', 'body'], answers),
  ].join('\n\n')
}

/** What JSON-RPC answers. */
export function methodsPage(surface: Surface): string {
  const methods = rowsOf(surface).flatMap(([, , route]) => route['x-methods'] ?? [])
  return page(
    'JSON-RPC methods',
    'Over `POST /rpc`, single calls and batches. Parameters come as a list. A refusal is error -32000 with `data` `{code, values, hint, retry}`; -32005 means *not now*, and that nothing is known of the outcome. The questions that `turnpike_query` answers stand under [queries](queries.md), the messages that `turnpike_submit` takes under [messages](messages.md).',
    table(
      ['method', 'parameters and answer'],
      methods.map(({ name, summary }) => [code(name), summary]),
    ),
  )
}

/** What the command line does. */
export function commandsPage(): string {
  return page(
    'Commands',
    'Every command takes `--json` (one JSON object as answer) and `--help`. Every flag has a variable: `--per-call` is `TURNPIKE_PER_CALL`. Secrets have variables alone: `TURNPIKE_PASSWORD` of a keystore, `TURNPIKE_OWNER_KEY` and `TURNPIKE_AGENT_KEY` (hex) in place of one. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.',
    table(
      ['command', 'what it does'],
      commands.map(({ name, summary }) => [`[${code(name)}](#turnpike-${name.replaceAll(' ', '-')})`, summary]),
    ),
    ...commands.map(({ name, summary, args, flags }) => {
      const words = args.map((arg) => (arg.isOptional === true ? `[${arg.name}]` : arg.name))
      const rows = [
        ...args.map((arg) => [code(arg.name), arg.summary]),
        ...Object.entries(flags).map(([flag, { value, summary: says }]) => [
          code(`--${flag}${value === undefined ? '' : ` ${value}`}`),
          says,
        ]),
      ]
      return [
        `## turnpike ${name}`,
        `${code(['npx turnpike', name, ...words].join(' '))}: ${summary}`,
        ...(rows.length === 0 ? [] : [table(['word or flag', 'what it is'], rows)]),
      ].join('\n\n')
    }),
  )
}

/** A metric as the text of /metrics declares it. */
type Metric = {
  readonly name: string
  readonly kind: string
  readonly help: string
  readonly labels: readonly string[]
}

function metricsOf(text: string): readonly Metric[] {
  const lines = text.split('\n')
  const declared = lines.flatMap((line) => {
    const [, name, help] = /^# HELP (\S+) (.*)$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, help: help! }]
  })
  return declared.map(({ name, help }) => {
    const kind = lines.map((line) => /^# TYPE (\S+) (\S+)$/.exec(line)).find((found) => found?.[1] === name)![2]!
    const counted = lines.find((line) => line.startsWith(`${name}{`)) ?? ''
    const labels = [...counted.matchAll(/[{,](\w+)=/g)].map((match) => match[1]!)
    return { name, kind, help, labels }
  })
}

/** What operators watch. */
export function metricsPage({ metrics }: Surface): string {
  const own = metricsOf(metrics).filter(({ name }) => name.startsWith('turnpike_'))
  return page(
    'Metrics',
    '`GET /metrics`, in Prometheus text format. Beside these stand the usual ones of a Node process, `process_*` and `nodejs_*`.',
    table(
      ['name', 'kind', 'labels', 'what it counts'],
      own.map(({ name, kind, labels, help }) => [code(name), kind, labels.map(code).join(', '), help]),
    ),
  )
}

/** How a node is set up. */
export function settingsPage(): string {
  const settings = listSettings()
  const textOf = textsFor(
    'settings',
    settingTexts,
    settings.map(({ name }) => name),
  )
  const boundsOf = ({ bounds }: (typeof settings)[number]): string => {
    if (bounds === undefined) return ''
    return 'min' in bounds ? `${bounds.min} to ${bounds.max}` : bounds.map(code).join(', ')
  }
  return page(
    'Settings of a node',
    'Variables of a process that runs a node; flags of `turnpike up` go before them. A switch is `1` or `0`. A value out of bounds is `node/config`, and says the bounds.',
    table(
      ['setting', 'variable', 'default', 'bounds', 'what it is'],
      settings.map((setting) => [
        code(setting.name),
        code(setting.variable),
        code(String(setting.initial ?? 'none')),
        boundsOf(setting),
        textOf(setting.name),
      ]),
    ),
  )
}
