import { request } from 'node:http'

/**
 * Ends the wait for a browser in the only way that MSAL leaves: by the answer that the browser would bring, saying that
 * nobody signed in. It goes to this computer alone, whatever the address says.
 *
 * @param address where the browser was sent, with the port and the state of the wait in it
 */
export async function endLoopback(address: string): Promise<void> {
  const { searchParams } = new URL(address)
  const port = Number(new URL(searchParams.get('redirect_uri') ?? '').port)
  const body = new URLSearchParams({ error: 'cancel', state: searchParams.get('state') ?? '' }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }
  await new Promise<void>((resolve) => {
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/', headers }, (answer) => {
      answer.resume()
      answer.once('close', resolve)
    })
    // Nobody waits there any more.
    sent.once('error', () => resolve())
    sent.end(body)
  })
}
