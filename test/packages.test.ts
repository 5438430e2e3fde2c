// What is published: what lies in each tarball and what does not, whether types and imports lead somewhere, and whether the
// command runs where nothing but the tarballs and an older Node is.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  foreignEnvironment,
  foreignPath,
  linkInstalled,
  linkOwn,
  packAll,
  published,
  root,
  run,
  runWell,
} from './packages/stage.ts'
import type { Name, Packed } from './packages/stage.ts'

let folder: string
let packages: Readonly<Record<Name, Packed>>

beforeAll(async () => {
  ;({ folder, packages } = await packAll())
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const pathsOf = (name: Name): readonly string[] => packages[name].files.map(({ path }) => path)
const manifestOf = async (name: Name): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'packages', name, 'package.json'), 'utf8')) as Manifest

type Manifest = {
  readonly name: string
  readonly version: string
  readonly dependencies?: { readonly [name: string]: string }
  readonly optionalDependencies?: { readonly [name: string]: string }
}

/** What a package may hold, and the bytes of tarball above which somebody should look why. */
const contents: Readonly<
  Record<Name, { readonly holds: readonly RegExp[]; readonly must: readonly string[]; readonly bytesMax: number }>
> = {
  chain: {
    holds: [/^src\/modules\/\w+\/README\.md$/, /^testing\/\w+\.ts$/],
    must: [
      'dist/src/index.js',
      'dist/src/wire/index.js',
      'dist/src/modules/payments/wire.d.ts',
      'dist/testing/index.js',
    ],
    bytesMax: 450_000,
  },
  sdk: { holds: [], must: ['dist/index.js', 'dist/index.d.ts'], bytesMax: 200_000 },
  node: {
    holds: [/^genesis\/development\.json$/],
    must: ['dist/index.js', 'dist/signatures/worker.js', 'genesis/development.json'],
    bytesMax: 450_000,
  },
  cli: {
    holds: [/^bin\/turnpike\.js$/, /^dist\/pages\/(index\.html|mark\.svg|assets\/[\w-]+\.(js|css))$/],
    must: ['bin/turnpike.js', 'dist/main.js', 'dist/pages/index.html'],
    bytesMax: 450_000,
  },
}

const everywhere = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^src\/[\w/]+\.ts$/,
  /^dist\/[\w/]+\.(js|d\.ts)(\.map)?$/,
]

