// The composition: what runs in a node, in which order it starts, and how it stops.
import { createChain, developmentModules, modules, parseGenesis } from '@turnpike/chain'
import type { App, GenesisDocument } from '@turnpike/chain'
import { addressOfKey, Hex, installHashes } from '@turnpike/chain/wire'
import { developmentChainId, isLoopback, publicChainIds, parseRetention } from './config.ts'
import type { NodeConfig } from './config.ts'
import { openEmbeddedEngine } from './engine/embedded/openEmbeddedEngine.ts'
import { examine as examineDirectory } from './engine/doctor.ts'
import type { Examination } from './engine/doctor.ts'
import type { Engine } from './engine/Engine.ts'
import { findGenesis, openGenesis } from './engine/genesisFile.ts'
import { createAssets } from './gateway/assets.ts'
import type { Assets } from './gateway/assets.ts'
import { createGateway } from './gateway/gateway.ts'
import type { Gateway } from './gateway/gateway.ts'
import type { Health } from './gateway/status.ts'
import { createWaiting } from './gateway/waiting.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openLedger } from './ledger/openLedger.ts'
import type { EngineHooks } from './ledger/openLedger.ts'
import { createMachine } from './machine/createMachine.ts'
import { derivePublicKey } from './machine/ed25519.ts'
import { Failure } from './machine/Failure.ts'
import { openKeyFile } from './machine/keyFile.ts'
import type { Serve } from './machine/http.ts'
import { listen } from './machine/listen.ts'
import type { Listener } from './machine/listen.ts'
import { acquireLock } from './machine/lock.ts'
import type { Hashes, Machine } from './machine/Machine.ts'
import { createTurnpikeRail } from './rails/turnpike/turnpike.ts'
import { createVerifier } from './signatures/pool.ts'
import type { Verifier } from './signatures/pool.ts'

/** A running node. */
export type Node = {
  readonly url: string
  readonly port: number
  readonly chainId: number
  readonly genesis: string
  /** The address of the pages; where the operator's token is asked for, it is inside. */
  readonly pagesUrl: string
  /** Height of the newest block. */
  height(): number
  /** Settles with what went wrong when the node can't go on; the process has to end then. Pending as long as all is well. */
  readonly failed: Promise<unknown>
  /** Takes no more requests, answers those in progress, and ends with everything acknowledged on the disk. */
  close(): Promise<void>
}

const keyBytes = 32

/**
 * Starts a node. Resolves when it takes requests; from the moment its port is open `/health` says how far it is.
 *
 * @throws Failure with a code, the values and a hint; LogDamaged, Malformed for a genesis document that is none.
 */
export async function startNode(config: NodeConfig): Promise<Node> {
  const machine = await createMachine({ level: config.logLevel })
  installOnce(machine.hashes)
  await machine.disk.createDirectory(config.home)
  const lock = acquireLock(`${config.home}/lock.db`)
  const opened: (() => Promise<void> | void)[] = [() => lock.release()]
  try {
    return await compose({ config, machine, opened })
  } catch (error) {
    await closeAll(opened)
    throw error
  }
}

let installed: Hashes | undefined

/** Two nodes of one process share the first one's hash functions, which agree with the reference anyway. */
function installOnce(hashes: Hashes): void {
  installed ??= hashes
  installHashes(installed)
}

/** What has been opened, to be closed in the opposite order. */
type Opened = (() => Promise<void> | void)[]

