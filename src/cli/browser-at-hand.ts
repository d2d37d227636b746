/**
 * Whether a person at this computer would see a browser that is opened here. Connections by SSH, jobs of a pipeline and
 * Linux without a display have none; there a code for another device serves better.
 */
export function hasBrowser(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): boolean {
  const set = (...names: readonly string[]): boolean => names.some((name) => (environment[name] ?? '') !== '')
  if (set('SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY', 'CI', 'TF_BUILD', 'GITHUB_ACTIONS')) return false
  if (platform === 'win32' || platform === 'darwin') return true
  return set('DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME')
}

/** Opens an address in the person's browser. @returns false when that cannot be done */
export async function openInBrowser(address: string): Promise<boolean> {
  try {
    const { default: open } = await import('open')
    await open(address)
    return true
  } catch {
    return false
  }
}
