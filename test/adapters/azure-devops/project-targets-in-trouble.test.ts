import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { duration, instant } from '../../../src/core/time.ts'
import type { Limits } from '../../../src/ports/limits.ts'
import type { Consignment, Copy, Target } from '../../../src/ports/target.ts'
import { type ProjectWorld, serviceConnectionWorld, variableGroupWorld } from './project-world.ts'

let project: ProjectWorld

const limits = (): Limits => ({ sendBy: project.elapsed() + 600_000, timeout: duration(30_000) })
const value = (n: number): Secret => new Secret(`value${n}x`.padEnd(84, 'Zq7'))
const consignment = (token: string, n = 1): Consignment => ({
  token,
  organization: 'contoso',
  owner: 'ci-bot@contoso.example',
  authorizationId: '11111111-2222-3333-4444-555555555555',
  generation: 'gene00000001',
  value: value(n),
  validTo: instant(Date.UTC(2026, 11, 24)),
})
const copyOf = (of: Consignment, receipt: string | undefined): Copy => ({
  token: of.token,
  organization: of.organization,
  generation: of.generation,
  receipt,
  deliveredAt: instant(0),
})

async function failure(work: Promise<unknown>): Promise<PatrolError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(PatrolError)
  return thrown as PatrolError
}

afterEach(() => project.stop())

describe('a variable group', () => {
  let target: Target
  beforeEach(async () => {
    project = await variableGroupWorld()
    target = project.target
  })

  it('keeps all that is not ours, as it was', async () => {
    const before = project.group()
    await target.deliver(consignment('a'), limits())
    expect(project.group()).toMatchObject({
      ...before,
      modifiedAt: expect.any(Number),
      modifiedBy: 'ci-bot@contoso.example',
      variables: { ...before?.variables, PAT_A: { value: value(1).reveal(), isSecret: true } },
    })
  })

  it('is written under the name that stands there, and becomes a secret', async () => {
    project.world.emulator.changeVariableGroup('build', { variables: { pat_a: 'plain' } })
    const receipt = await target.deliver(consignment('a'), limits())
    const { variables = {} } = project.group() ?? {}
    expect(Object.keys(variables)).toEqual(['PLAIN', 'KEY', 'FIXED', 'pat_a'])
    expect(variables['pat_a']).toMatchObject({ value: value(1).reveal(), isSecret: true })
    project.world.emulator.changeVariableGroup('build', { variables: { pat_a: 'plain' } })
    expect(await target.inspect(copyOf(consignment('a'), receipt))).toMatchObject({
      kind: 'overwritten',
      message: expect.stringContaining('not a secret'),
    })
  })

  it('takes the copies of many tokens at once, and none is lost', async () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map((token, n) => consignment(token, n))
    await Promise.all(all.map((one) => target.deliver(one, limits())))
    for (const one of all) {
      expect(project.group()?.variables[`PAT_${one.token.toUpperCase()}`]?.value).toBe(one.value.reveal())
    }
  })

  it('that another token of the same account changed says nothing of a copy; another person does', async () => {
    const first = copyOf(consignment('a'), await target.deliver(consignment('a'), limits()))
    expect((await target.inspect(first)).kind).toBe('intact')
    await target.deliver(consignment('b'), limits())
    expect((await target.inspect(first)).kind).toBe('unknowable')
    project.world.emulator.changeVariableGroup('build', { description: 'mine' })
    expect((await target.inspect(first)).kind).toBe('overwritten')
  })

  it('that somebody changes right after it was written is written again', async () => {
    const { emulator } = project.world
    const fault = emulator.fault({ service: 'variable-groups', method: 'PUT', effect: 'block-after' })
    const delivery = target.deliver(consignment('a'), limits())
    await fault.whenFired()
    emulator.changeVariableGroup('build', {
      variables: { PAT_A: { value: 'another-value', isSecret: true }, NEW: '1' },
    })
    fault.release()
    await delivery
    expect(project.group()?.variables).toMatchObject({ PAT_A: { value: value(1).reveal() }, NEW: { value: '1' } })
    expect(project.mutations?.()).toBe(2)
  })

  it('that does not keep other secrets is told loudly, with their names', async () => {
    project.world.emulator.set({ nullSecrets: 'dropped' })
    const error = await failure(target.deliver(consignment('a'), limits()))
    expect([error.code, error.outcome]).toEqual(['delivery-failed', 'unknown'])
    expect(error.message).toContain('the variable KEY')
    expect(error.remedy).toContain('restore')
  })

  it('with other secrets is refused where that is asked for, and nothing is written', async () => {
    const error = await failure(project.openGroup({ otherSecrets: 'refuse' }).deliver(consignment('a'), limits()))
    expect(error.message).toContain('holds other secrets (KEY)')
    expect(project.mutations?.()).toBe(0)
  })

  it('that is linked to a key vault is refused', async () => {
    const error = await failure(project.openGroup({ item: 'vault' }).check())
    expect([error.code, error.message]).toEqual(['delivery-failed', expect.stringContaining('AzureKeyVault')])
  })

  it('is found by its number, and by its name when it was made anew', async () => {
    await project.openGroup({ item: '1' }).deliver(consignment('a'), limits())
    expect(project.group()?.variables).toHaveProperty('PAT_A')
  })

  it('is never left without a variable', async () => {
    const sole = project.openGroup({ item: 'own', variable: 'SOLE' })
    const receipt = await sole.deliver(consignment('a'), limits())
    const removal = await sole.remove(copyOf(consignment('a'), receipt), limits())
    expect(removal).toMatchObject({ kind: 'kept', why: expect.stringContaining('only variable') })
  })

  it.each<['answer-lost' | 'drop', string | undefined]>([
    ['answer-lost', 'unknown'],
    ['drop', 'unknown'],
  ])('whose answer to a write is hit by %s is delivered to again, once more', async (effect, outcome) => {
    project.world.emulator.fault({ service: 'variable-groups', method: 'PUT', effect })
    const error = await failure(target.deliver(consignment('a'), limits()))
    expect([error.code, error.outcome]).toEqual(['target-unreachable', outcome])
    expect(project.mutations?.()).toBe(1)
    await target.deliver(consignment('a'), limits())
    expect(project.group()?.variables['PAT_A']?.value).toBe(value(1).reveal())
  })

  it('is read again after a passing fault, and written again after a 429 alone', async () => {
    const { emulator } = project.world
    emulator.fault({ service: 'variable-groups', method: 'GET', effect: { kind: 'status', status: 503 } })
    emulator.fault({ service: 'variable-groups', method: 'PUT', effect: { kind: 'throttle-429', retryAfter: 2 } })
    await target.deliver(consignment('a'), limits())
    expect(project.group()?.variables).toHaveProperty('PAT_A')
  })

  it.each(['404', 'null'] as const)(
    'that is not there, told by %s, is not found, and its copies are gone',
    async (how) => {
      project.world.emulator.set({ unknownLibraryItem: how })
      const absent = project.openGroup({ item: '99' })
      const error = await failure(absent.check())
      expect([error.code, error.remedy]).toEqual(['target-not-found', expect.stringContaining('the account bot')])
      expect((await absent.inspect(copyOf(consignment('a'), undefined))).kind).toBe('gone')
    },
  )

  it('in a project or organization that is not there is not found', async () => {
    const { emulator } = project.world
    const place = { azureDevOps: emulator.endpoints.azureDevOps, organization: 'contoso', project: 'nowhere' }
    const inProject = await failure(project.openGroup({ place }).check())
    expect([inProject.code, inProject.message]).toEqual(['target-not-found', expect.stringContaining('TF200016')])
    const elsewhere = project.openGroup({ place: { ...place, organization: 'nowhere' } })
    expect((await failure(elsewhere.check())).code).toBe('target-not-found')
  })

  it.each([
    [401, 'vso.variablegroups_manage'],
    [403, 'Administrator'],
  ])('that refuses with %i says what to give', async (status, needed) => {
    const { emulator } = project.world
    const effect = { kind: 'status', status, body: '{"message":"no"}' } as const
    emulator.fault({ service: 'variable-groups', method: 'PUT', times: 2, effect })
    const error = await failure(target.deliver(consignment('a'), limits()))
    expect([error.code, error.remedy]).toEqual(['target-denied', expect.stringContaining(needed)])
  })
})

