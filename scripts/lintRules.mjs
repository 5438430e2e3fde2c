// Lint rules of our own, for what no stock rule says: the chain computes nothing that engines may compute differently.
// Loaded by .oxlintrc.json, which says where each rule holds.

const EXACT_MATH = new Set(['abs', 'ceil', 'clz32', 'floor', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc'])

const noRegexp = {
  create: (context) => ({
    Literal(node) {
      if (node.regex === undefined || node.regex === null) return
      context.report({ node, message: 'No regular expressions in the chain: parse by hand with bounds.' })
    },
  }),
}

const noInexactMath = {
  create: (context) => ({
    MemberExpression(node) {
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
