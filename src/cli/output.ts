/** A stream of the process, as far as its reader matters. */
export interface Output {
  write(text: string): unknown
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
}

/**
 * Writes to a stream whose reader may go away (`patrol list | head -1`). That is no reason to stop in the middle of what
 * a run began: it goes on, and what it would have said is dropped.
 *
 * @param lost called once when the text cannot be written for another reason, such as a full disk
 */
export function writerTo(output: Output, lost: (error: NodeJS.ErrnoException) => void): (text: string) => void {
  let broken = false
  output.on('error', (error) => {
    if (!broken && error.code !== 'EPIPE') lost(error)
    broken = true
  })
  return (text) => {
    if (!broken) output.write(text)
  }
}
