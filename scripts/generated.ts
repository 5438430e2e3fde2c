// Files that a generator owns: a whole folder is written anew, and what the generator no longer makes is removed.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Names of files and their texts. */
export type Files = ReadonlyMap<string, string>

/** A folder of the repository, by its path from the root. */
export function folderAt(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

/** Writes the files into a folder and removes all others of it. */
export async function writeFolder(folder: string, files: Files): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of await readdir(folder)) if (!files.has(name)) await rm(`${folder}/${name}`)
  for (const [name, text] of files) await writeFile(`${folder}/${name}`, text)
}
