// A bounded reader and a growing writer over bytes: where the codecs put and take their fields. Big-endian throughout.

/** Thrown by readers, decoders and JSON parsers for input that is not canonical; dispatch turns it into `wire/malformed`. */
export class Malformed extends Error {
  readonly path: string

  constructor(path: string, problem: string) {
    super(path === '' ? problem : `${path}: ${problem}`)
    this.name = 'Malformed'
    this.path = path
  }
}

export type Writer = { bytes: Uint8Array; view: DataView; at: number }
export type Reader = { readonly bytes: Uint8Array; readonly view: DataView; at: number; readonly end: number }

/** A writer that starts with room for `capacity` bytes and doubles when it is full. */
export function createWriter(capacity = 256): Writer {
  const bytes = new Uint8Array(capacity)
  return { bytes, view: new DataView(bytes.buffer), at: 0 }
}

/** A reader over the bytes from `at` to `end`. */
export function createReader(bytes: Uint8Array, at = 0, end = bytes.length): Reader {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at, end }
}

/** Makes room for `count` more bytes. */
export function reserve(writer: Writer, count: number): void {
  const needed = writer.at + count
  if (needed <= writer.bytes.length) return
  const bytes = new Uint8Array(Math.max(needed, writer.bytes.length * 2))
  bytes.set(writer.bytes)
  writer.bytes = bytes
  writer.view = new DataView(bytes.buffer)
}

/** Appends bytes as they are. */
export function put(writer: Writer, bytes: Uint8Array): void {
  reserve(writer, bytes.length)
  writer.bytes.set(bytes, writer.at)
  writer.at += bytes.length
}

/** The parts as one run of bytes. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** A copy of what was written. */
export function written(writer: Writer): Uint8Array {
  return writer.bytes.slice(0, writer.at)
}

/** Moves over `count` bytes and returns where they begin. @throws Malformed when there are fewer. */
export function take(reader: Reader, count: number): number {
  const at = reader.at
  if (reader.end - at < count) throw new Malformed('', `needs ${count} more bytes, has ${reader.end - at}`)
  reader.at = at + count
  return at
}

/** @throws Malformed when bytes are left: trailing bytes are never ignored. */
export function finish(reader: Reader): void {
  if (reader.at !== reader.end) throw new Malformed('', `${reader.end - reader.at} trailing bytes`)
}
