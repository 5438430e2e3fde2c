// The house rules that need more than one file (CONTRIBUTING.md lists them). Each rule is a function of the tree, and each is tried
// here twice: on the repository, where it must find nothing, and on examples of its own, where it must find what it is for.
import { describe, expect, it } from 'vitest'
import { fileURLToPath } from 'node:url'
import { anatomy } from './tidy/anatomy.ts'
import { citations } from './tidy/citations.ts'
import { closure } from './tidy/closure.ts'
import { dead } from './tidy/dead.ts'
import { dependencies } from './tidy/dependencies.ts'
import { docs } from './tidy/docs.ts'
import { doors } from './tidy/doors.ts'
import { faces } from './tidy/faces.ts'
import { floors } from './tidy/floors.ts'
import { names, size, words } from './tidy/names.ts'
import { threats } from './tidy/threats.ts'
import { readTree, say, treeOf } from './tidy/tree.ts'
import type { Rule } from './tidy/tree.ts'

// Rule 6, the two-way agreement of tables and docs/reference, is test/reference.test.ts.
// Rule 12 is the second half of this file.
const rules: readonly Rule[] = [
  floors,
  faces,
  doors,
  closure,
  anatomy,
  dead,
  names,
  size,
  docs,
  dependencies,
  threats,
  citations,
  words,
]

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const tree = readTree(root)

describe('the repository keeps the house rules', () => {
  for (const rule of rules) {
    it(`${rule.item}: ${rule.claim}`, () => {
      expect(rule.check(tree).map(say)).toEqual([])
    })
  }
})

describe('each house rule finds what it is for', () => {
  for (const rule of rules) {
    it(`${rule.item}: has nothing to say of a good example`, () => {
      expect(rule.check(treeOf(rule.good)).map(say)).toEqual([])
    })
    for (const example of rule.bad) {
      it(`${rule.item}: ${example.name}`, () => {
        const findings = rule.check(treeOf({ ...rule.good, ...example.change })).map(say)
        expect(
          findings.filter((finding) => finding.includes(example.finds)),
          findings.join('\n'),
        ).not.toEqual([])
      })
    }
  }
})
