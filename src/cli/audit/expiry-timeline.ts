import { type Instant, instant } from '../../core/time.ts'
import { isoText } from '../time-text.ts'
import { markup } from './markup.ts'

/** How many PATs end in one month. */
export interface Month {
  /** `2026-11`. */
  readonly name: string
  readonly managed: number
  readonly unmanaged: number
}

export interface Ending {
  /** When it stops working. */
  readonly endsAt: Instant | undefined
  readonly isManaged: boolean
}

/** Azure DevOps grants a year at most, so that no PAT ends later. */
const monthsShown = 13

/** The months from now on, with the PATs that end in each. */
export function monthsOf(endings: readonly Ending[], now: Instant): readonly Month[] {
  const start = new Date(now)
  const names = Array.from({ length: monthsShown }, (_, index) =>
    isoText(instant(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + index, 1))).slice(0, 7),
  )
  const months = new Map(names.map((name) => [name, { name, managed: 0, unmanaged: 0 }]))
  for (const { endsAt, isManaged } of endings) {
    const month = endsAt === undefined ? undefined : months.get(isoText(endsAt).slice(0, 7))
    if (month !== undefined) month[isManaged ? 'managed' : 'unmanaged'] += 1
  }
  return [...months.values()]
}

const [width, height, foot, top] = [780, 220, 30, 20] as const

/**
 * The timeline as a drawing: a bar for each month, the unmanaged part of it hatched, so that it is told apart without
 * colours. What it shows stands in the table beside it as well, which is what readers of screens get.
 */
export function timelineSvg(months: readonly Month[]): string {
  const most = Math.max(1, ...months.map(({ managed, unmanaged }) => managed + unmanaged))
  const step = width / months.length
  const scale = (height - foot - top) / most
  const bars = months.map(({ name, managed, unmanaged }, index) => {
    const x = index * step + step * 0.15
    const wide = step * 0.7
    const base = height - foot
    const [low, high] = [managed * scale, unmanaged * scale]
    const all = managed + unmanaged
    const label = all === 0 ? '' : `<text x="${fixed(x + wide / 2)}" y="${fixed(base - low - high - 5)}">${all}</text>`
    return (
      rect('managed', x, base - low, wide, low) +
      rect('unmanaged', x, base - low - high, wide, high) +
      label +
      `<text x="${fixed(x + wide / 2)}" y="${height - 10}">${markup(name)}</text>`
    )
  })
  const hatch =
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" class="ground"/><rect width="3" height="6" class="stripe"/></pattern>'
  const line = `<line x1="0" y1="${height - foot}" x2="${width}" y2="${height - foot}"/>`
  return `<svg class="timeline" viewBox="0 0 ${width} ${height}" role="img" aria-label="How many PATs end in each month; the table that follows has the numbers"><defs>${hatch}</defs>${bars.join('')}${line}</svg>`
}

function rect(name: string, x: number, y: number, wide: number, high: number): string {
  if (high === 0) return ''
  return `<rect class="${name}" x="${fixed(x)}" y="${fixed(y)}" width="${fixed(wide)}" height="${fixed(high)}"/>`
}

function fixed(number: number): string {
  return number.toFixed(1)
}
