import { readSync } from 'node:fs'

/** Everything that comes on stdin, to its end. Done at once, without a stream, which takes longer to load. */
export function readStandardInput(): string {
  const chunks: Buffer[] = []
  for (;;) {
    const chunk = Buffer.allocUnsafe(16_384)
    let length: number
    try {
      length = readSync(0, chunk)
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
      // Windows calls the end of a pipe an error.
      if (code === 'EOF') break
      if (code !== 'EAGAIN') throw thrown
      // Somebody made the pipe one that does not wait.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
      continue
    }
    if (length === 0) break
    chunks.push(chunk.subarray(0, length))
  }
  return Buffer.concat(chunks).toString('utf8')
}
