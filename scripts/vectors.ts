// `npm run vectors`: writes vectors/ anew. The bytes are public promises, so a commit that changes them says why.
import { folderAt, writeFolder } from './generated.ts'
import { createVectors } from './vectors/files.ts'

await writeFolder(folderAt('vectors'), createVectors())
