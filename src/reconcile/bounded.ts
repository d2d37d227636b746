/**
 * Does `work` for every item, at most `limit` at once, in order of the items. A rejection stops nothing else; it
 * rejects the whole only when all have ended, so that nothing goes on unseen.
 */
export async function forEachBounded<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const failures: unknown[] = []
  const lane = async (): Promise<void> => {
    for (const item of queue) {
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, lane))
  if (failures.length > 0) throw failures[0]
}
