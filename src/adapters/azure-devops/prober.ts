import { asPatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, formatDuration, second, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Probe, Prober } from '../../ports/prober.ts'
import type { HttpAnswer } from '../http/answer.ts'
import type { Transport } from '../http/transport.ts'
import { judgeConnectionProbe, judgeUrlProbe } from './connection-judgement.ts'
import { Pacing } from './pacing.ts'
import { patAuthorization } from './pat-authorization.ts'
import { mayReceivePat } from './pat-host.ts'
import { type Call, connectionDataCall, scopeProbeCall, urlProbeCall } from './pat-requests.ts'

export interface ProberParts {
  /** Base address of Azure DevOps, without the organization. */
  readonly azureDevOps: string
  readonly transport: Pick<Transport, 'send'>
  readonly clock: Clock
  readonly stopping: () => boolean
  /** One of its own when left out. */
  readonly pacing?: Pacing
}

/** Above the 30 seconds for which the service may hold a request back. */
const timeout: Duration = times(45, second)

/** A longer wait is for the caller to decide on. */
const longestPause: Duration = times(30, second)

/**
 * Tries PATs with real calls. A PAT goes to hosts of Azure DevOps and to the configured endpoint alone, whatever the
 * entry asks for.
 */
export function createProber(parts: ProberParts): Prober {
  const pacing = parts.pacing ?? new Pacing(parts.clock, parts.stopping)
  // A PAT that was minted is tried although the program was told to stop.
  const patience = { sendBy: Number.POSITIVE_INFINITY, whenStopping: 'send' } as const

  async function send(call: Call, value: Secret, judge: (answer: HttpAnswer) => Probe): Promise<Probe> {
    const pause = pacing.pending(call)
    if (pause > longestPause) {
      return { kind: 'unknown', message: `${new URL(call.url).host} asks to wait for ${formatDuration(pause)}` }
    }
    const headers = { ...call.headers, authorization: patAuthorization(value) }
    return judge(await pacing.pass(call, patience, () => parts.transport.send({ ...call, headers, timeout })))
  }

  return {
    async probe(organization, value, verification) {
      try {
        switch (verification.kind) {
          case 'scope':
            return await send(scopeProbeCall(parts.azureDevOps, organization, verification.probe), value, judgeUrlProbe)
          case 'url': {
            const call = urlProbeCall(verification.url, organization)
            if (!mayReceivePat(call.url, parts.azureDevOps)) {
              const message = 'the address to verify with is not one of Azure DevOps; nothing was sent to it'
              return { kind: 'unknown', message }
            }
            return await send(call, value, (answer) => judgeUrlProbe(answer, verification.expect))
          }
          case 'connection-data':
          case 'listed':
            return await send(connectionDataCall(parts.azureDevOps, organization), value, judgeConnectionProbe)
        }
      } catch (thrown) {
        return { kind: 'unknown', message: Secret.redact(asPatrolError(thrown).message) }
      }
    },
  }
}
