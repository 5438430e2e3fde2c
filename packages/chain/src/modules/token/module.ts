// token: plain transfers.
import { on, type Module } from '../../kernel/module.ts'
import { transfer } from './transfer.ts'
import * as wire from './wire.ts'

export const token = { name: 'token', number: 5, rules: [on(wire.transfer, transfer)] } satisfies Module
