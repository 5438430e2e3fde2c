// Any JSON as a question: one of the table with arguments in their one encoding, or a refusal.
import { expect, test } from 'vitest'
import { dollar, given, person } from '../../testing/index.ts'
import { fuzzJsonParser } from '../../testing/parserFuzz.ts'
import { decode } from '../codec/Codec.ts'
import { Refusal } from '../wire/refusal.ts'
import { answer, parseQuestion } from './app.ts'

test('T32 any JSON as a question is answered or refused', async () => {
  const g = given()
  const account = person('payer').address
  const names = [...g.app.queries.keys()]
  const outcomes = await fuzzJsonParser({
    name: 'question',
    seeds: [
      ...names.map((name) => [name, { account, agent: account, asset: dollar }]),
      ['bank/balance', { account, asset: dollar }],
      ['policy/agent', { account }],
    ],
    errors: [Refusal],
    judge(json) {
      const [name, args] = Array.isArray(json) ? (json as readonly unknown[]) : [json]
      const question = parseQuestion(g.app, name, args)
      expect(decode(question.query.args, question.argsBytes)).toEqual(question.args)
      expect(JSON.stringify(answer(g.view(), question))).toEqual(expect.any(String))
      return `answered: ${question.query.name}`
    },
  })
  expect([...outcomes].filter((outcome) => outcome.startsWith('answered')).length).toBeGreaterThan(0)
})
