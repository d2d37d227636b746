/** Writers of one thing within this process. Those of other processes are met by other means. */
const queues = new Map<string, Promise<unknown>>()

/** Does the work when all that was begun before in this process for the same place has ended. */
export async function inTurn<Answer>(place: string, work: () => Promise<Answer>): Promise<Answer> {
  const before = queues.get(place) ?? Promise.resolve()
  const ours = before.then(work, work)
  const settled = ours.catch(() => undefined)
  queues.set(place, settled)
  try {
    return await ours
  } finally {
    if (queues.get(place) === settled) queues.delete(place)
  }
}
