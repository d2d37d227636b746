import { PatrolError } from '../core/errors.ts'

/**
 * Host and path of an address that becomes part of a key in somebody's file. The path ends in a slash.
 *
 * @param option the option that it was given with
 * @throws PatrolError `usage` for an address with a user, a query, or characters that would end such a key
 */
export function plainUrlParts(written: string, option: string): { readonly host: string; readonly path: string } {
  const url = URL.canParse(written) ? new URL(written) : undefined
  const isPlain =
    url !== undefined &&
    url.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '' &&
    /^[\w.~%@/-]*$/.test(url.pathname)
  if (!isPlain) {
    throw new PatrolError('usage', `${option} is no plain https address`, {
      remedy: 'Write an address that begins with https:// and has no user, query or fragment.',
    })
  }
  return { host: url.host, path: url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/` }
}
