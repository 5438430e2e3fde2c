// The matrix when something breaks: the handler fails, the facilitator is killed and restarted between verify and settle, or
// killed after settle, for every official client at every official server, unmodified, on a real node.
// The table of cases tries T05 and T120.
import { brokenCases } from './cases.ts'
import { describeCases } from './matrix.ts'

describeCases(brokenCases)
