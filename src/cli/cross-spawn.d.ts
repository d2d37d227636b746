/** The library comes without types; what is used of it has those of Node's own function. */
declare module 'cross-spawn' {
  import type { spawn } from 'node:child_process'

  const crossSpawn: { readonly spawn: typeof spawn }
  export default crossSpawn
}
