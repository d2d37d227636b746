/**
 * Loaded into a process of the program before anything else: its wall clock is ahead of the computer's by
 * `TEST_CLOCK_AHEAD_MS`, so that it shares the time of an emulator that has travelled.
 */
const aheadMs = Number(process.env['TEST_CLOCK_AHEAD_MS'])
const realDate = Date
const now = (): number => realDate.now() + aheadMs

globalThis.Date = new Proxy(realDate, {
  construct: (date, parts: readonly unknown[], target) =>
    Reflect.construct(date, parts.length === 0 ? [now()] : parts, target) as object,
  get: (date, key, receiver) => (key === 'now' ? now : (Reflect.get(date, key, receiver) as unknown)),
})
