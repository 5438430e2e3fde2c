// Files that a generator owns: the files of a folder are written anew, and what the generator no longer makes is removed. Folders
// inside of it belong to others.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Names of files and their texts. */
export type Files = ReadonlyMap<string, string>

/** A folder of the repository, by its path from the root. */
export function folderAt(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

/** The names of the files in a folder, without those of folders. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

/** Writes the files into a folder and removes all others of it. */
export async function writeFolder(folder: string, files: Files): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of await listFiles(folder)) if (!files.has(name)) await rm(`${folder}/${name}`)
  for (const [name, text] of files) await writeFile(`${folder}/${name}`, text)
}
