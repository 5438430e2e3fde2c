// The genesis document: what a chain begins with. Its hash is the chain's identity (shapes 10).
import * as Address from '../codec/Address.ts'
import * as codec from '../codec/Codec.ts'
import type { Codec, Infer, Json, Some } from '../codec/Codec.ts'
import { Malformed } from '../codec/Cursor.ts'
import * as Fields from '../codec/Fields.ts'
import * as Hash from '../codec/Hash.ts'
import { sha256 } from '../crypto/hash.ts'

/** At most 16 assets. */
const assetsMax = 16

/** An asset as genesis names it: the EIP-712 domain of its token, its decimals and its currency class. */
const assetCodec = codec.record({
  symbol: codec.text(16),
  name: codec.text(64),
  version: codec.text(16),
  decimals: codec.u8,
  currency: codec.text(8),
  address: codec.address,
})

const previousCodec = codec.record({
  genesis: codec.hash,
  height: codec.u64,
  blockHash: codec.hash,
  stateRoot: codec.hash,
  receiptsSize: codec.u64,
  peaks: codec.list(codec.hash, 64),
})

const fixed = codec.record({
  format: codec.u8,
  chainId: codec.u64,
  time: codec.ms,
  /** Public part of the sequencer's Ed25519 key. */
  sequencer: codec.hash,
  operator: codec.address,
  tollAccount: codec.address,
  assets: codec.list(assetCodec, assetsMax),
})

/** A parsed genesis document; `params` holds only what it says, the rest is the initial value of each parameter. */
export type GenesisDocument = Infer<typeof fixed> & {
  readonly params: { readonly [name: string]: Json }
  readonly previous?: Infer<typeof previousCodec>
}

/** Parses a genesis document. @throws Malformed naming the field. */
export function parseGenesis(json: unknown): GenesisDocument {
  if (!Fields.is(json)) throw new Malformed('genesis', 'must be an object')
  const { params = {}, previous, ...rest } = json
  const document = fixed.fromJson(rest, '')
  if (document.format !== 1) throw new Malformed('format', 'must be 1')
  if (!Fields.is(params)) throw new Malformed('params', 'must be an object')
  for (const role of ['operator', 'tollAccount'] as const)
    if (document[role] === Address.zero) throw new Malformed(role, 'must not be zero')
  for (const [i, asset] of document.assets.entries()) {
    if (asset.address === Address.zero) throw new Malformed(`assets[${i}].address`, 'must not be zero')
    if (asset.decimals > 36) throw new Malformed(`assets[${i}].decimals`, 'must be at most 36')
    if (document.assets.findIndex((other) => other.address === asset.address) !== i)
      throw new Malformed(`assets[${i}].address`, 'is listed twice')
  }
  return {
    ...document,
    params: params as { readonly [name: string]: Json },
    ...(previous !== undefined && { previous: previousCodec.fromJson(previous, 'previous') }),
  }
}

/** SHA-256 of the canonical bytes: the document's fields, the bytes of every parameter in force, and `previous` if the line goes on. */
export function genesisHash(document: GenesisDocument, params: Uint8Array): Hash.Hash {
  const whole: Codec<Some> = codec.record({
    document: fixed,
    params: codec.bytes(16_384),
    previous: codec.optional(previousCodec),
  })
  return Hash.fromBytes(sha256(codec.encode(whole, { document, params, previous: document.previous })))
}
