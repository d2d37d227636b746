/** The library comes without types; what is used of it has those of Node's own function. */
declare module 'cross-spawn' {
  const crossSpawn: { readonly spawn: typeof import('node:child_process').spawn }
  export default crossSpawn
}
