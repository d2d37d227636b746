import { describe, expect, test } from 'vitest'
import { type GitRoute, routeFor } from '../../src/core/git-route.ts'

const routes: readonly GitRoute[] = [
  { host: 'dev.azure.com', path: 'contoso', token: 'contoso-code' },
  { host: 'dev.azure.com', path: 'contoso/website', token: 'website' },
  { host: 'dev.azure.com', path: 'fabrikam', token: 'fabrikam-code' },
  { host: 'contoso.visualstudio.com', path: '', token: 'contoso-code' },
  { host: 'git.test:8443', path: 'tailspin', token: 'one' },
  { host: 'git.test:8443', path: 'tailspin', token: 'other' },
]

function served(host: string, path?: string, username?: string): unknown {
  const routing = routeFor({ host, path, username }, routes)
  return routing.kind === 'token' ? routing.token : routing.kind === 'several' ? routing.tokens : routing.kind
}

describe('git gets', () => {
  test.each([
    ['dev.azure.com', 'contoso/site/_git/site', 'contoso-code'],
    ['DEV.azure.com', 'Contoso/Site', 'contoso-code'],
    ['dev.azure.com', '/contoso/', 'contoso-code'],
    ['dev.azure.com', 'contoso/website/_git/a', 'website'],
    ['dev.azure.com', 'contoso/website', 'website'],
    ['dev.azure.com', 'contoso/website-old/_git/a', 'contoso-code'],
    ['dev.azure.com', 'fabrikam/a/_git/a', 'fabrikam-code'],
    ['contoso.visualstudio.com', 'DefaultCollection/a/_git/a', 'contoso-code'],
  ])('for %s/%s the value of %3$s', (host, path, token) => {
    expect(served(host, path)).toBe(token)
  })

  test.each([
    ['dev.azure.com', 'contoso-2/a/_git/a'],
    ['dev.azure.com', ''],
    ['dev.azure.com', 'contoso/../fabrikam/a'],
    ['dev.azure.com', './contoso'],
    ['dev.azure.com:443', 'contoso/a'],
    ['dev.azure.com.evil.example', 'contoso/a'],
    ['github.com', 'contoso/a'],
    ['', 'contoso'],
  ])('for %s/%s nothing', (host, path) => {
    expect(served(host, path)).toBe('none')
  })

  test('nothing where two tokens claim one address, and hears of both', () => {
    expect(served('git.test:8443', 'tailspin/a')).toEqual(['one', 'other'])
    expect(served('git.test:8443')).toEqual(['one', 'other'])
  })
})

describe('git that does not tell the path', () => {
  test('gets the only token of the host', () => {
    expect(served('contoso.visualstudio.com')).toBe('contoso-code')
  })

  test('gets that of the organization that is the user name', () => {
    expect(served('dev.azure.com', undefined, 'Fabrikam')).toBe('fabrikam-code')
  })

  test('is asked for the path where it decides', () => {
    expect(served('dev.azure.com')).toBe('path-needed')
    expect(served('dev.azure.com', undefined, 'contoso')).toBe('path-needed')
    expect(served('dev.azure.com', undefined, 'somebody')).toBe('path-needed')
  })

  test('gets nothing for other hosts', () => {
    expect(served('github.com')).toBe('none')
  })
})
