// Lint rules of our own, for what no stock rule says: the chain computes nothing that engines may compute differently.
// Loaded by .oxlintrc.json, which says where each rule holds.

/**
 * What the rules below read of a syntax tree.
 *
 * @typedef {{ type: string, name: string }} Identifier
 * @typedef {{ regex?: object | null }} Literal
 * @typedef {{ object: Identifier, property: Identifier, computed: boolean }} MemberExpression
 * @typedef {{ report(problem: { node: object, message: string }): void }} RuleContext
 */

const EXACT_MATH = new Set(['abs', 'ceil', 'clz32', 'floor', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc'])

const noRegexp = {
  create: (/** @type {RuleContext} */ context) => ({
    Literal(/** @type {Literal} */ node) {
      if (node.regex === undefined || node.regex === null) return
      context.report({ node, message: 'No regular expressions in the chain: parse by hand with bounds.' })
    },
  }),
}

const noInexactMath = {
  create: (/** @type {RuleContext} */ context) => ({
    MemberExpression(/** @type {MemberExpression} */ node) {
      if (node.object.type !== 'Identifier' || node.object.name !== 'Math') return
      if (!node.computed && EXACT_MATH.has(node.property.name)) return
      context.report({ node, message: `Only exact functions of Math in the chain: ${[...EXACT_MATH].join(', ')}.` })
    },
  }),
}

export default {
  meta: { name: 'turnpike' },
  rules: { 'no-regexp': noRegexp, 'no-inexact-math': noInexactMath },
}
