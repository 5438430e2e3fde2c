// Who attacks: operations handed in again, signed by somebody else, with a bit of the signature or of the bytes changed.
import { createOp, decodeOp, Malformed, type Op } from '@turnpike/chain/wire'
import type { Random } from '../random.ts'
import type { Action, Actions, Stage } from './stage.ts'

function recall({ said }: Stage, random: Random): Op | undefined {
  return said.length === 0 ? undefined : random.pick(said)
}

function withSignature({ protocol }: Stage, op: Op, change: (bytes: Uint8Array, i: number) => Uint8Array): Op {
  const { definition, message, relay } = op
  const signatures = op.signatures.map(({ kind, bytes }, i) => ({ kind, bytes: change(bytes, i) }))
  return createOp(protocol.domains, { definition, message, relay, signatures })
}

/** The same signature with the other s, which an unstrict verifier takes for a second one. */
function highS(bytes: Uint8Array): Uint8Array {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = bytes.subarray(32, 64).reduce((value, byte) => value * 256n + BigInt(byte), 0n)
  const mirrored = bytes.slice()
  for (let i = 63, rest = order - s; i >= 32; i--, rest /= 256n) mirrored[i] = Number(rest % 256n)
  mirrored[64] = bytes[64] === 27 ? 28 : 27
  return mirrored
}

/** What comes of bytes with one byte changed, if it is an operation at all. */
const changedByte: Action = (stage, random) => {
  const op = recall(stage, random)
  if (op === undefined) return undefined
  const bytes = op.bytes.slice()
  bytes[random.int(bytes.length)] = random.int(256)
  try {
    return decodeOp(stage.protocol, bytes)
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

export const attacks: Actions = {
  'somebody hands an operation in again': (stage, random) => recall(stage, random),
  'somebody mirrors a signature': (stage, random) => {
    const op = recall(stage, random)
    return op && withSignature(stage, op, highS)
  },
  'somebody signs for another': (stage, random) => {
    const op = recall(stage, random)
    const thief = random.pick(stage.keys)
    return op && withSignature(stage, op, (_, i) => thief.sign(op.signatures[i]!.digest))
  },
  'somebody flips a bit of a signature': (stage, random) => {
    const op = recall(stage, random)
    const [at, bit] = [random.int(65), random.int(8)]
    return op && withSignature(stage, op, (bytes) => bytes.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)))
  },
  'somebody changes a byte': changedByte,
}
