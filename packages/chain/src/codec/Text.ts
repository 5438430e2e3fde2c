// UTF-8 by hand, since `chain` has no TextEncoder; lone surrogates are refused.

/** UTF-8 bytes of a text, or undefined when it holds a lone surrogate. */
export function encode(text: string): Uint8Array | undefined {
  if (!text.isWellFormed()) return undefined
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!
    if (point < 0x80) bytes.push(point)
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63))
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63))
    else {
      bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63))
      i++
    }
  }
  return Uint8Array.from(bytes)
}

/** UTF-8 bytes of a text that is known to be well formed. */
export function toBytes(text: string): Uint8Array {
  const bytes = encode(text)
  if (bytes === undefined) throw new Error('Text with a lone surrogate has no UTF-8 form.')
  return bytes
}

type Lead = { readonly length: number; readonly bits: number; readonly min: number }

function leadOf(byte: number): Lead | undefined {
  if (byte >= 0xc2 && byte <= 0xdf) return { length: 1, bits: byte & 31, min: 0x80 }
  if (byte >= 0xe0 && byte <= 0xef) return { length: 2, bits: byte & 15, min: 0x800 }
  if (byte >= 0xf0 && byte <= 0xf4) return { length: 3, bits: byte & 7, min: 0x10000 }
  return undefined
}

/** The text of strictly valid UTF-8 (no overlong forms, no surrogates), or undefined. */
export function decode(bytes: Uint8Array): string | undefined {
  let text = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte < 0x80) {
      text += String.fromCharCode(byte)
      continue
    }
    const lead = leadOf(byte)
    if (lead === undefined || i + lead.length >= bytes.length) return undefined
    let point = lead.bits
    for (let k = 0; k < lead.length; k++) {
      const next = bytes[++i]!
      if ((next & 0xc0) !== 0x80) return undefined
      point = (point << 6) | (next & 63)
    }
    if (point < lead.min || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined
    text += String.fromCodePoint(point)
  }
  return text
}
