// The door of the package: a node to start, a stopped one to examine, and a node on whatever machine it is given.
export { createConfig, listSettings, type NodeConfig } from './config.ts'
export type { Examination, Violation } from './engine/doctor.ts'
export { createMachine } from './machine/createMachine.ts'
export type { Clock, Database, Databases, Disk, DurableFile, Machine } from './machine/Machine.ts'
export type { Port, RunThread, Thread, ThreadEvents, Threads } from './machine/Machine.ts'
export { examine, openNode, startNode, type ExamineOptions, type Node, type OpenNode } from './node.ts'
export { ownQuestions as historyQuestions } from './ledger/questions.ts'
export { reasonOf } from './rails/turnpike/reasons.ts'
