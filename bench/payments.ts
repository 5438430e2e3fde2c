// Pre-signed x402 payments: EIP-3009 authorizations from many payers, as bodies ready to send.
// Keys follow from a seed, so that several processes can hold the same payers and even the same payments.
import { getAddress } from 'viem'
import { addressOfKey, keccak256, secp256k1 } from './primitives.ts'

/** The EIP-712 domain of the token and the network that it lives on. */
export type Token = {
  readonly address: string
  readonly name: string
  readonly version: string
  readonly chainId: number
}

/** The dollar token of a Turnpike development chain, which the baseline speaks too. */
export const dollar: Token = {
  address: '0x7474747474747474747474747474747474747401',
  name: 'Turnpike USD',
  version: '1',
  chainId: 402402,
}

/** A key that pays. */
export type Payer = { readonly address: string; readonly key: Uint8Array }

/** What an EIP-3009 authorization says; times in seconds, the value in base units. */
export type Authorization = {
  readonly from: string
  readonly to: string
  readonly value: bigint
  readonly validAfter: number
  readonly validBefore: number
  readonly nonce: string
}

/** One signed payment; `body` is the JSON that both `/verify` and `/settle` take. */
export type Payment = { readonly payer: string; readonly payee: string; readonly nonce: string; readonly body: string }

const domainType = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
const transferType =
  'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)'

const transferTypeHash = keccak256(Buffer.from(transferType))

function word(value: bigint | number | string): Buffer {
  const hex = typeof value === 'string' ? value.slice(2) : value.toString(16)
  return Buffer.from(hex.padStart(64, '0'), 'hex')
}

function hex(bytes: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(bytes).toString('hex')}`
}

/** The EIP-712 domain separator of a token. */
export function domainSeparator(token: Token): Uint8Array {
  const parts = [domainType, token.name, token.version].map((text) => keccak256(Buffer.from(text)))
  return keccak256(Buffer.concat([...parts, word(token.chainId), word(token.address)]))
}

/** The EIP-712 digest of an authorization under a domain separator. */
export function authorizationDigest(authorization: Authorization, separator: Uint8Array): Uint8Array {
  const { from, to, value, validAfter, validBefore, nonce } = authorization
  const words = [from, to, value, validAfter, validBefore, nonce].map(word)
  return keccak256(
    Buffer.concat([Buffer.from([0x19, 1]), separator, keccak256(Buffer.concat([transferTypeHash, ...words]))]),
  )
}

/** Signs a digest: r, s and v (27 or 28), 65 bytes in hex. */
export function signDigest(digest: Uint8Array, key: Uint8Array): string {
  const { signature, recid } = secp256k1.ecdsaSign(digest, key)
  return `${hex(signature)}${(27 + recid).toString(16)}`
}

/** A payer whose key follows from the seed and the number. */
export function createPayer(seed: string, index: number): Payer {
  const key = keccak256(Buffer.from(`bench payer ${seed} ${index}`))
  return { key, address: getAddress(hex(addressOfKey(secp256k1.publicKeyCreate(key, false)))) }
}

/** An address that is paid; nobody holds its key. */
export function createPayee(seed: string, index: number): string {
  return getAddress(hex(keccak256(Buffer.from(`bench payee ${seed} ${index}`)).subarray(12)))
}

/** Which payments to sign. The same options give the same payments in every process. */
export type PaymentOptions = {
  readonly count: number
  readonly payers: readonly Payer[]
  readonly payees: readonly string[]
  /** Base units. */
  readonly value: bigint
  /** Separates the nonces of one run from those of every other. */
  readonly run: string
  /** Unix seconds. */
  readonly validBefore: number
}

/** Signs payments in turn from every payer to every payee. */
export function createPayments({ count, payers, payees, value, run, validBefore }: PaymentOptions): Payment[] {
  const separator = domainSeparator(dollar)
  return Array.from({ length: count }, (_, index) => {
    const payer = payers[index % payers.length]
    const payee = payees[index % payees.length]
    if (payer === undefined || payee === undefined) throw new RangeError('at least one payer and one payee are needed')
    const nonce = hex(keccak256(Buffer.from(`bench nonce ${run} ${index}`)))
    const authorization = { from: payer.address, to: payee, value, validAfter: 0, validBefore, nonce }
    const signature = signDigest(authorizationDigest(authorization, separator), payer.key)
    return { payer: payer.address, payee, nonce, body: paymentBody(authorization, signature) }
  })
}

/** The JSON body of an x402 v2 call, with the decimal strings and the spelling of the official clients. */
function paymentBody(authorization: Authorization, signature: string): string {
  const requirements = {
    scheme: 'exact',
    network: `eip155:${dollar.chainId}`,
    amount: String(authorization.value),
    asset: dollar.address,
    payTo: authorization.to,
    maxTimeoutSeconds: 300,
    extra: { name: dollar.name, version: dollar.version },
  }
  const fields = {
    ...authorization,
    value: String(authorization.value),
    validAfter: String(authorization.validAfter),
    validBefore: String(authorization.validBefore),
  }
  return JSON.stringify({
    x402Version: 2,
    paymentPayload: { x402Version: 2, accepted: requirements, payload: { signature, authorization: fields } },
    paymentRequirements: requirements,
  })
}
