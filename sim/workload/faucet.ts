// Who asks for development money: the operator as it should be, and others who are not it or ask for too much.
import { drip } from '@turnpike/chain/wire/faucet'
import { signNative } from './signing.ts'
import { pickAnyone, pickAsset, pickPayee, pickPayer, type Actions } from './stage.ts'

export const faucetActions: Actions = {
  'the operator funds somebody': (stage, random) => {
    const { account } = pickAnyone(stage, random)
    const asset = random.pick(stage.assets)
    const amount = BigInt(1 + random.int(5_000_000)) * 10n ** BigInt(asset.decimals - 6)
    const fields = { to: account, asset: asset.address, amount }
    return signNative(stage, random, { definition: drip, account: stage.operator.address, by: stage.operator, fields })
  },

  'the operator gives nothing, too much, or what is none': (stage, random) => {
    const amount = random.pick([0n, 1n, 1_000_000_000n, 1_000_000_001n, 10n ** 15n, (1n << 128n) - 1n])
    const fields = { to: pickPayee(stage, random), asset: pickAsset(stage, random), amount }
    return signNative(stage, random, { definition: drip, account: stage.operator.address, by: stage.operator, fields })
  },

  'somebody else helps himself': (stage, random) => {
    const { account, key } = pickPayer(stage, random)
    const named = random.percent(50) ? account : stage.operator.address
    const fields = { to: account, asset: pickAsset(stage, random), amount: 1_000n }
    return signNative(stage, random, { definition: drip, account: named, by: key, fields })
  },
}
