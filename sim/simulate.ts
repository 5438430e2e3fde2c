// One run: people act, the chain executes, the auditor judges every outcome, a second chain follows from bytes alone, and every
// invariant is checked after every few.
import {
  advance,
  answer,
  check,
  createChain,
  createState,
  developmentModules,
  executeBlock,
  parseQuestion,
  protocolOf,
  unmake,
  violations,
  viewOf,
  type BlockResult,
  type State,
} from '@turnpike/chain'
import { decodeLeaf, decodeOp, Refusal, type Address, type Op } from '@turnpike/chain/wire'
import { beginBlock, complain, expect, type Outcome, type Signers } from './auditor/auditor.ts'
import { sumProblem } from './auditor/bank.ts'
import { openBooks, type Books, type Expected } from './auditor/books.ts'
import { booksDifference } from './compare.ts'
import { note, type Coverage } from './coverage.ts'
import { createGenesis, termsOf } from './genesis.ts'
import { createHashHand } from './hands.ts'
import { createPeople, createPerson, signersOf } from './keys.ts'
import { createRandom, type Random } from './random.ts'
import type { Agent, Stage } from './workload/stage.ts'
import { chooseActions, type Chosen } from './workload/troupe.ts'

export type RunOptions = {
  readonly seed: number
  readonly blocks: number
  /** Told of every block's app hash, so that two runs of a seed can be compared. */
  readonly onBlock?: (appHash: string) => void
}

export type RunResult = {
  readonly blocks: number
  readonly operations: number
  readonly coverage: Coverage
  readonly appHash: string
}

/** Thrown when a run finds something wrong; the message says how to repeat it. */
class Finding extends Error {
  constructor({ seed, blocks }: RunOptions, height: number, problem: string, options?: ErrorOptions) {
    super(`${problem}\n  at block ${height}; repeat it with: npm run sim -- --seed ${seed} --blocks ${blocks}`, options)
    this.name = 'Finding'
  }
}

type World = {
  readonly state: State
  /** Another chain, with other seeds of its indexes, that sees what an engine would have kept, as bytes. */
  readonly replica: State
  readonly books: Books
  readonly stage: Stage
  readonly chosen: Chosen
  readonly random: Random
  readonly coverage: Coverage
}

const app = createChain(developmentModules)
const hand = createHashHand()
const people = createPeople(hand)
const operator = createPerson('operator', hand)
const toller = createPerson('toll', hand)

function createWorld(seed: number): World {
  const random = createRandom(seed)
  const genesis = createGenesis(random.split('genesis'), { operator: operator.address, toller: toller.address })
  const state = createState(app, genesis, [seed, 1])
  const replica = createState(app, genesis, [2, seed])
  const agents: Agent[] = []
  const stage: Stage = {
    protocol: protocolOf(app, state),
    assets: genesis.assets,
    operator,
    ...people,
    agents,
    permissions: [],
    said: [],
    time: genesis.time,
    ask(name, args) {
      try {
        return answer(viewOf(state, stage.time), parseQuestion(app, name, args))
      } catch (error) {
        if (error instanceof Refusal) return undefined
        throw error
      }
    },
  }
  const books = openBooks(termsOf(genesis), genesis.time)
  const chosen = chooseActions(random.split('troupe'))
  return {
    state,
    replica,
    books,
    stage,
    chosen,
    random: random.split('world'),
    coverage: new Map(),
  }
}

const jumpsMs = [0, 0, 0, 1, 5, 40, 300, 1_000, 1_000, 5_000, 60_000]
const longJumpsMs = [59_999, 60_001, 600_000, 3_600_000, 3_660_000, 86_400_000, 86_400_001]

function nextTime({ stage, random }: World): number {
  return stage.time + (random.percent(98) ? random.pick(jumpsMs) : random.pick(longJumpsMs))
}

/** What people do in this block, control operations first as an engine has them. */
function act({ stage, chosen, random, coverage }: World): readonly Op[] {
  const ops: Op[] = []
  for (let i = random.int(7); i > 0; i--) {
    const { name, action, source } = chosen.pick(random)
    const op = action(stage, source)
    if (op === undefined) continue
    ops.push(op)
    note(coverage, `does: ${name}`)
  }
  return [...ops.filter(({ definition }) => definition.control), ...ops.filter(({ definition }) => !definition.control)]
}

function lookUp(signers: ReadonlyMap<Op, Signers>): (op: Op) => Signers {
  return (op) => signers.get(op) ?? []
}

/** Executes on one chain with verdicts that were made before, and makes the block part of it unless it is idle. */
function execute(
  state: State,
  block: { readonly height: number; readonly time: number; readonly ops: readonly Op[] },
  signersFor: (op: Op) => Signers,
): BlockResult {
  const verdicts = new Map(
    block.ops.flatMap((op) => op.signatures.map((signature, i) => [signature, signersFor(op)[i]] as const)),
  )
  const result = executeBlock(app, state, block, (signature) => verdicts.get(signature))
  if (result.idle) unmake(state, result)
  else {
    advance(state, result)
    state.store.keep()
  }
  return result
}

function outcomeName(outcome: Outcome): string {
  if (outcome instanceof Refusal) return outcome.code
  return 'repeats' in outcome ? 'repeat' : 'receipt'
}

/** The first thing that is wrong with a block's outcomes. */
function judge(
  { books, coverage }: World,
  ops: readonly Op[],
  result: BlockResult,
  signersFor: (op: Op) => Signers,
): string | undefined {
  for (const [i, op] of ops.entries()) {
    const expected: Expected = expect(books, op, signersFor(op))
    const outcome: Outcome = result.outcomes[i]!
    note(coverage, `${op.message.type}: ${outcomeName(outcome)}`)
    const problem = complain(books, op, expected, outcome)
    if (problem !== undefined) return problem
  }
  return sumProblem(books)
}

