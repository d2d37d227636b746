import type { FilePart } from './file-part.ts'

/** A file all of which is ours. */
export function templatePart(render: (value: string) => string): FilePart {
  return {
    put: (_text, value) => render(value),
    take: (text) => (text === '' ? undefined : text),
    drop: () => '',
  }
}
