// Any text as a body: what is within the bounds is read exactly as JSON.parse reads it, and all else is a problem with a code.
import { fuzzParser } from '@turnpike/chain/testing'
import { Text } from '@turnpike/chain/wire'
import { expect, test } from 'vitest'
import { depthMax, parseJson } from './body.ts'
import { Problem } from './problem.ts'
import { readOutline } from './x402/payload.ts'

const decoder = new TextDecoder()

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function parseFreely(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

function judge(input: Uint8Array): string {
  const text = decoder.decode(input)
  const free = parseFreely(text)
  try {
    const value = parseJson(text)
    expect(JSON.stringify(value)).toBe(JSON.stringify(free?.value))
    const outline = readOutline(value)
    return `${typeof value}: ${outline === undefined ? 'no call' : 'problem' in outline ? outline.problem : 'a call'}`
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (free !== undefined) expect(depthOf(free.value)).toBeGreaterThan(depthMax)
    return `${error.code} ${error.message}`
  }
}

const requirements = '{"scheme":"exact","network":"eip155:402402","amount":"1","asset":"0x74","payTo":"0x1"}'
const call = `{"x402Version":2,"paymentPayload":{"x402Version":2,"accepted":${requirements},"payload":{}},"paymentRequirements":${requirements}}`
const pieces = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\\"',
  '\\\\',
  ',',
  ':',
  '{"__proto__":',
  '\\ud800',
  '1e999',
  '-0',
  'null',
  '[['.repeat(20),
]

test('T32 T151 any text as a body', async () => {
  const seeds = [call, '[]', '"\\\\"', '{"a":[1,{"b":"]}"}]}'].map(Text.toBytes)
  const outcomes = await fuzzParser({ name: 'body', seeds, pieces: pieces.map(Text.toBytes), judge })
  expect(outcomes).toContain('object: a call')
})
