import { describe, expect, it } from 'vitest'
import { type AgentLeg, legFailure } from '../../../src/adapters/entra/agent-legs.ts'
import { signInFailure } from '../../../src/adapters/entra/sign-in-failure.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { answer } from '../support/answers.ts'

const names = { blueprint: 'the-blueprint', agent: 'the-agent', user: 'agent@contoso.com' }
const refused = (leg: AgentLeg, number: number) =>
  legFailure(
    leg,
    names,
    signInFailure('agent', new Error('x'), {
      refusal: answer(
        400,
        {
          error: 'invalid_grant',
          error_description: `AADSTS${number}: It says no.`,
          error_codes: [number],
          trace_id: 't',
        },
        { 'retry-after': '7' },
      ),
    }),
  )

describe('what a refusal means in a leg', () => {
  it.each<[AgentLeg, number, string]>([
    ['blueprint', 700016, 'Correct `blueprint` (the-blueprint) or `agent` (the-agent)'],
    ['blueprint', 7000112, 'Correct `blueprint`'],
    ['blueprint', 500131, 'does not belong to the blueprint'],
    ['blueprint', 700211, 'Add a federated credential to the blueprint the-blueprint'],
    ['blueprint', 700212, 'Add a federated credential to the blueprint'],
    ['blueprint', 700213, 'Add a federated credential to the blueprint'],
    ['blueprint', 700027, 'Upload the public part of the certificate to the blueprint'],
    ['blueprint', 700024, 'check the clock'],
    ['agent', 700016, 'Correct `agent`: the-agent'],
    ['agent', 700213, 'The agent identity the-agent does not belong to the blueprint the-blueprint'],
    ['agent', 7002137, 'does not belong to the blueprint'],
    ['user', 50034, 'there is no agent@contoso.com in this tenant'],
    ['user', 700213, 'agent@contoso.com is not the user account of the agent identity the-agent'],
    ['user', 65001, 'grant the agent identity the-agent the delegated permissions vso.pats'],
    ['user', 53003, 'Conditional Access'],
    ['user', 50057, 'disabled'],
  ])('%s, AADSTS%i: %s', (leg, number, remedy) => {
    const { error, verdict } = refused(leg, number)
    expect(error.message).toContain({ blueprint: 'leg 1 of 3', agent: 'leg 2 of 3', user: 'leg 3 of 3' }[leg])
    expect(error.message).toContain(`AADSTS${number}): It says no.`)
    expect(error.remedy).toContain(remedy)
    expect(verdict?.remedy).toBe(error.remedy)
    expect(error).toMatchObject({ correlationId: 't', retryAfter: 7_000 })
  })

  it('is not asked where Entra was not reached: the remedy stays that of the network', () => {
    const fault = new PatrolError('service-unavailable', 'POST https://x/: refused AADSTS700016', {
      remedy: 'the proxy',
    })
    const { error, verdict } = legFailure('agent', names, signInFailure('agent', new Error('x'), { fault }))
    expect(error).toMatchObject({ code: 'sign-in-unavailable', remedy: 'the proxy' })
    expect(error.message).toMatch(/^leg 2 of 3, /)
    expect(verdict).toBeUndefined()
  })
})