/** Closes all of them, also when one fails: what stays open would keep the process. @throws what failed first */
async function closeAll(opened: Opened): Promise<void> {
  const failures: unknown[] = []
  for (let close = opened.pop(); close !== undefined; close = opened.pop()) {
    try {
      await close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

type Parts = { readonly config: NodeConfig; readonly machine: Machine; readonly opened: Opened }

async function compose({ config, machine, opened }: Parts): Promise<Node> {
  const { disk, logger } = machine
  const assets = createAssets(disk, config.pages)
  const failed = Promise.withResolvers<unknown>()
  const door = await openDoor({ config, assets, opened })
  const onFatal = (error: unknown): void => {
    logger.error('The node cannot go on.', { error })
    door.stop()
    failed.resolve(error)
  }
  const running = await openNode({ config, machine, assets, onFatal, onProgress: door.progress })
  const { ledger, gateway, token, isOpen } = running
  opened.push(() => running.close())
  door.open(gateway.serve)
  const { url, port } = door.listener
  return {
    url,
    port,
    chainId: ledger.chainId,
    genesis: ledger.genesis,
    pagesUrl: isOpen ? `${url}/` : `${url}/#${token}`,
    height: () => ledger.status().height,
    failed: failed.promise,
    async close() {
      door.stop()
      gateway.close()
      await door.listener.close()
      await closeAll(opened)
    },
  }
}

/** A node without its process: neither lock nor socket, on whatever machine it is given. */
export type OpenNode = {
  readonly ledger: Ledger
  readonly gateway: Gateway
  /** The operator's token, and whether it is asked for. */
  readonly token: string
  readonly isOpen: boolean
  /** Ends what stands below the gateway, with everything acknowledged on the disk. */
  close(): Promise<void>
}

export type OpenNodeOptions = {
  readonly config: NodeConfig
  readonly machine: Machine
  /** The pages; those of the configuration unless they were opened before. */
  readonly assets?: Assets
  /** Called once when the node can't go on: the process must end, and nobody was answered since. */
  readonly onFatal: (error: unknown) => void
  readonly onProgress: (fraction: number) => void
}

/** Opens chain, verifier, ledger, rail and gateway on a data directory whose lock is held. @throws what `startNode` throws */
export async function openNode(options: OpenNodeOptions): Promise<OpenNode> {
  const { config, machine, onFatal, onProgress } = options
  const opened: Opened = []
  try {
    const chain = await openChain({ config, machine })
    const verifier = createVerifier({
      threads: machine.threads,
      clock: machine.clock,
      accept: config.dev ? ['native', 'portable'] : ['native'],
      onFailure: onFatal,
    })
    opened.push(() => verifier.close())
    if ((await verifier.ready()) === 'portable')
      machine.logger.warn(
        'Signatures are verified by the portable verifier, about 25 times slower than the native one.',
      )
    const ledger = await openNodeLedger({ config, machine, chain, verifier, onFatal, onProgress })
    opened.push(() => ledger.close())
    const { token, key } = chain
    const isOpen = config.dev && isLoopback(config.host)
    const gateway = createGateway({
      ledger,
      rail: createTurnpikeRail({ ledger, random: machine.random }),
      machine,
      assets: options.assets ?? createAssets(machine.disk, config.pages),
      genesis: chain.document,
      concurrencyMax: config.concurrencyMax,
      streamsMax: config.streamsMax,
      operator: { token, open: isOpen },
      development: key && { key, hosts: [config.host.toLowerCase()] },
    })
    return { ledger, gateway, token, isOpen, close: () => closeAll(opened) }
  } catch (error) {
    await closeAll(opened)
    throw error
  }
}

/** The port: open from the first moment, and behind it whatever the node can say at the time. */
type Door = {
  readonly listener: Listener
  readonly progress: (fraction: number) => void
  readonly open: (serve: Serve) => void
  readonly stop: () => void
}

async function openDoor({
  config,
  assets,
  opened,
}: {
  readonly config: NodeConfig
  readonly assets: Assets
  readonly opened: Opened
}): Promise<Door> {
  let health: Health = { status: 'starting', progress: 0 }
  let isStopped = false
  const waiting = createWaiting({ health: () => health, assets })
  let serve = waiting
  const { host, port, connectionsPerSourceMax } = config
  const listener = await listen((request) => serve(request), { host, port, limits: { connectionsPerSourceMax } })
  opened.push(() => listener.close())
  return {
    listener,
    progress: (fraction) => void (health = { status: 'starting', progress: Math.round(fraction * 100) / 100 }),
    open(running) {
      if (!isStopped) serve = running
    },
    stop() {
      isStopped = true
      health = { status: 'stopping' }
      serve = waiting
    },
  }
}

/** The chain of a data directory, and its secrets. */
type Chain = {
  readonly app: App
  readonly genesis: unknown
  readonly document: GenesisDocument
  readonly token: string
  /** The operator's key; of development chains only. */
  readonly key: Uint8Array | undefined
}

async function openChain({ config, machine }: Pick<Parts, 'config' | 'machine'>): Promise<Chain> {
  const { disk, random } = machine
  const { home, dev } = config
  const stored = await findGenesis({ disk, home })
  const createKey = (): string => Hex.fromBytes(random(keyBytes))
  const create = stored === undefined ? createKey : undefined
  const sequencer = derivePublicKey(Hex.toBytes(await openKeyFile({ disk, path: `${home}/sequencer.key`, create })))
  const key = dev ? Hex.toBytes(await openKeyFile({ disk, path: `${home}/operator.key`, create })) : undefined
  const token = await openKeyFile({ disk, path: `${home}/operator.token`, create: () => createKey().slice(2) })
  const app = createChain(dev ? developmentModules : modules)
  const filled = {
    time: (stored as { readonly time?: number } | undefined)?.time ?? machine.clock.now(),
    sequencer: Hex.fromBytes(sequencer),
  }
  const given = await findGiven({ config, machine, filled, isNew: stored === undefined, key })
  requireChainId(parseGenesis(stored ?? given ?? {}).chainId, dev)
  const genesis = await openGenesis({ disk, home, app, given })
  const document = parseGenesis(genesis)
  if (document.sequencer !== filled.sequencer) throw wrongKey('sequencer.key', document.sequencer)
  if (key !== undefined && addressOfKey(key) !== document.operator) throw wrongKey('operator.key', document.operator)
  return { app, genesis, document, token, key }
}

type Giving = Pick<Parts, 'config' | 'machine'> & {
  readonly filled: { readonly time: number; readonly sequencer: string }
  readonly isNew: boolean
  readonly key: Uint8Array | undefined
}

/** The genesis document that this start brings, if it brings one. What it leaves out is filled in. */
async function findGiven({ config, machine, filled, isNew, key }: Giving): Promise<unknown> {
  if (key !== undefined) {
    if (!isNew) return undefined
    const operator = addressOfKey(key)
    return {
      ...(await readJson(
        machine,
        decodeURIComponent(new URL('../genesis/development.json', import.meta.url).pathname),
      )),
      ...filled,
      operator,
      tollAccount: operator,
    }
  }
  if (config.genesisFile === undefined) {
    if (!isNew) return undefined
    throw new Failure({
      code: 'engine/no_genesis',
      message: `This data directory has no chain yet: ${config.home}.`,
      values: { home: config.home },
      hint: 'Start with --dev for a development chain, or with --genesis FILE.',
    })
  }
  return { ...filled, ...(await readJson(machine, config.genesisFile)) }
}

async function readJson({ disk }: Machine, path: string): Promise<object> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await disk.read(path)))
    if (typeof value === 'object' && value !== null) return value
    throw new Error('It holds no object.')
  } catch (cause) {
    throw new Failure({
      code: 'node/genesis_file',
      message: `${path} cannot be read as a genesis document.`,
      values: { path },
      hint: 'Name a JSON file; docs/reference says what is in it.',
      cause,
    })
  }
}