describe.each(published)('the package %s', (name) => {
  test('holds what it is made of and nothing else: no test, no fixture, no record of a build', () => {
    const { holds, must } = contents[name]
    const strangers = pathsOf(name).filter((path) => ![...everywhere, ...holds].some((pattern) => pattern.test(path)))
    expect(strangers).toEqual([])
    expect(pathsOf(name)).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json', ...must]))
  })

  test('holds JavaScript and types of each of its sources, and of no other', () => {
    const sources = pathsOf(name).filter((path) => /^(src|testing)\/.*\.ts$/.test(path))
    const stem = (path: string): string => path.replace(/\.(d\.ts|ts|js)$/, '').replace(/^dist\//, '')
    const built = (ending: string): readonly string[] =>
      pathsOf(name)
        .filter((path) => path.startsWith('dist/') && !path.startsWith('dist/pages/') && path.endsWith(ending))
        .map((path) => path.slice(0, -ending.length))
    const from = name === 'chain' ? stem : (path: string): string => stem(path).replace(/^src\//, '')
    const expected = sources.map((path) => `dist/${from(path)}`).toSorted()
    expect(built('.js').toSorted()).toEqual(expected)
    expect(built('.d.ts').toSorted()).toEqual(expected)
  })

  test('is no larger than it was', () => {
    expect(packages[name].size).toBeLessThan(contents[name].bytesMax)
  })

  test('has the licence of the whole, a page that names it, and the version of the others', async () => {
    const read = (path: string): Promise<string> => readFile(join(folder, 'packages', name, path), 'utf8')
    expect(await read('LICENSE')).toBe(await readFile(join(root, 'LICENSE'), 'utf8'))
    expect(await read('README.md')).toMatch(new RegExp(`^# @turnpike/${name}\n`))
    const { version, dependencies = {} } = await manifestOf(name)
    expect(version).toBe(packages.chain.version)
    for (const [dependency, asked] of Object.entries(dependencies))
      expect([dependency, asked]).toEqual([
        dependency,
        dependency.startsWith('@turnpike/') ? version : expect.stringMatching(/^\d/),
      ])
  })

  test('publint finds nothing', async () => {
    const program = join(root, 'node_modules/publint/src/cli.js')
    const { code, out, errors } = await run(process.execPath, [program, '--strict', packages[name].path], {
      cwd: folder,
    })
    expect([code, code === 0 ? '' : out + errors]).toEqual([0, ''])
  })
})

test('the command is executable', () => {
  const bin = packages.cli.files.find(({ path }) => path === 'bin/turnpike.js')
  expect((bin!.mode & 0o111) === 0o111).toBe(true)
})

/** The tarballs unpacked as npm would, beside what is installed here. */
async function unpack(names: readonly Name[], to: string): Promise<void> {
  const modules = join(to, 'node_modules')
  await linkInstalled(modules)
  for (const name of names) {
    const place = join(modules, '@turnpike', name)
    await mkdir(place, { recursive: true })
    await runWell('tar', ['-xzf', packages[name].path, '--strip-components=1', '-C', place], { cwd: to })
    await linkOwn(name, place)
  }
}

/** What a module of ours imports, and what those import, by the built files alone; foreign names stay names. */
async function closureOf(entry: string, modules: string): Promise<ReadonlySet<string>> {
  const foreign = new Set<string>()
  const seen = new Set<string>()
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return
    seen.add(path)
    const text = await readFile(path, 'utf8')
    for (const [, name] of text.matchAll(
      /^\s*(?:import|export)\b[^'"]*?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
    )) {
      if (name === undefined) continue
      if (name.startsWith('.')) await visit(join(path, '..', name))
      else if (name.startsWith('@turnpike/')) await visit(resolveOwn(name, modules))
      else foreign.add(name)
    }
  }
  await visit(entry)
  return foreign
}

function resolveOwn(name: string, modules: string): string {
  const [, room = '', ...rest] = name.split('/')
  const door = rest.length === 0 ? '.' : `./${rest.join('/')}`
  const place = join(modules, '@turnpike', room)
  const { exports } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as Doors
  const starred = door.replace(/[^/]+$/, '*')
  const target = exports[door]?.default ?? exports[starred]!.default.replace('*', rest.at(-1)!)
  return join(place, target)
}

type Doors = { readonly exports: { readonly [door: string]: { readonly default: string } } }

/** Every package that npm would install for one of ours. */
async function installedFor(name: Name): Promise<readonly string[]> {
  const { packages: locked } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Locked
  const found = new Set<string>()
  const visit = (path: string): void => {
    for (const dependency of Object.keys(locked[path]?.dependencies ?? {})) {
      const own = `packages/${dependency.replace('@turnpike/', '')}`
      const at = dependency.startsWith('@turnpike/') ? own : `node_modules/${dependency}`
      if (found.has(dependency)) continue
      found.add(dependency)
      visit(at)
    }
  }
  visit(`packages/${name}`)
  return [...found].toSorted()
}

type Locked = {
  readonly packages: { readonly [path: string]: { readonly dependencies?: { readonly [name: string]: string } } }
}

/** Programs that listen; none of them belongs into somebody's client. */
const servers =
  /^(express|hono|fastify|koa|@hono\/|@fastify\/|@x402\/(express|hono|fastify|next)|secp256k1|pino|prom-client)/

describe('the client', () => {
  test('brings no server, and nothing of Node, so that it runs in a browser', async () => {
    const place = join(folder, 'client')
    await unpack(['chain', 'sdk'], place)
    const modules = join(place, 'node_modules')
    const foreign = await closureOf(join(modules, '@turnpike/sdk/dist/index.js'), modules)
    expect([...foreign].filter((name) => name.startsWith('node:') || servers.test(name))).toEqual([])
    expect(foreign.size).toBeGreaterThan(0)
    const installed = await installedFor('sdk')
    expect(installed).toEqual(expect.arrayContaining(['@noble/curves', '@noble/hashes', '@turnpike/chain']))
    expect(installed.filter((name) => servers.test(name))).toEqual([])
  })

  test('T84 is loaded and signs without a home, and writes nothing, starts nothing and loads nothing native', async () => {
    const place = join(folder, 'alone')
    await unpack(['chain', 'sdk'], place)
    const code = `
      import { createClient, generatePrivateKey, getBalance, privateKeyAccount } from '@turnpike/sdk'
      const { address, sign } = privateKeyAccount(generatePrivateKey())
      const signature = await sign('0x' + '11'.repeat(32))
      const client = createClient({ url: 'http://127.0.0.1:1' })
      const asked = await getBalance(client, { account: address }).catch((error) => error.code)
      console.log(signature.length, asked)`
    const flags = ['--permission', '--allow-fs-read=*', '--input-type=module', '--eval', code]
    const env = { HOME: '/nonexistent', TMPDIR: '/nonexistent' }
    expect(await run(process.execPath, flags, { cwd: place, env })).toEqual({
      code: 0,
      out: '132 sdk/unreachable\n',
      errors: '',
    })
    const writing = ['--permission', '--allow-fs-read=*', '--eval', "require('fs').writeFileSync('x', '')"]
    expect((await run(process.execPath, writing, { cwd: place, env })).errors).toContain('ERR_ACCESS_DENIED')
  })

  test('and the others have types that a strict program outside finds, without our settings', async () => {
    const place = join(folder, 'typed')
    await unpack(published, place)
    const settings = {
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'dom', 'dom.iterable'],
      types: ['node'],
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    }
    await writeFile(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions: settings, files: ['program.ts'] }))
    await writeFile(join(place, 'package.json'), '{ "type": "module" }')
    await writeFile(join(place, 'program.ts'), program)
    const { code, out } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
      cwd: place,
    })
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/^program\.ts\(\d+,\d+\): error TS2322: [^\n]*'number'[^\n]*\n$/),
    ])
  })
})

