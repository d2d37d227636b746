/** How items share the lanes. */
export interface Lanes<Item> {
  /** Items at once, those of held groups not counted. */
  readonly limit: number
  /** What an item stands in line with. */
  groupOf(item: Item): string
  /** Whether the item's group waits for a service, which costs nobody else anything. */
  isHeld(item: Item): boolean
  /** Calls back whenever a group begins to wait. @returns ends that */
  onHold(listener: () => void): () => void
}

interface Group<Item> {
  readonly first: Item
  readonly waiting: Iterator<Item>
  left: number
  running: number
  /** When one of it was begun last: a count of all that were begun. */
  servedAt: number
}

/**
 * Does `work` for every item, so many at once as there are lanes. A free lane goes to the group that has the fewest
 * under way, so that a thousand items of one group do not keep the ten of another waiting. A group that a service asked
 * to wait gives its lanes to the others meanwhile, and begins nothing that would only wait as well.
 *
 * A rejection stops nothing else; it rejects the whole only when all have ended, so that nothing goes on unseen.
 */
export async function forEachFair<Item>(
  items: readonly Item[],
  lanes: Lanes<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const groups = [...Map.groupBy(items, (item) => lanes.groupOf(item)).values()].flatMap((members): Group<Item>[] => {
    const [first] = members
    if (first === undefined) return []
    return [{ first, waiting: members.values(), left: members.length, running: 0, servedAt: 0 }]
  })
  const failures: unknown[] = []
  const { promise: allEnded, resolve: end } = Promise.withResolvers<void>()
  let begun = 0
  let ended = 0

  const begin = async (group: Group<Item>): Promise<void> => {
    const next = group.waiting.next()
    group.left -= 1
    group.running += 1
    group.servedAt = ++begun
    try {
      if (next.done !== true) await work(next.value)
    } catch (error) {
      failures.push(error)
    }
    group.running -= 1
    ended += 1
    if (ended === items.length) end()
    else fill()
  }
  const fill = (): void => {
    for (let group = nextGroup(groups, lanes); group !== undefined; group = nextGroup(groups, lanes)) void begin(group)
  }

  if (items.length === 0) return
  const stopListening = lanes.onHold(fill)
  try {
    fill()
    await allEnded
  } finally {
    stopListening()
  }
  if (failures.length > 0) throw failures[0]
}

/** Whose turn it is; undefined while all lanes are taken, or all that is left would only wait. */
function nextGroup<Item>(groups: readonly Group<Item>[], lanes: Lanes<Item>): Group<Item> | undefined {
  let busy = 0
  let best: { readonly group: Group<Item>; readonly held: boolean } | undefined
  for (const group of groups) {
    const held = lanes.isHeld(group.first)
    if (!held) busy += group.running
    // One that waits is enough to carry on when the wait is over, or to learn that it is too long.
    if (group.left === 0 || (held && group.running > 0)) continue
    if (best === undefined || goesBefore({ group, held }, best)) best = { group, held }
  }
  return busy < Math.max(1, lanes.limit) ? best?.group : undefined
}

type Candidate = { readonly group: Pick<Group<unknown>, 'running' | 'servedAt'>; readonly held: boolean }

function goesBefore(one: Candidate, other: Candidate): boolean {
  if (one.held !== other.held) return other.held
  if (one.group.running !== other.group.running) return one.group.running < other.group.running
  return one.group.servedAt < other.group.servedAt
}
