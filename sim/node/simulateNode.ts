// Runs of a whole node from a seed, and the message that repeats what they find.
import { createPerson } from '../keys.ts'
import { buyOnce, isFunded, permitOf, story } from './honest.ts'
import { fieldsOf } from './clients.ts'
import { hand, NodeRun, rotten, Wrong } from './run.ts'
import type { NodeRunOptions, NodeRunResult } from './run.ts'
import { paymentBody } from './shop.ts'

type Outcome = NodeRunResult & {
  /** Steps until the story was told. */
  readonly told: number
}

/**
 * A short story told to a node that dies once, at the given step, and is started again.
 *
 * @throws Error that says how to repeat it
 */
export function simulateDeath(options: NodeRunOptions): Promise<Outcome> {
  return simulate(options, async (run) => {
    await run.until('the node starts', () => run.shop !== undefined)
    let isTold = false
    run.clients.begin(async () => {
      await story(run.shop!, run.random)
      isTold = true
    })
    await run.until('the story is told', () => isTold)
    await run.until('history is written', () => run.life.state === 'running' && run.isWritten())
    await restart(run)
    await pay(run)
    const told = run.life.steps
    await rest(run)
    await run.readEverything()
    return told
  })
}

/**
 * A payer shows one payment to two sellers: to the second one when the first one's hold has lapsed and he has as many others as he may.
 * The node is started again before they settle. Answers how many were told that they may deliver.
 */
export async function simulateLimit(options: NodeRunOptions): Promise<number> {
  let delivered = 0
  await simulate(options, async (run) => {
    await run.until('the node starts', () => run.shop !== undefined)
    let isOver = false
    run.clients.begin(async () => {
      delivered = await showAtLimit(run)
      isOver = true
    })
    await run.until('it is over', () => isOver, 50_000)
    return run.life.steps
  })
  return delivered
}

/** The most open holds of one payer (decisions 9). */
const holdsMax = 64

async function showAtLimit(run: NodeRun): Promise<number> {
  const { life, clients, random } = run
  const shop = run.shop!
  const by = createPerson('a payer with many holds', hand)
  const to = shop.stage.sellers[0]!.address
  await isFunded(shop, by)
  const permit = (): object => {
    const lastingMs = 300_000
    return paymentBody(shop.stage, permitOf(shop, random, { by, to, value: 5n, lastingMs }), 'authorization')
  }
  const verify = async (body: object): Promise<void> => {
    const answer = await clients.post('/x402/verify', body)
    if (fieldsOf(answer?.body)['isValid'] !== true) run.complain(`a verify at the limit: ${JSON.stringify(answer)}`)
  }
  const settle = async (body: object): Promise<boolean> =>
    fieldsOf((await clients.post('/x402/settle', body))?.body)['success'] === true
  const shown = permit()
  await verify(shown)
  life.machine.schedule.jump(61_000)
  for (let i = 0; i < holdsMax; i++) await verify(permit())
  await verify(shown)
  life.crash('process')
  return [await settle(shown), await settle(shown)].filter(Boolean).length
}

/**
 * A whole run: people and faults, then calm, progress, a stop in order, and a last look at everything.
 *
 * @throws Error that says how to repeat it
 */
export function simulateNode(options: NodeRunOptions): Promise<Outcome> {
  return simulate(options, async (run) => {
    await run.live()
    const told = run.life.steps
    await rest(run)
    await pay(run)
    await run.readEverything()
    await restart(run)
    await run.readEverything()
    run.judge()
    await run.until('a watcher has seen every block', () => run.isSeen())
    await rot(run)
    return told
  })
}

async function simulate(options: NodeRunOptions, play: (run: NodeRun) => Promise<number>): Promise<Outcome> {
  const run = new NodeRun(options)
  const hear = (error: unknown): void => run.complain(`nobody heard of a rejection: ${String(error)}`)
  process.on('unhandledRejection', hear)
  try {
    const told = await play(run)
    return { blocks: run.height, steps: run.life.steps, lives: run.life.lives, told }
  } catch (error) {
    const { steps, lives, machine } = run.life
    const { seed, acts, crashAt } = options
    const how = crashAt === undefined ? `--acts ${acts}` : `--crash ${crashAt}`
    const problem = error instanceof Wrong ? error.message : `the run stopped: ${String(error)}`
    throw new Error(
      `${problem}\n  at step ${steps}, life ${lives}, after ${machine.schedule.last}; repeat it with: npm run sim -- --node --seed ${seed} ${how}`,
      { cause: error },
    )
  } finally {
    process.off('unhandledRejection', hear)
    run.life.discard()
  }
}

/** The faults end: whoever waits is answered, and everybody's business comes to its end. */
async function rest(run: NodeRun): Promise<void> {
  run.calm()
  await run.until('the node runs', () => run.life.state === 'running' && run.life.failure === undefined)
  run.calm()
  await run.until('all are answered', () => run.clients.active === 0, 20_000)
  run.judge()
}

/** An honest payment succeeds. */
async function pay(run: NodeRun): Promise<void> {
  const { clients, random } = run
  const shop = run.shop!
  const by = createPerson(`honest ${run.options.seed}`, hand)
  let isDone = false
  clients.begin(async () => {
    if (await isFunded(shop, by)) {
      const outcome = await buyOnce(shop, permitOf(shop, random, { by, to: shop.stage.sellers[0]!.address }))
      if (outcome !== 'delivered') run.complain(`an honest payment: ${outcome}`)
    } else run.note('the faucet is empty in the end')
    isDone = true
  })
  await run.until('an honest payment succeeds', () => isDone)
  run.judge()
}

/** A stop in order, and a start after it. */
async function restart(run: NodeRun): Promise<void> {
  const { life } = run
  const { lives } = life
  life.close()
  // Where the story has the node die on its way down, it is up again instead.
  await run.until('the node stops', () => life.state === 'stopped' || life.lives > lives)
  if (life.state === 'stopped') life.crash('machine')
  await run.until('the node starts again', () => life.state === 'running')
}

/** After a stop in order one bit of the log turns: the node says so and does not start, or starts from a checkpoint behind it with nothing lost. */
async function rot(run: NodeRun): Promise<void> {
  const { life, random } = run
  await run.until('history is written', () => life.state === 'running' && run.isWritten())
  life.close()
  await run.until('the node stops', () => life.state === 'stopped')
  run.judge()
  life.crash('machine')
  const segment = random.pick(life.segments())
  // Mostly among the records, which fill the beginning.
  const at = random.int(random.percent(70) ? Math.min(segment.length, 20_000) : segment.length)
  segment[at]! ^= 1 << random.int(8)
  life.start()
  for (let i = 0; life.state === 'starting' && life.failure === undefined; i++) {
    if (i > 20_000) throw new Wrong('the node neither starts nor says what is wrong with its log')
    await life.step()
  }
  if (life.failure === undefined) {
    run.note('rot: lies behind a checkpoint')
    run.complain(run.stateProblem())
  } else {
    const { code } = life.failure as { readonly code?: string }
    run.note(`rot: ${code}`)
    if (code === undefined || !rotten.test(code)) run.complain(`a rotten log makes the start fail with ${code}`)
  }
  if (run.problem !== undefined) throw new Wrong(run.problem)
}
