// One run of a whole node: people at its doors, faults on its machine, an auditor over its log. First safety, while everything breaks;
// then the faults end, and within bounded steps an honest payment must go through.
import {
  answer,
  createChain,
  createState,
  developmentModules,
  parseQuestion,
  protocolOf,
  violations,
} from '@turnpike/chain'
import type { View } from '@turnpike/chain'
import { decodeLeaf, Hash, Hex, installHashes, Refusal, type Address, type Json } from '@turnpike/chain/wire'
import { receiptProblem } from '../auditor/auditor.ts'
import { openBooks } from '../auditor/books.ts'
import { readLog, treeHead } from '../auditor/log.ts'
import { judgeLog, openPromises, type Promises } from '../auditor/promises.ts'
import { booksDifference } from '../compare.ts'
import { createGenesis, termsOf, type Genesis } from '../genesis.ts'
import { createCurveHand } from '../hands.ts'
import { createPeople, createPerson, createPersonWithKey, signersOf } from '../keys.ts'
import type { Flaw } from '../machine/disk.ts'
import { hashes } from '../machine/machine.ts'
import { createRandom, type Random } from '../random.ts'
import type { Agent, Stage } from '../workload/stage.ts'
import { chooseActions, type Chosen } from '../workload/troupe.ts'
import { Clients, fieldsOf } from './clients.ts'
import { chooseFaults, createFaults, type Fault, type Faults } from './faults.ts'
import { Life, plentyBytes } from './life.ts'
import { chooseBusiness } from './people.ts'
import type { Shop } from './shop.ts'
import { createWatcher } from './watcher.ts'

installHashes(hashes)

export type NodeRunOptions = {
  readonly seed: number
  /** How many things people do while faults happen. */
  readonly acts: number
  /** Dies at this step of the run, and nothing else goes wrong. */
  readonly crashAt?: number
  readonly coverage: Map<string, number>
  /** The only kinds of faults; those that the seed chooses if absent. */
  readonly faults?: readonly Fault[]
  /** How the disk betrays the node. */
  readonly flaw?: Flaw
  /** Told of every step, so that two runs of a seed can be compared. */
  readonly onStep?: (label: string) => void
}

export type NodeRunResult = { readonly blocks: number; readonly steps: number; readonly lives: number }

/** Thrown at the first thing that is wrong. */
export class Wrong extends Error {
  override readonly name = 'Wrong'
}

const app = createChain(developmentModules)
/** Signatures are real here: the node checks them. */
export const hand = createCurveHand()
const people = createPeople(hand)
/** People who do something at the same time. */
const activeMax = 12
/** Steps within which the node must start, or answer, once nothing goes wrong any more. */
const patience = 6_000
/** Failures that come of a log that is not what was written: nothing but rot excuses them. */
export const rotten = /^engine\/(log_damaged|log_format|wrong_genesis|replay_diverged)$/

/** A run while it goes on. */
export class NodeRun {
  readonly life: Life
  readonly clients: Clients
  readonly random: Random
  readonly options: NodeRunOptions
  readonly #genesis: Genesis
  readonly #faults: Faults
  readonly #chosen: Chosen
  shop: Shop | undefined
  problem: string | undefined
  /** Whether faults still happen. */
  isCalm: boolean
  readonly #watcher = createWatcher((problem) => this.complain(problem))
  #judgedLife = 0
  #hasDied = false

  constructor(options: NodeRunOptions) {
    this.options = options
    const random = createRandom(options.seed, 'node')
    this.random = random.split('run')
    const operator = createPerson('nobody', hand).address
    this.#genesis = createGenesis(random.split('genesis'), { operator, toller: operator })
    const { format, chainId, assets, params, time } = this.#genesis
    const note = (name: string): void => this.note(name)
    const document = { format, chainId, assets, params }
    const checkpointBytes = random.split('checkpoints').pick([4_096, 16_384, 65_536, 2 ** 25])
    this.life = new Life({
      random: random.split('life'),
      now: time,
      document,
      checkpointBytes,
      flaw: options.flaw,
      note,
    })
    this.clients = new Clients({ life: this.life, random: random.split('clients'), note })
    const faults = random.split('faults')
    this.#faults = createFaults(options.faults ?? chooseFaults(faults), faults)
    this.#chosen = chooseActions(random.split('troupe'))
    this.isCalm = options.crashAt !== undefined
  }

  note(name: string): void {
    const { coverage } = this.options
    coverage.set(name, (coverage.get(name) ?? 0) + 1)
  }

  complain(problem: string | undefined): void {
    this.problem ??= problem
  }

