/** The releases of Node.js whose V8 was tried: one that does not know a flag complains about it on stderr. */
const newestTried = 24

/**
 * Keeps the memory of a long run small. V8 lets short-lived objects pile up to three times 16 MiB before it looks at
 * them, and others to a multiple of what is in use; reading a long configuration and thousands of answers makes little
 * else. With small piles a run needs half of the memory and no more time. What is compiled later on cannot come from the
 * cache any more, so this is not for commands that are over at once.
 */
export function keepHeapSmall(): void {
  if (Number(process.versions.node.split('.')[0]) > newestTried) return
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=50']) setFlagsFromString(flag)
}
