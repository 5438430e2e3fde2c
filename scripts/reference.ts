// `npm run reference`: writes docs/reference/ anew, from the tables of the code.
import { folderAt, writeFolder } from './generated.ts'
import { createReference } from './reference/pages.ts'
import { readSurface } from './reference/surface.ts'

await writeFolder(folderAt('docs/reference'), createReference(await readSurface()))
