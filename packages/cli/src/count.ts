// Whole numbers from flags.
import { usageError } from './failure.ts'

/** @throws CliError `cli/usage` for anything but digits */
export function parseCount(name: string, text: string): number {
  if (!/^[0-9]{1,9}$/.test(text))
    throw usageError(`--${name} takes a whole number, not "${text}".`, 'Leave it out for the default.')
  return Number(text)
}
