// The door of the package: a node to start, and a stopped one to examine.
export { createConfig, type NodeConfig } from './config.ts'
export type { Examination, Violation } from './engine/doctor.ts'
export { examine, startNode, type ExamineOptions, type Node } from './node.ts'
export { ownQuestions as historyQuestions } from './ledger/questions.ts'
export { reasonOf } from './rails/turnpike/reasons.ts'
