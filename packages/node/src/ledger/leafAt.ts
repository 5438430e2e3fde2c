// Where the fields lie in a leaf (shapes 4), for those who read a few of them from many leaves.

export const leafAt = {
  flags: 1,
  op: 34,
  type: 66,
  code: 68,
  payer: 70,
  payee: 90,
  account: 110,
  asset: 130,
  amount: 150,
  toll: 166,
  reference: 186,
} as const

export const leafFlags = { success: 1, payment: 2, refund: 4, hold: 8 } as const

/** Whether the leaf at a place is that of a payment or of a refund. */
export function isPaid(view: DataView, at: number): boolean {
  return (view.getUint8(at + leafAt.flags) & (leafFlags.payment | leafFlags.refund)) !== 0
}
