import { Sender } from '../../../src/adapters/azure-devops/sender.ts'
import { passwordSignIn } from '../../../src/adapters/entra/password-flow.ts'
import { systemRandom } from '../../../src/adapters/random.ts'
import {
  serviceConnectionTarget,
  type ServiceConnectionTargetParts,
} from '../../../src/adapters/azure-devops/service-connection-target.ts'
import {
  variableGroupTarget,
  type VariableGroupTargetParts,
} from '../../../src/adapters/azure-devops/variable-group-target.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { VariableGroupRecord } from '../../../src/emulator/azure-devops/library-record.ts'
import type { Service } from '../../../src/emulator/exchange.ts'
import type { Target } from '../../../src/ports/target.ts'
import type { TargetWorld } from '../../contract/target.ts'
import { type EmulatedWorld, emulatedWorld, tenant, user } from '../support/emulated-world.ts'

export const fixture = {
  organizations: [
    {
      name: 'contoso',
      tenant: 'contoso.example',
      members: [user],
      projects: ['Web site', 'Other'],
      variableGroups: [
        {
          name: 'build',
          description: 'for builds',
          projects: ['Web site', 'Other'],
          variables: { PLAIN: 'x', KEY: { isSecret: true }, FIXED: { value: '1', isReadOnly: true } },
        },
        { name: 'vault', type: 'AzureKeyVault' as const, variables: { A: { isSecret: true } } },
        { name: 'own', variables: { SOLE: { isSecret: true } } },
      ],
      serviceConnections: [
        {
          name: 'feed',
          description: 'the feed',
          projects: ['Web site', 'Other'],
          url: 'https://pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/',
          parameters: { username: 'me' },
          secrets: { password: null },
          data: { a: 'b' },
        },
        {
          name: 'elsewhere',
          type: 'externaltfs',
          scheme: 'Token',
          url: 'https://dev.azure.com/fabrikam',
          secrets: { apitoken: null },
        },
        { name: 'foreign', url: 'https://npm.example/registry', secrets: { password: null } },
        { name: 'two', url: 'https://dev.azure.com/x', secrets: { password: null, certificate: null } },
        { name: 'azure', type: 'azurerm', scheme: 'ServicePrincipal', url: 'https://management.azure.com/' },
      ],
    },
  ],
}

export interface ProjectWorld extends TargetWorld {
  readonly world: EmulatedWorld
  group(name?: string): VariableGroupRecord | undefined
  openGroup(changes?: Partial<VariableGroupTargetParts>): Target
  openConnection(changes?: Partial<ServiceConnectionTargetParts>): Target
}

/** An emulator, and targets in it that the emulator's first user opens. */
async function projectWorld(
  service: Service,
): Promise<Omit<ProjectWorld, 'target' | 'tells' | 'removes' | 'apart' | 'held'>> {
  const world = await emulatedWorld({ fixture })
  const { emulator, transport, clock, events, stop } = world
  const stopping = (): boolean => stop.signal.aborted
  const signIn = passwordSignIn(
    { name: 'bot', tenant: async () => tenant, username: user, password: new Secret(emulator.password(user)) },
    {
      transport,
      clock,
      stopping,
      reporter: { report: (event) => events.push(event) },
      entra: emulator.endpoints.entra,
      entraOverridden: true,
    },
  )
  const sender = new Sender({ transport, signIn, clock, random: systemRandom, stopping })
  const shared = {
    name: 'target',
    place: { azureDevOps: emulator.endpoints.azureDevOps, organization: 'contoso', project: 'web site' },
    sender,
    who: 'the account bot',
    isAccount: true,
    clock,
  }
  return {
    world,
    group: (name = 'build') => emulator.variableGroups().find((group) => group.name === name),
    openGroup: (changes = {}) =>
      world.watched(
        variableGroupTarget({ ...shared, item: 'Build', variable: 'PAT_{TOKEN}', otherSecrets: 'keep', ...changes }),
      ),
    openConnection: (changes = {}) =>
      world.watched(
        serviceConnectionTarget({ ...shared, item: 'feed', url: undefined, otherSecrets: 'refuse', ...changes }),
      ),
    isReadable: true,
    elapsed: () => clock.elapsed(),
    mutations: () =>
      emulator.requests().filter((request) => request.service === service && request.method === 'PUT').length,
    denyNext: () =>
      void emulator.fault({ service, method: 'PUT', effect: { kind: 'status', status: 403, body: '{}' } }),
    stop: () => world.close(),
  }
}

export async function variableGroupWorld(): Promise<ProjectWorld> {
  const project = await projectWorld('variable-groups')
  const { emulator } = project.world
  const variable = (token: string): string => `PAT_${token.toUpperCase().replaceAll('-', '_')}`
  return {
    ...project,
    target: project.openGroup(),
    tells: true,
    removes: true,
    apart: true,
    held: async ({ token }) => project.group()?.variables[variable(token)]?.value,
    overwrite: async ({ token }, value) =>
      emulator.changeVariableGroup('build', { variables: { [variable(token)]: { value, isSecret: true } } }),
    destroy: async ({ token }) => emulator.changeVariableGroup('build', { variables: { [variable(token)]: null } }),
    surroundings: async () => {
      const { variables = {}, modifiedAt: _, modifiedBy: __, ...rest } = project.group() ?? {}
      const others = Object.entries(variables).filter(([name]) => !name.startsWith('PAT_'))
      return JSON.stringify([rest, others])
    },
    loseThePlace: async () => emulator.changeVariableGroup('build', { deleted: true }),
  }
}

export async function serviceConnectionWorld(): Promise<ProjectWorld> {
  const project = await projectWorld('service-connections')
  const { emulator } = project.world
  const connection = () => emulator.serviceConnections().find(({ name }) => name === 'feed')
  return {
    ...project,
    target: project.openConnection(),
    // Nobody can see whether a secret is still the same, and a connection is never without one.
    tells: false,
    removes: false,
    apart: false,
    held: async () => connection()?.secrets['password'],
    overwrite: async (_, password) => emulator.changeServiceConnection('feed', { secrets: { password } }),
    surroundings: async () => {
      const { secrets: _, modifiedAt: __, modifiedBy: ___, ...rest } = connection() ?? {}
      return JSON.stringify(rest)
    },
    loseThePlace: async () => emulator.changeServiceConnection('feed', { deleted: true }),
  }
}