/** What an engine would have kept, executed on the other chain from its bytes, among dry runs of what it would not. */
function follow(
  world: World,
  ops: readonly Op[],
  result: BlockResult,
  signersFor: (op: Op) => Signers,
): string | undefined {
  const { replica, stage, random } = world
  const { height, time } = result.head
  const kept = ops.filter((_, i) => 'sequence' in result.outcomes[i]!)
  if (random.percent(10)) {
    for (const op of ops)
      check(app, replica, op, { time, verify: (signature) => signersFor(op)[op.signatures.indexOf(signature)] })
  }
  if (result.idle) return undefined
  const decoded = kept.map((op) => decodeOp(stage.protocol, op.bytes))
  const signers = new Map(decoded.map((op, i) => [op, signersFor(kept[i]!)]))
  const again = execute(replica, { height, time, ops: decoded }, lookUp(signers))
  if (again.head.appHash !== result.head.appHash)
    return 'the chain that executed the kept operations alone has another app hash'
  if (again.head.blockHash !== result.head.blockHash)
    return 'the chain that executed the kept operations alone has another block hash'
  return undefined
}

/** A leaf says what its receipt says. */
function leafProblem(result: BlockResult): string | undefined {
  for (const [i, leaf] of result.leaves.entries()) {
    const read = decodeLeaf(leaf)
    const { sequence, op, kind, payment, reference, eventsHash } = result.receipts[i]!
    if (read.sequence !== sequence || read.op !== op || read.kind !== kind || read.reference !== reference)
      return `leaf ${i} differs from its receipt`
    if (read.eventsHash !== eventsHash || read.payment?.amount !== payment?.amount)
      return `leaf ${i} differs from its receipt`
  }
  return undefined
}

/** People learn of their new agents, and remember what was said. */
function learn({ stage, random }: World, ops: readonly Op[], result: BlockResult): void {
  for (const [i, op] of ops.entries()) {
    if (stage.said.length < 80) stage.said.push(op)
    else if (random.percent(50)) stage.said[random.int(80)] = op
    const outcome = result.outcomes[i]!
    if (op.message.type !== 'policy/createAgent' || !('sequence' in outcome)) continue
    const owner = stage.owners.find(({ address }) => address === op.message['account'])
    const key = stage.keys.find(({ address }) => address === op.message['key'])
    if (owner === undefined || key === undefined) continue
    stage.agents.push({ address: outcome.reference.slice(0, 42) as Address.Address, owner, key })
  }
}

/** Heights between two looks at the whole state: what an invariant finds is still there a few blocks later. */
const invariantsEvery = 4

function runBlock(world: World): { readonly operations: number; readonly problem: string | undefined } {
  const { state, books, stage, random } = world
  stage.time = nextTime(world)
  const ops = act(world)
  const signers = new Map(ops.map((op) => [op, signersOf(hand, op)]))
  const signersFor = lookUp(signers)
  const height = state.head.height + 1
  const block = { height, time: stage.time, ops }
  const wasDue = beginBlock(books, height, stage.time)
  const result = execute(state, block, signersFor)
  const broken = (): string | undefined =>
    height % invariantsEvery === 0
      ? violations(app, viewOf(state, stage.time)).map(({ name, finding }) => `${name}: ${finding}`)[0]
      : undefined
  const problem =
    judge(world, ops, result, signersFor) ??
    (wasDue && result.idle ? 'something was due, and nothing was written' : undefined) ??
    leafProblem(result) ??
    follow(world, ops, result, signersFor) ??
    broken() ??
    booksDifference(books, stage, { ops, isWhole: random.percent(3) })
  learn(world, ops, result)
  return { operations: ops.length, problem }
}

export type RunsOptions = {
  /** The first seed; the others follow it. */
  readonly seed: number
  /** Blocks of each seed: few, so that many different troupes come to play. */
  readonly blocks: number
  readonly runs: number
  /** No seed is begun after so long, in ms. */
  readonly withinMs: number
  readonly now: () => number
}

/** Runs of many seeds: how many there were, and what all of them reached. @throws Finding at the first thing that is wrong */
export function simulateSeeds({ seed, blocks, runs, withinMs, now }: RunsOptions): {
  readonly runs: number
  readonly coverage: Coverage
} {
  const coverage: Coverage = new Map()
  const begun = now()
  let count = 0
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0 // Every second operation is refused; whoever repeats one seed has the stacks.
  try {
    for (; count < runs && now() - begun < withinMs; count++) {
      for (const [name, times] of simulate({ seed: seed + count, blocks }).coverage)
        coverage.set(name, (coverage.get(name) ?? 0) + times)
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
  return { runs: count, coverage }
}

/** Runs so many blocks of a seed. @throws Finding at the first thing that is wrong */
export function simulate(options: RunOptions): RunResult {
  const world = createWorld(options.seed)
  let operations = 0
  for (let i = 0; i < options.blocks; i++) {
    try {
      const { operations: count, problem } = runBlock(world)
      operations += count
      if (problem !== undefined) throw new Finding(options, i, problem)
    } catch (error) {
      if (error instanceof Finding) throw error
      throw new Finding(options, i, `the run stopped: ${String(error)}`, { cause: error })
    }
    options.onBlock?.(world.state.head.appHash)
  }
  return { blocks: options.blocks, operations, coverage: world.coverage, appHash: world.state.head.appHash }
}