/** A signature for one chain must mean nothing on another, so a chain that anybody may make has an id of its own (decisions 11). */
function requireChainId(chainId: number, dev: boolean): void {
  if (dev ? chainId === developmentChainId : !publicChainIds.has(chainId)) return
  throw new Failure({
    code: 'node/chain_id',
    message: dev
      ? `Chain ${chainId} is no development chain.`
      : `Chain id ${chainId} belongs to a public or a development chain.`,
    values: { chainId },
    hint: dev
      ? 'Leave --dev out, or choose another data directory with --home.'
      : 'Start a development chain with --dev, or give the chain an id of its own.',
  })
}

function wrongKey(file: string, expected: string): Failure {
  return new Failure({
    code: 'node/wrong_key',
    message: `${file} is not the key that the genesis of this chain names: ${expected}.`,
    values: { file, expected },
    hint: 'Put the right file back from a backup. For a new chain leave sequencer out of the genesis document: the node makes its key.',
  })
}

type Opening = Pick<Parts, 'config' | 'machine'> & {
  readonly chain: Chain
  readonly verifier: Verifier
  readonly onFatal: (error: unknown) => void
  readonly onProgress: (fraction: number) => void
}

function openNodeLedger({ config, machine, chain, verifier, onFatal, onProgress }: Opening): Promise<Ledger> {
  const { app, genesis } = chain
  const { home } = config
  const openEngine = (hooks: EngineHooks): Promise<Engine> =>
    openEmbeddedEngine({ ...config, app, genesis, machine, onProgress, onFatal, ...hooks })
  const retention = parseRetention(config.retain)
  return openLedger({ app, genesis, home, machine, verifier, retention, openEngine, onFatal })
}

export type ExamineOptions = {
  /** The data directory of a node that does not run. */
  readonly home: string
  /** Told how much of the log was read, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/**
 * Examines a stopped node: the whole log with every signature, every block, and every invariant. Nothing is changed.
 *
 * @throws Failure when it could not be examined: `node/locked` while a node runs, `engine/no_genesis` where there is none.
 */
export async function examine({ home, onProgress }: ExamineOptions): Promise<Examination> {
  const machine = await createMachine({ level: 'error' })
  installOnce(machine.hashes)
  const stored = await findGenesis({ disk: machine.disk, home })
  const isDevelopment = (stored as { readonly chainId?: unknown } | undefined)?.chainId === developmentChainId
  const failed = Promise.withResolvers<never>()
  const verifier = createVerifier({
    threads: machine.threads,
    clock: machine.clock,
    accept: ['native', 'portable'],
    onFailure: failed.reject,
  })
  try {
    const app = createChain(isDevelopment ? developmentModules : modules)
    return await Promise.race([
      examineDirectory({ home, app, machine, verify: (signatures) => verifier.verify(signatures), onProgress }),
      failed.promise,
    ])
  } finally {
    await verifier.close()
  }
}
