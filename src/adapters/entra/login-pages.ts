/** What the browser shows when it has brought its answer back to the program; MSAL sends these as they are. */
export const signedInPage = page(
  'You are signed in',
  'Patrol has what it needs and goes on in the terminal. You may close this page.',
)

export const notSignedInPage = page(
  'You are not signed in',
  'Go back to the terminal: Patrol says there what happened and what to do. You may close this page.',
)

function page(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} - Patrol</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>${title}</h1>
<p>${text}</p>
</html>
`
}
