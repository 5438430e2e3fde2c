// Who transfers: owners among themselves, and agents who may not.
import { transfer } from '@turnpike/chain/wire/token'
import { signNative } from './signing.ts'
import { pickAmount, pickAsset, pickPayee, pickPayer, type Actions } from './stage.ts'

export const tokenActions: Actions = {
  'somebody transfers money': (stage, random) => {
    const { account, key } = pickPayer(stage, random)
    const asset = pickAsset(stage, random)
    const to = random.percent(95) ? pickPayee(stage, random) : account
    const fields = { to, asset, amount: pickAmount(stage, random, { account, asset }), reference: random.hash() }
    return signNative(stage, random, { definition: transfer, account, by: key, fields })
  },
}
