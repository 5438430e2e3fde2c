// While the foundation is being built, ARCHITECTURE.md shows the plan: it may name files that are not there yet, and files may come
// before their line. Folders and links are held to the letter from the first day. This file goes when the plan is built.

/** Whether the tree in ARCHITECTURE.md is still ahead of the tree. */
export const isPlanned: boolean = true
