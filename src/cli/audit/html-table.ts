import { markup } from './markup.ts'

/** How a column is laid out; that of a `pat` names its row. */
export type ColumnKind = 'pat' | 'owner' | 'where' | 'text' | 'short' | 'date' | 'number'

export type Column = readonly [title: string, kind: ColumnKind]

/** Cells of one row, one for each column, as markup. */
export type Row = readonly string[]

/**
 * A table for screens of any width: where its columns have no room, each row becomes a card with the titles beside the
 * cells. Browsers may then forget that it is a table, so that it is said once more with roles.
 * https://www.w3.org/TR/html-aria/
 */
export function tableHtml(caption: string, columns: readonly Column[], rows: readonly Row[]): string {
  return table('wide', caption, columns, rows)
}

/** A table that is narrow enough for every screen. */
export function smallTableHtml(caption: string, columns: readonly Column[], rows: readonly Row[]): string {
  return table('small', caption, columns, rows)
}

function table(size: 'wide' | 'small', caption: string, columns: readonly Column[], rows: readonly Row[]): string {
  const heads = columns.map(([title, kind]) => `<th scope="col" role="columnheader" class="${kind}">${title}</th>`)
  const body = rows.map((row) => `<tr role="row">${row.map((cell, at) => cellHtml(cell, columns[at])).join('')}</tr>`)
  return `<table role="table" class="${size}"><caption>${markup(caption)}</caption><thead role="rowgroup"><tr role="row">${heads.join('')}</tr></thead><tbody role="rowgroup">${body.join('')}</tbody></table>`
}

function cellHtml(cell: string, column: Column | undefined): string {
  const [title, kind] = column ?? ['', 'text']
  if (kind === 'pat') return `<th scope="row" role="rowheader" class="pat">${cell}</th>`
  return `<td role="cell" class="${kind}" data-title="${title}">${cell}</td>`
}
