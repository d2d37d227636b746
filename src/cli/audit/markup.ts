import { visible } from '../../core/visible-text.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * Text for the content and the attributes of HTML and XML, in which everything can be seen; what XML cannot hold becomes a
 * question mark.
 */
export function markup(text: string): string {
  return visible(text.toWellFormed())
    .replaceAll(/(?![\n\t])\p{Cc}|[\uFFFE\uFFFF]/gu, '?')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
