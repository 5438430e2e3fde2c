// `npm run reference`: writes docs/reference/ anew, from the tables of the code, and says on the page of threats which tests try what.
import { readFile, writeFile } from 'node:fs/promises'
import { isTest, readTree } from '../test/tidy/tree.ts'
import { folderAt, writeFolder } from './generated.ts'
import { createReference } from './reference/pages.ts'
import { readSurface } from './reference/surface.ts'
import { fillThreats, threatsPage } from './reference/threats.ts'

await writeFolder(folderAt('docs/reference'), createReference(await readSurface()))

const { files } = readTree(folderAt('').replace(/\/$/, ''))
const tests = new Map([...files].filter(([path]) => isTest(path)))
const path = folderAt(threatsPage)
await writeFile(path, fillThreats(await readFile(path, 'utf8'), tests))
