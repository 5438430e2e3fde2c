// Command: one row of the table in commands.ts. From it come parsing, help and, one day, the same verbs for other front ends.
import type { Writable } from 'node:stream'
import type { ReadStream } from 'node:tty'
import type { Json } from './output.ts'

/** A flag. Strings take a value; every flag has a variable of its name: --per-call is TURNPIKE_PER_CALL. */
export type Flag = { readonly summary: string; readonly value?: string; readonly isSwitch?: boolean }

/** A word after the command's name. */
export type Argument = { readonly name: string; readonly summary: string; readonly isOptional?: boolean }

/** The world as a command sees it: in tests another one. */
export type Surroundings = {
  readonly environment: { readonly [name: string]: string | undefined }
  readonly stdout: Writable
  readonly stderr: Writable
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined } & Partial<
      Pick<ReadStream, 'setRawMode'>
    >
  /** Resolves at SIGINT, SIGTERM or SIGHUP. */
  readonly stopped: Promise<void>
}

/** What a command is run with: its words and flags, variables included. */
export type Call = Surroundings & {
  readonly words: { readonly [name: string]: string | undefined }
  readonly flags: { readonly [name: string]: string | undefined }
  readonly isJson: boolean
}

/** What a command answers: one JSON object for scripts, text for people. Those that print while they run answer only an exit code. */
export type Output = {
  readonly json: { readonly [name: string]: Json }
  readonly text: string
  readonly exitCode?: number
}

/** Carries a command out. @throws anything with a code and a hint */
export type Run = (call: Call) => Promise<Output | { readonly exitCode: number }>

/** A row of the table. */
export type Command = {
  /** `agent create` */
  readonly name: string
  readonly summary: string
  readonly args: readonly Argument[]
  readonly flags: { readonly [name: string]: Flag }
  /** Imports the command when it is called, so that help and usage errors are quick. */
  readonly load: () => Promise<Run>
}
