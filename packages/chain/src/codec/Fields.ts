// JSON objects whose fields are not known yet: where reading begins at every border.

/** A JSON object. */
export type Fields = { readonly [name: string]: unknown }

/** Whether a value is a JSON object: neither nothing nor a list. */
export function is(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value, if it is a JSON object. */
export function find(value: unknown): Fields | undefined {
  return is(value) ? value : undefined
}
