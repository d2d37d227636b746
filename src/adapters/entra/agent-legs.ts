import { PatrolError } from '../../core/errors.ts'
import type { SignInFailure } from './sign-in-failure.ts'

/** The three exchanges that lead to the token of an agent's user. */
export type AgentLeg = 'blueprint' | 'agent' | 'user'

/** Whom an agent signs in as, and by whose word. */
export interface AgentNames {
  /** Client id of the agent identity blueprint. */
  readonly blueprint: string
  /** Client id of the agent identity. */
  readonly agent: string
  /** The user account of the agent. */
  readonly user: string
}

/**
 * The failure of one leg: it names the leg, and where a refusal means something else there than for other sign-ins, so
 * does the remedy.
 */
export function legFailure(leg: AgentLeg, names: AgentNames, failure: SignInFailure): SignInFailure {
  const { error, verdict } = failure
  const remedy = verdict === undefined ? undefined : remedyOf(leg, names, numbersIn(error.message))
  const retryAfter = error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }
  const correlationId = error.correlationId === undefined ? {} : { correlationId: error.correlationId }
  const told = new PatrolError(error.code, `${titleOf(leg, names)}: ${error.message}`, {
    remedy: remedy ?? error.remedy,
    outcome: error.outcome,
    cause: error,
    ...retryAfter,
    ...correlationId,
  })
  return { error: told, verdict: verdict === undefined ? undefined : { ...verdict, remedy: told.remedy } }
}

function titleOf(leg: AgentLeg, { blueprint, agent, user }: AgentNames): string {
  switch (leg) {
    case 'blueprint':
      return `leg 1 of 3, the blueprint ${blueprint} proves itself`
    case 'agent':
      return `leg 2 of 3, the agent identity ${agent} proves itself by its blueprint`
    case 'user':
      return `leg 3 of 3, the agent identity signs in ${user}`
  }
}

/** Sets of refusals, each with what it means in a leg. */
type Remedies = readonly (readonly [numbers: readonly number[], remedy: (names: AgentNames) => string])[]

const noFederatedCredential = [70021, 70025, 700211, 700212, 700213, 7002131, 7002137]
const noApplication = [700016, 7000112, 7000229]

const remediesOf: Readonly<Record<AgentLeg, Remedies>> = {
  blueprint: [
    [
      noApplication,
      ({ blueprint, agent }) =>
        `Correct \`blueprint\` (${blueprint}) or \`agent\` (${agent}): one of them is not known, or disabled, in this tenant.`,
    ],
    [
      [500131],
      ({ blueprint, agent }) =>
        `The agent identity ${agent} does not belong to the blueprint ${blueprint}: correct \`agent\` or \`blueprint\`.`,
    ],
    [
      noFederatedCredential,
      ({ blueprint }) =>
        `Add a federated credential to the blueprint ${blueprint}, with the issuer, subject and audience of what \`credential\` names, letter by letter.`,
    ],
    [[700027, 700030], ({ blueprint }) => `Upload the public part of the certificate to the blueprint ${blueprint}.`],
  ],
  agent: [
    [noApplication, ({ agent }) => `Correct \`agent\`: ${agent} is no agent identity that works in this tenant.`],
    [
      [...noFederatedCredential, 50013, 700021],
      ({ agent, blueprint }) =>
        `The agent identity ${agent} does not belong to the blueprint ${blueprint}: correct \`agent\` or \`blueprint\`.`,
    ],
  ],
  user: [
    [[50034], ({ user }) => `Correct \`user\`: there is no ${user} in this tenant.`],
    [
      noFederatedCredential,
      ({ user, agent }) =>
        `${user} is not the user account of the agent identity ${agent}: correct \`user\` or \`agent\`.`,
    ],
    [
      [65001, 650057, 90094],
      ({ agent }) =>
        `Let an administrator grant the agent identity ${agent} the delegated permissions vso.pats and vso.pats_manage of Azure DevOps.`,
    ],
  ],
}

function remedyOf(leg: AgentLeg, names: AgentNames, numbers: readonly number[]): string | undefined {
  const found = remediesOf[leg].find(([known]) => numbers.some((number) => known.includes(number)))
  return found?.[1](names)
}

function numbersIn(message: string): readonly number[] {
  return [...message.matchAll(/\bAADSTS(\d{5,8})\b/g)].map((match) => Number(match[1]))
}
