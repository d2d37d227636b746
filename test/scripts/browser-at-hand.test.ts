import { expect, test } from 'vitest'
import { hasBrowser } from '../../src/cli/browser-at-hand.ts'

test.each([
  ['a Linux desktop', { DISPLAY: ':0' }, 'linux', true],
  ['Wayland', { WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
  ['WSL', { WSL_DISTRO_NAME: 'Debian' }, 'linux', true],
  ['a Linux server', {}, 'linux', false],
  ['an empty variable', { DISPLAY: '' }, 'linux', false],
  ['a Mac', {}, 'darwin', true],
  ['Windows', {}, 'win32', true],
  ['a Mac by SSH', { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, 'darwin', false],
  ['X11 forwarded by SSH', { SSH_TTY: '/dev/pts/1', DISPLAY: 'localhost:10' }, 'linux', false],
  ['a job of GitHub', { CI: 'true' }, 'win32', false],
  ['a job of Azure Pipelines', { TF_BUILD: 'True' }, 'win32', false],
] as const)('%s: a browser would be seen, or not', (_, environment, platform, seen) => {
  expect(hasBrowser(environment, platform)).toBe(seen)
})
