// The official Python clients for httpx and requests, in a process that all buyers of a test file share.
import { readBought } from '../bought.ts'
import type { BuyerOptions } from '../bought.ts'
import type { OpenClient } from '../bought.ts'
import { createPythonProgram } from '../python/process.ts'

const program = createPythonProgram('buyer')

type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly credential: string | null
}

function createBuyer(client: 'httpx' | 'requests', { key, assets, paymentId }: BuyerOptions): OpenClient {
  const job = (): object => ({
    client,
    key,
    ...(assets !== 'default' && { assets }),
    ...(paymentId !== undefined && { paymentId: paymentId() }),
  })
  return {
    async buy(url) {
      const { status, headers, text, credential } = (await program.do({ ...job(), url })) as Answer
      return readBought(new Response(text, { status, headers }), credential ?? undefined)
    },
    async sign(required) {
      const { credential } = (await program.do({ ...job(), required })) as { readonly credential: string }
      return credential
    },
  }
}

export const createHttpxBuyer = (options: BuyerOptions): OpenClient => createBuyer('httpx', options)
export const createRequestsBuyer = (options: BuyerOptions): OpenClient => createBuyer('requests', options)
