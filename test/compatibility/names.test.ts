// The extension payment-identifier for every official client at every official server, unmodified, on a real node.
import { named } from './cases.ts'
import { describeCases } from './matrix.ts'

describeCases([named])
