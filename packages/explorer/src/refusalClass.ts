// What a class of refusal means, in words. Sellers and strangers learn the class only (shapes 9).

const sentences: Readonly<Record<string, string>> = {
  policy: 'refused by the payer\u2019s own policy',
  balance: 'refused: not enough money',
  validity: 'refused: not valid, or no longer',
  other: 'refused',
}

const labels: Readonly<Record<string, string>> = {
  policy: 'Policy',
  balance: 'Balance',
  validity: 'Validity',
  other: 'Other',
}

const explanations: Readonly<Record<string, string>> = {
  policy: 'The buyer\u2019s spending policy said no: a cap, a freeze, a payee that is not allowed.',
  balance: 'The buyer had not enough money at that moment.',
  validity: 'The authorization was expired, not yet valid or already used.',
  other: 'Any other reason.',
}

/** A sentence part: what happened. */
export function sayClass(name: string): string {
  return sentences[name] ?? 'refused'
}

/** A heading for the class. */
export function labelClass(name: string): string {
  return labels[name] ?? 'Other'
}

/** What the class stands for, and that nothing more is told. */
export function explainClass(name: string): string {
  return explanations[name] ?? 'Any other reason.'
}
