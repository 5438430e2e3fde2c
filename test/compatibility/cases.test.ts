// The matrix, as long as nothing breaks: paid, unpaid, wrong amount, underfunded, over the cap, frozen, expired, replayed, two
// accepts, for every official client at every official server, unmodified, on a real node.
// The table of cases tries T04, T25 and T37.
import { plainCases } from './cases.ts'
import { describeCases } from './matrix.ts'

describeCases(plainCases)
