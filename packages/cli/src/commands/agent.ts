// agent: accounts with a budget. Make one, see what is left of it, narrow or widen it, stop it, take its money back.
import { readFile } from 'node:fs/promises'
import { currencyDecimals } from '@turnpike/chain/wire/bank'
import {
  createAgent,
  formatUnits,
  freezeAgent,
  getAgent,
  getAsset,
  setPolicy,
  sweepAgent,
  unfreezeAgent,
  usd,
  type Agent,
  type Budget,
  type Chain,
  type Client,
  type OpenHold,
  type PolicySource,
} from '@turnpike/sdk'
import type { Call, Output } from '../command.ts'
import { CliError, usageError } from '../failure.ts'
import { columns, toJson } from '../output.ts'
import { agentOf, connect, openOwner, parseAmount } from '../remote.ts'
import { chooseKey } from './agentKey.ts'

const nameBytesMax = 64

async function readPolicy(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw usageError(
      `The policy ${file} can't be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Name a file with a policy document in JSON.',
    )
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CliError({
      code: 'policy/policy_invalid',
      message: `${file} is no JSON.`,
      hint: 'Correct the file; the reference of policies shows every field.',
      cause,
    })
  }
}

/** What the flags say of the policy. @throws CliError `cli/usage` for a file beside caps */
async function sourceOf({ flags }: Call): Promise<PolicySource> {
  const { 'per-call': perCall, 'per-day': perDay, lifetime, policy } = flags
  const budget: Budget = {
    ...(perCall !== undefined && { perCall: usd(perCall) }),
    ...(perDay !== undefined && { perDay: usd(perDay) }),
    ...(lifetime !== undefined && { lifetime: usd(lifetime) }),
  }
  const hasBudget = Object.keys(budget).length > 0
  if (policy === undefined) return hasBudget ? { budget } : {}
  if (hasBudget)
    throw usageError(
      'A policy file says everything: it excludes --per-call, --per-day and --lifetime.',
      'Write the caps into the file, or leave it out.',
    )
  return { document: await readPolicy(policy) }
}

function checkName(name: string): string {
  const isFit =
    /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(name) && Buffer.byteLength(name) <= nameBytesMax && !name.startsWith('0x')
  if (!isFit)
    throw usageError(
      'This is no name for an agent.',
      `Use at most ${nameBytesMax} bytes of visible text that does not begin with 0x.`,
    )
  return name
}

/** Makes an agent. */
export async function create(call: Call): Promise<Output> {
  const name = checkName(call.words['NAME']!)
  const source = await sourceOf(call)
  const client = connect(call)
  const owner = await openOwner(call)
  const { key, keystore } = await chooseKey(call, { client, owner, name })
  const created = await createAgent(client, { owner, name, key, ...source })
  const { agent, words, receipt } = created
  const text = [
    `${agent} is agent "${name}" of ${owner.address}.`,
    ...(keystore === null ? [] : [`Its key ${created.key} is in ${keystore}.`]),
    '',
    words,
  ].join('\n')
  return {
    json: { agent, owner: owner.address, key: created.key, keystore, funding: 'self', operation: receipt.operation },
    text,
  }
}

function percent(part: bigint, whole: bigint): string {
  return whole === 0n ? '100 %' : `${(part * 100n) / whole} %`
}

function capRows({ caps }: Agent): readonly (readonly [string, string])[] {
  return caps.map(({ id, maxAmount, remaining, maxCount, remainingCount }) => {
    const amount =
      maxAmount === undefined || remaining === undefined
        ? []
        : [
            `${formatUnits(remaining, currencyDecimals)} of ${formatUnits(maxAmount, currencyDecimals)} left (${percent(remaining, maxAmount)})`,
          ]
    const count =
      maxCount === undefined || remainingCount === undefined ? [] : [`${remainingCount} of ${maxCount} payments left`]
    return [`  ${id}`, [...amount, ...count].join(', ')]
  })
}

function holdLines(chain: Chain, holds: readonly OpenHold[]): readonly string[] {
  return holds.map(({ asset: address, amount, payee, endsMs }) => {
    const { symbol, decimals } = getAsset(chain, address)
    return `  ${formatUnits(amount, decimals)} ${symbol} for ${payee} until ${new Date(endsMs).toISOString()}`
  })
}

function agentText(chain: Chain, agent: Agent): string {
  const { account, owner, status, version, words, balances, pending, unfreezesAtMs, sentence, holds } = agent
  const money = balances.map(({ asset, available }): readonly [string, string] => {
    const { symbol, decimals } = getAsset(chain, asset)
    return [`  ${symbol}`, formatUnits(available, decimals)]
  })
  return [
    `${account}, ${status}, owned by ${owner}, version ${version}`,
    words,
    '',
    columns([...capRows(agent), ...money]),
    sentence,
    ...(holds.length === 0 ? [] : ['Open holds:', ...holdLines(chain, holds)]),
    ...(pending === undefined ? [] : ['', `From ${new Date(pending.effectiveAtMs).toISOString()} on:`, pending.words]),
    ...(unfreezesAtMs === undefined ? [] : ['', `It pays again from ${new Date(unfreezesAtMs).toISOString()} on.`]),
  ].join('\n')
}

/** Shows the policy, or changes it: tighter at once, else proposed. */
export async function policy(call: Call): Promise<Output> {
  const client = connect(call)
  const owner = await openOwner(call)
  const agent = agentOf(owner, call.words['NAME_OR_ADDRESS']!)
  const file = call.flags['policy']
  if (file === undefined) {
    const found = await getAgent(client, { agent, signer: owner })
    return { json: toJson(found) as Output['json'], text: agentText(await client.chain(), found) }
  }
  const { change, loosens, effectiveAtMs, words, receipt } = await setPolicy(client, {
    agent,
    owner,
    document: await readPolicy(file),
  })
  const isNow = effectiveAtMs <= receipt.timeMs
  const when = isNow ? 'in force now' : `in force from ${new Date(effectiveAtMs).toISOString()} on`
  const why =
    change === 'tightened' ? 'It is tighter or equal' : `It loosens ${loosens ?? 'a field'}, so it was proposed`
  const json = { agent, change, loosens: loosens ?? null, effectiveAt: effectiveAtMs, operation: receipt.operation }
  return { json, text: `${why}; ${when}.\n${words}` }
}

const unsaidHolds = 'The node did not say which holds are still open: see agent policy.'

async function restLines(client: Client, holds: readonly OpenHold[]): Promise<readonly string[]> {
  if (holds.length === 0) return ['Nothing can leave it any more.']
  return ['These open holds can still be settled, nothing else:', ...holdLines(await client.chain(), holds)]
}

/** Stops an agent, and says what can still leave it. */
export async function freeze(call: Call): Promise<Output> {
  const client = connect(call)
  const owner = await openOwner(call)
  const agent = agentOf(owner, call.words['NAME_OR_ADDRESS']!)
  const { receipt, holds } = await freezeAgent(client, { agent, owner })
  const rest = holds === undefined ? [unsaidHolds] : await restLines(client, holds)
  return {
    json: { agent, operation: receipt.operation, ...(holds && { holds: toJson(holds) }) },
    text: [`${agent} is frozen since height ${receipt.height}.`, ...rest].join('\n'),
  }
}

/** Lets an agent pay again. */
export async function unfreeze(call: Call): Promise<Output> {
  const client = connect(call)
  const owner = await openOwner(call)
  const agent = agentOf(owner, call.words['NAME_OR_ADDRESS']!)
  const { receipt, effectiveAtMs } = await unfreezeAgent(client, { agent, owner })
  const when = effectiveAtMs <= receipt.timeMs ? 'again now' : `again from ${new Date(effectiveAtMs).toISOString()} on`
  return {
    json: { agent, operation: receipt.operation, effectiveAt: effectiveAtMs },
    text: `${agent} may pay ${when}.`,
  }
}

/** Takes money back. */
export async function sweep(call: Call): Promise<Output> {
  const client = connect(call)
  const owner = await openOwner(call)
  const agent = agentOf(owner, call.words['NAME_OR_ADDRESS']!)
  const { amount, asset: named } = call.flags
  const units = amount === undefined ? undefined : (await parseAmount(client, call, amount)).units
  const receipt = await sweepAgent(client, {
    agent,
    owner,
    ...(units !== undefined && { amount: units }),
    ...(named !== undefined && { asset: named }),
  })
  const { symbol, decimals } = getAsset(await client.chain(), receipt.payment?.asset ?? named)
  const moved = receipt.payment?.amount ?? units ?? 0n
  return {
    json: { agent, operation: receipt.operation, amount: moved.toString(), asset: symbol },
    text: `${formatUnits(moved, decimals)} ${symbol} went from ${agent} back to ${owner.address}.`,
  }
}
