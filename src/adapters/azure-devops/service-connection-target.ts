import { PatrolError } from '../../core/errors.ts'
import type { Addressee, Target } from '../../ports/target.ts'
import {
  conditionOfConnection,
  connectionCall,
  connectionObjection,
  connectionsNamedCall,
  judgeConnection,
  judgeConnectionsNamed,
  receiptOfConnection,
  replaceConnectionCall,
  type ServiceConnection,
  strayInConnection,
  withValue,
} from './service-connection.ts'
import { filled } from '../placeholders.ts'
import { type ItemKind, ProjectItems, type ProjectTargetParts, strayFailure } from './project-item.ts'
import { inTurn } from '../turns.ts'

export interface ServiceConnectionTargetParts extends ProjectTargetParts {
  /** The address that the connection must have; undefined for any of Azure DevOps. */
  readonly url: string | undefined
  /** What to do about other secrets, which are written back without their values. */
  readonly otherSecrets: 'keep' | 'refuse'
}

const kind: ItemKind<ServiceConnection> = {
  kind: 'service connection',
  scope: 'vso.serviceendpoint_manage',
  isId: (written) => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(written),
  named: connectionsNamedCall,
  judgeNamed: judgeConnectionsNamed,
  one: connectionCall,
  replace: replaceConnectionCall,
  judge: judgeConnection,
}

/**
 * The secret of a service connection, where its scheme has it. The service replaces the connection as a whole and tells
 * of no revision, so it is read right before it is written, and what can be read is compared right after.
 */
export function serviceConnectionTarget(parts: ServiceConnectionTargetParts): Target {
  const connections = new ProjectItems(parts, kind)
  const { azureDevOps, organization, project } = parts.place
  const terms = { azureDevOps, url: parts.url, refusesOthers: parts.otherSecrets === 'refuse' }

  const found = async (of: Addressee): Promise<ServiceConnection> => {
    const connection = await connections.read(of)
    const objection = connectionObjection(connection, terms)
    if (objection !== undefined) throw objection
    return connection
  }

  return {
    name: parts.name,
    async deliver(consignment, limits) {
      connections.assertInTime(limits)
      const place = `${organization}/${project}/${filled(parts.item, consignment)}`.toLowerCase()
      return inTurn(place, async () => {
        const connection = await found(consignment)
        const whole = withValue(connection, consignment.value.reveal())
        await connections.replace(consignment, connection.id, whole, limits)
        const after = await connections.read(consignment)
        const stray = strayInConnection(whole, after)
        if (stray.length > 0) throw strayFailure(connections.label(consignment), stray)
        return receiptOfConnection(after)
      })
    },
    async inspect(copy) {
      try {
        return conditionOfConnection(await connections.read(copy), copy.receipt)
      } catch (thrown) {
        if (!(thrown instanceof PatrolError) || thrown.code !== 'target-not-found') throw thrown
        return { kind: 'gone', message: thrown.message }
      }
    },
    async remove(copy, limits) {
      connections.assertInTime(limits)
      const why = `a ${connections.label(copy)} cannot be without its secret, and pipelines may use it: delete it by hand`
      return { kind: 'kept', why }
    },
    async check() {
      // What hangs on the token is made known only with the token.
      if (parts.item.includes('{')) return
      await found({ token: '', organization: '' })
    },
  }
}
