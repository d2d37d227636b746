/**
 * Names, never values, of the variables that `patrol exec` took out of the environment of its command, separated by commas.
 * A Patrol within that command so knows why one of them is not set.
 */
export const withheldVariable = 'PATROL_EXEC_WITHHELD'

type Variables = Readonly<Record<string, string | undefined>>

/** The names that an outer `patrol exec` noted. */
export function withheldIn(variables: Variables): readonly string[] {
  return (variables[withheldVariable] ?? '').split(',').filter((name) => /^[A-Za-z_]\w*$/.test(name))
}

/** The environment without these variables, and with a note of which they were. */
export function withhold(variables: Variables, isWithheld: (name: string) => boolean): Variables {
  const kept = Object.entries(variables).filter(([name]) => !isWithheld(name))
  const taken = Object.keys(variables).filter((name) => isWithheld(name) && variables[name] !== undefined)
  const named = new Set([...withheldIn(variables).filter((name) => variables[name] === undefined), ...taken])
  return Object.fromEntries([...kept, ...(named.size === 0 ? [] : [[withheldVariable, [...named].join(',')] as const])])
}
