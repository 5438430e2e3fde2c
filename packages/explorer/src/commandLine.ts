// The command line as the pages name it.

/** Runs the command in a checkout and wherever its package is installed; the bare name would be anybody's package. */
export const turnpike = 'npx @turnpike/cli'