/** One mistake is in it: were the types `any`, nobody would find it. */
const program = `
import { createChain, developmentModules } from '@turnpike/chain'
import { begin } from '@turnpike/chain/testing'
import { Hash, type Op } from '@turnpike/chain/wire'
import { hold } from '@turnpike/chain/wire/payments'
import { main } from '@turnpike/cli'
import { createConfig, startNode, type Node } from '@turnpike/node'
import { createClient, getBalance, type Balance } from '@turnpike/sdk'
import { addTurnpike } from '@turnpike/sdk/seller'

export const ids = (ops: readonly Op[]): readonly Hash.Hash[] => ops.map(({ id }) => id)
export const names = [createChain(developmentModules).modules.length, begin, hold.type, main.length, addTurnpike.length]
export const start = (): Promise<Node> => startNode(createConfig({ home: 'data', dev: true }))
export const ask = (account: string): Promise<Balance> => getBalance(createClient({ url: 'http://127.0.0.1:4020' }), { account: account as \`0x\${string}\` })
export const mistake: number = (await ask('0x')).available.toString()
`

/** A Node of the machine that is older than the one we need, or any; `npm test` itself runs on the pinned one. */
async function findOldNode(): Promise<{ readonly path: string; readonly version: string } | undefined> {
  for (const place of foreignPath()) {
    const path = join(place, 'node')
    const { code, out } = await run(path, ['-p', 'process.version'], { cwd: folder, env: foreignEnvironment() })
    if (code === 0) return { path, version: out.trim() }
  }
  return undefined
}

const noNetwork =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/

describe('installed in an empty folder', () => {
  let place = ''
  let node: string
  let reason: string | undefined = 'npm has not been asked yet.'

  beforeAll(async () => {
    const old = await findOldNode()
    if (old === undefined) {
      reason = 'There is no Node in PATH beside the pinned one.'
      return
    }
    node = old.path
    // With a space and a letter that an address would write in another way.
    place = await mkdtemp(join(tmpdir(), 'an émpty folder '))
    const tarballs = published.map((name) => packages[name].path)
    const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const { code, out, errors } = await run('npm', ['install', ...flags, ...tarballs], {
      cwd: place,
      env: foreignEnvironment(),
    })
    if (code === 0) reason = undefined
    else if (noNetwork.test(out + errors)) reason = 'npm could not reach its registry.'
    else throw new Error(`npm install ended with ${code}: ${out}${errors}`)
  })

  afterAll(() => rm(place, { recursive: true, force: true }))

  const bin = (): string => join(place, 'node_modules/@turnpike/cli/bin/turnpike.js')

  test('on the Node of the machine the command runs the demonstration, until the ledger refuses', async (context) => {
    if (reason !== undefined) return context.skip(reason)
    const args = [bin(), 'demo', '--once', '--seconds', '0', '--port', '0', '--home', 'own', '--json']
    const { code, out, errors } = await run(node, args, { cwd: place, env: foreignEnvironment() })
    expect([code, errors]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({
      purchases: 25,
      spent: '250000',
      reason: 'policy_denied',
      refusal: { code: 'policy/cap_lifetime' },
    })
    expect(await readdir(place)).toContain('own')
  })

  test('it serves its pages, on the pinned Node, and a signal to the process that was started ends it in good order', async (context) => {
    if (reason !== undefined) return context.skip(reason)
    const child = spawn(node, [bin(), 'up', '--dev', '--port', '0', '--home', 'own', '--json'], {
      cwd: place,
      env: foreignEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const { url } = JSON.parse(line) as { readonly url: string }
    const text = async (path: string): Promise<string> => await (await fetch(url + path)).text()
    const page = await text('/')
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)![1]!
    expect((await text(script)).length).toBeGreaterThan(10_000)
    expect(await text('/metrics')).toMatch(/nodejs_version_info\{version="v24\./)
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })

  test("told to people, the demonstration names the package, whose bare name is somebody else's", async (context) => {
    if (reason !== undefined) return context.skip(reason)
    const args = [bin(), 'demo', '--once', '--seconds', '0', '--port', '0', '--home', 'own']
    const { code, out } = await run(node, args, { cwd: place, env: foreignEnvironment() })
    expect([code, out]).toEqual([0, expect.stringContaining('npx @turnpike/cli agent policy')])
    expect(out).not.toContain('npx turnpike')
  })

  test('the client is loaded by the Node of the machine', async (context) => {
    if (reason !== undefined) return context.skip(reason)
    const code =
      "import('@turnpike/sdk').then(({ usd, generatePrivateKey, privateKeyAccount }) => console.log(usd('1').text, privateKeyAccount(generatePrivateKey()).address.length))"
    expect(await run(node, ['-e', code], { cwd: place, env: foreignEnvironment() })).toEqual({
      code: 0,
      out: '1 42\n',
      errors: '',
    })
  })
})