describe('a service connection', () => {
  beforeEach(async () => {
    project = await serviceConnectionWorld()
  })
  const secrets = (name: string) =>
    project.world.emulator.serviceConnections().find((connection) => connection.name === name)?.secrets

  it('takes the value where its scheme has it', async () => {
    await project.openConnection({ item: 'elsewhere' }).deliver(consignment('a'), limits())
    expect(secrets('elsewhere')).toEqual({ apitoken: value(1).reveal() })
    project.world.emulator.set({ hiddenSecrets: 'absent' })
    await project.openConnection().deliver(consignment('a'), limits())
    expect(secrets('feed')).toEqual({ password: value(1).reveal() })
  })

  it.each([
    ['azure', 'of type azurerm and authenticates by ServicePrincipal', 'UsernamePassword or Token'],
    ['foreign', 'leads to npm.example, which is none of Azure DevOps', '`url:`'],
    ['two', 'holds other secrets (certificate)', 'otherSecrets: keep'],
  ])('%s is refused before anything is written', async (item, text, remedy) => {
    const target = project.openConnection({ item })
    for (const work of [target.check(), target.deliver(consignment('a'), limits())]) {
      const error = await failure(work)
      expect(error).toMatchObject({ code: 'delivery-failed', outcome: 'none' })
      expect([error.message, error.remedy]).toEqual([expect.stringContaining(text), expect.stringContaining(remedy)])
    }
    expect(project.mutations?.()).toBe(0)
  })

  it('that leads elsewhere takes the value where its address is named, and not once that changed', async () => {
    const target = project.openConnection({ item: 'foreign', url: 'https://npm.example/registry/' })
    await target.deliver(consignment('a'), limits())
    expect(secrets('foreign')).toEqual({ password: value(1).reveal() })
    project.world.emulator.changeServiceConnection('foreign', { url: 'https://evil.example/registry' })
    const error = await failure(target.deliver(consignment('a', 2), limits()))
    expect(error.message).toContain('another address than `url`')
    expect(secrets('foreign')).toEqual({ password: value(1).reveal() })
  })

  it('with another secret takes the value where that was asked for, and says what was lost that shows', async () => {
    const target = project.openConnection({ item: 'two', otherSecrets: 'keep' })
    const before = secrets('two')
    await target.deliver(consignment('a'), limits())
    expect(secrets('two')).toEqual({ ...before, password: value(1).reveal() })
    project.world.emulator.set({ nullSecrets: 'dropped' })
    const error = await failure(target.deliver(consignment('a', 2), limits()))
    expect(error.message).toContain('the parameter certificate')
  })

  it('whose address or user somebody changed is seen, and so is one that is gone', async () => {
    const target = project.openConnection()
    const copy = copyOf(consignment('a'), await target.deliver(consignment('a'), limits()))
    project.world.emulator.changeServiceConnection('feed', { parameters: { username: 'another' } })
    expect((await target.inspect(copy)).kind).toBe('overwritten')
    await target.deliver(consignment('a'), limits())
    project.world.emulator.changeServiceConnection('feed', { deleted: true })
    expect((await target.inspect(copy)).kind).toBe('gone')
  })
})