  /** Goes one step further: a step of the machine, somebody who thought goes on, or a fault. @throws Wrong */
  async tick(): Promise<void> {
    const { life, random, clients, options } = this
    if (life.failure !== undefined) this.#bury()
    else if (life.state === 'stopped') life.crash('process')
    else if (life.state === 'ended') life.start()
    else if (this.#isToDie()) life.crash(this.options.crashAt! % 3 === 0 ? 'process' : 'machine')
    else if (!this.isCalm && this.#faults.strike(life, (name) => this.note(name))) {
      // Something broke.
    } else if (!(random.percent(25) && clients.wake()) && !(await life.step()) && !clients.wake()) {
      throw new Wrong('nothing is left to happen, and the run is not over')
    } else options.onStep?.(`${life.machine.schedule.last} ${life.machine.schedule.now}`)
    if (life.state === 'running' && this.#judgedLife !== life.lives) this.#welcome()
    this.complain(clients.problem)
    if (this.problem !== undefined) throw new Wrong(this.problem)
  }

  #isToDie(): boolean {
    const { crashAt } = this.options
    if (this.#hasDied || crashAt === undefined || this.life.steps + 1 < crashAt) return false
    this.#hasDied = true
    return true
  }

  /** Goes on until something is so. @throws Wrong when it is not within so many steps */
  async until(what: string, isSo: () => boolean, steps = patience): Promise<void> {
    for (let i = 0; !isSo(); i++) {
      if (i > steps) throw new Wrong(`${what}: not within ${steps} steps`)
      await this.tick()
    }
  }

  /** People do what they do, and things break. */
  async live(): Promise<void> {
    await this.until('the node starts', () => this.shop !== undefined, patience * 4)
    const { clients, random, options } = this
    let lastActAt = this.life.steps
    for (let acts = 0; acts < options.acts;) {
      if (this.life.steps - lastActAt > patience * 4) throw new Wrong(`nobody could act for ${patience * 4} steps`)
      if (this.life.state === 'running' && clients.active < activeMax && random.percent(12)) {
        acts += 1
        lastActAt = this.life.steps
        const business = chooseBusiness(this.shop!, this.#chosen, random)
        if (business !== undefined) {
          this.note(`does: ${business.name}`)
          clients.begin(business.run)
        }
      }
      await this.tick()
      if (random.int(300) === 0) this.judge()
    }
  }

  /** Holds the log against the books and against all that was told. */
  judge(): void {
    const { promises, stage } = this.shop!
    this.complain(judgeLog(promises, readLog(this.life.segments())))
    if (this.#watcher.seen() > this.height)
      this.complain(`a watcher saw block ${this.#watcher.seen()}, and the log ends at ${this.height}`)
    this.#learn(promises, stage)
  }

  /** Whether the watcher has seen all. */
  isSeen(): boolean {
    return this.#watcher.seen() === this.height
  }

  /** Whether history has every block of the log. */
  isWritten(): boolean {
    const { history, height } = this.life.node!.ledger.status()
    return history.height === height
  }

  /** The height to which the log was judged. */
  get height(): number {
    return this.shop?.promises.books.height ?? 0
  }

  /** The node has come up: on the first time people learn the chain, and always its state must be what the log makes of it. */
  #welcome(): void {
    const { life } = this
    this.#judgedLife = life.lives
    this.shop ??= this.#open()
    this.judge()
    this.#watcher.watch(life.node!)
    if (this.problem !== undefined) return
    this.complain(this.stateProblem())
    if (!life.isBrief) return
    life.isBrief = false
    life.close()
  }

  /** How the state of the node differs from what its log makes of it. */
  stateProblem(): string | undefined {
    const { promises, stage } = this.shop!
    const view = this.#view()
    const durable = this.life.node!.ledger.status().height
    if (durable !== promises.books.height)
      return `the node starts at height ${durable}, and its log ends at ${promises.books.height}`
    const broken = violations(app, view)[0]
    if (broken !== undefined) return `${broken.name}: ${broken.finding}`
    // What was due has perhaps begun another block by now.
    return view.height === durable ? booksDifference(promises.books, stage, { ops: [], isWhole: true }) : undefined
  }

  /** The state of the node at the time of the last block that was judged. */
  #view(): View {
    return { ...this.life.node!.ledger.view(), time: this.shop!.promises.books.time }
  }

  #open(): Shop {
    const { life, clients } = this
    const document = JSON.parse(life.read('genesis.json')) as Genesis
    const genesis = { ...this.#genesis, ...document }
    const state = createState(app, document, [1, 2])
    const protocol = protocolOf(app, state)
    const operator = createPersonWithKey('operator', { hand, secret: Hex.toBytes(life.read('operator.key')) })
    const books = openBooks(termsOf(genesis), genesis.time)
    const promises = openPromises({ books, protocol, genesis: state.genesis, recover: (op) => signersOf(hand, op) })
    const ask = (name: string, args: Json): Json | undefined => {
      if (life.node === undefined) return undefined
      try {
        return answer(this.#view(), parseQuestion(app, name, args))
      } catch (error) {
        if (error instanceof Refusal) return undefined
        throw error
      }
    }
    const stage: Stage = {
      protocol,
      assets: genesis.assets,
      operator,
      ...people,
      agents: [],
      permissions: [],
      said: [],
      get time() {
        return Math.max(life.machine.schedule.now, books.time)
      },
      ask,
    }
    const note = (name: string): void => this.note(name)
    return { clients, promises, stage, complain: (problem) => this.complain(problem), note }
  }

  /** Owners learn of their new agents. */
  #learn({ receipts, protocol }: Promises, { agents, owners, keys }: Stage): void {
    const type = protocol.definitions.find((definition) => definition.type === 'policy/createAgent')!.number
    const { books } = this.shop!.promises
    for (const receipt of receipts) {
      if (receipt.type !== type) continue
      const address = receipt.reference.slice(0, 42) as Address.Address
      if (agents.some((agent: Agent) => agent.address === address)) continue
      const book = books.agents.get(address)
      const owner = owners.find((person) => person.address === books.accounts.get(address)?.owner)
      const key = keys.find((person) => person.address === book?.key)
      if (owner !== undefined && key !== undefined) agents.push({ address, owner, key })
    }
  }

  /** The node has failed: that is right only where something was broken on purpose. Its process ends. */
  #bury(): void {
    const { life } = this
    const failure = life.failure as { readonly code?: string; readonly message?: string; readonly values?: Fields }
    const code = failure.code ?? failure.message ?? 'something thrown'
    this.note(`failure: ${code}`)
    const isClock = code === 'engine/clock_behind'
    if (rotten.test(code) || (!isClock && life.hurt.size === 0))
      throw new Wrong(`the node failed for no reason: ${describe(life.failure)}`)
    life.crash('process')
    const lastBlockMs = failure.values?.['lastBlockMs']
    // Somebody sets the clock.
    if (isClock) life.machine.schedule.jump(Number(lastBlockMs) - life.machine.schedule.now + 1)
    if (life.machine.disk.room < plentyBytes) this.#faults.mend(life)
  }

  /** All that is kept of everything that happened, asked for by its id, is what the books say. */
  async readEverything(): Promise<void> {
    const { clients, promises } = this.shop!
    const leaves: Uint8Array[] = []
    const done = Promise.withResolvers<void>()
    clients.begin(async () => {
      for (const wanted of promises.receipts) {
        const got = await clients.get(`/receipts/${wanted.op}`)
        const { leaf } = fieldsOf(got?.body)
        if (typeof leaf !== 'string')
          return this.complain(`the node has no receipt of ${wanted.op}: ${JSON.stringify(got)}`)
        leaves[wanted.sequence] = Hex.toBytes(leaf)
        const stored = decodeLeaf(leaves[wanted.sequence]!)
        // Transfers are events, and a leaf has only their hash.
        this.complain(receiptProblem(wanted, { ...stored, transfers: wanted.transfers }))
      }
      done.resolve()
    })
    let isDone = false
    void done.promise.then(() => (isDone = true))
    await this.until('every receipt is read', () => isDone, patience + 60 * promises.receipts.length)
    const isWhole = promises.receipts.every(({ sequence }) => leaves[sequence] !== undefined)
    const last = readLog(this.life.segments()).at(-1)
    if (isWhole && last !== undefined && Hash.fromBytes(treeHead(leaves)) !== last.receiptsRoot)
      this.complain('the receipts do not hash to the root in the last block')
    if (this.problem !== undefined) throw new Wrong(this.problem)
  }

  /** Faults end, and what they broke is mended. */
  calm(): void {
    this.isCalm = true
    this.#faults.mend(this.life)
    const behindMs = this.shop!.promises.books.time - this.life.machine.schedule.now
    if (behindMs > 0) this.life.machine.schedule.jump(behindMs)
  }
}

type Fields = { readonly [name: string]: unknown }

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return `${error.stack ?? error.message}${error.cause === undefined ? '' : `\n  because ${describe(error.cause)}`}`
}
