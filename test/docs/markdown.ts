import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** A page with its path, so that a finding can say where it is. */
export interface Page {
  /** Relative to the root of the repository. */
  readonly path: string
  readonly text: string
}

export interface Block {
  readonly path: string
  /** What stands behind the fence, in words: `sh runnable` is a shell block that is to be run. */
  readonly words: readonly string[]
  readonly text: string
}

/** The pages at the root of the repository and below `docs`. */
export function readPages(root: string): readonly Page[] {
  const atRoot = readdirSync(root).filter((name) => name.endsWith('.md'))
  const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
  return [...atRoot, ...below].sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The fenced blocks of a page. */
export function blocksOf({ path, text }: Page): readonly Block[] {
  return [...text.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(([, words = '', block = '']) => ({
    path,
    words: words.trim().split(/\s+/),
    text: block,
  }))
}

export function withoutBlocks(text: string): string {
  return text.replaceAll(/^```(?:\S.*)?\n[\s\S]*?^```$/gm, '')
}

/** The code spans of a page's running text. */
export function spansOf({ text }: Page): readonly string[] {
  return [...withoutBlocks(text).matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, span = '']) => span)
}

/** Links that lead nowhere: to files that are not there, or to headings that the page behind the link has not. */
export function brokenLinks(page: Page, root: string): readonly string[] {
  const links = [...withoutBlocks(page.text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [path = '', heading] = link.split('#')
    const target = path === '' ? join(root, page.path) : resolve(root, dirname(page.path), path)
    if (relative(root, target).startsWith('..') || !existsSync(target)) return true
    return heading !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(heading)
  })
}

/** As GitHub makes them: lower case, no punctuation, hyphens for blanks. */
function anchorsOf(text: string): readonly string[] {
  return [...withoutBlocks(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  )
}
