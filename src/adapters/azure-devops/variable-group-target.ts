import type { Condition } from '../../core/copy.ts'
import { PatrolError } from '../../core/errors.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Addressee, Removal, Target } from '../../ports/target.ts'
import {
  conditionInGroup,
  groupCall,
  groupObjection,
  groupsNamedCall,
  holdsSecret,
  judgeGroup,
  judgeGroupsNamed,
  receiptOfGroup,
  replaceGroupCall,
  stampOf,
  strayInGroup,
  type VariableGroup,
  withoutVariable,
  withVariable,
  writerOf,
} from './variable-group.ts'
import type { Whole } from './whole-object.ts'
import { filled } from '../placeholders.ts'
import { type ItemKind, ProjectItems, type ProjectTargetParts, strayFailure } from './project-item.ts'
import { inTurn } from '../turns.ts'

export interface VariableGroupTargetParts extends ProjectTargetParts {
  /** Placeholders stand as written. */
  readonly variable: string
  /** What to do about other secrets, which are written back without their values. */
  readonly otherSecrets: 'keep' | 'refuse'
}

const kind: ItemKind<VariableGroup> = {
  kind: 'variable group',
  scope: 'vso.variablegroups_manage',
  isId: (written) => /^\d+$/.test(written),
  named: groupsNamedCall,
  judgeNamed: judgeGroupsNamed,
  one: groupCall,
  replace: replaceGroupCall,
  judge: judgeGroup,
}

/** How often somebody may change the group while we do before that is a failure. */
const mostTries = 5

/**
 * A secret variable of a variable group. The service replaces the group as a whole and knows no condition for that, so
 * it is read right before it is written and right after, and written again when somebody was faster.
 */
export function variableGroupTarget(parts: VariableGroupTargetParts): Target {
  const groups = new ProjectItems(parts, kind)
  const { organization, project } = parts.place
  const nameOf = (of: Addressee): string => filled(parts.variable, of)
  const refuses = parts.otherSecrets === 'refuse'
  /** Tokens that share a group would otherwise overwrite each other's copies. */
  const alone = <Answer>(of: Addressee, work: () => Promise<Answer>): Promise<Answer> =>
    inTurn(`${organization}/${project}/${filled(parts.item, of)}`.toLowerCase(), work)

  const found = async (of: Addressee): Promise<VariableGroup> => {
    const group = await groups.read(of)
    const objection = groupObjection(group, nameOf(of), refuses)
    if (objection !== undefined) throw objection
    return group
  }

  /**
   * @param change gives the whole as it should be; undefined when nothing is to be done
   * @param isDone whether a read shows what was meant
   */
  const rewrite = async (
    of: Addressee,
    limits: Limits,
    change: (group: VariableGroup) => Whole | undefined,
    isDone: (group: VariableGroup) => boolean,
  ): Promise<VariableGroup> => {
    for (let attempt = 1; ; attempt++) {
      const group = await found(of)
      const whole = change(group)
      if (whole === undefined) return group
      const written = await groups.replace(of, group.id, whole, limits)
      const after = await groups.read(of)
      const stray = strayInGroup(whole, after, nameOf(of))
      const isOurs = writerOf(after) === writerOf(written)
      const isLast = isOurs && stampOf(after) === stampOf(written)
      if (isLast && stray.length > 0) throw strayFailure(groups.label(of), stray)
      if (isDone(after) && stray.length === 0 && (isLast || (isOurs && attempt === mostTries))) return after
      if (isLast) {
        throw new PatrolError('delivery-failed', `the ${groups.label(of)} does not show what was written just now`)
      }
      if (attempt === mostTries) {
        throw new PatrolError('delivery-failed', `the ${groups.label(of)} is changed by others all the time`, {
          outcome: 'unknown',
        })
      }
    }
  }

  const conditionOf = async (of: Addressee, receipt: string | undefined): Promise<Condition> => {
    try {
      return conditionInGroup(await groups.read(of), nameOf(of), receipt)
    } catch (thrown) {
      if (!(thrown instanceof PatrolError) || thrown.code !== 'target-not-found') throw thrown
      return { kind: 'gone', message: thrown.message }
    }
  }

  return {
    name: parts.name,
    async deliver(consignment, limits) {
      groups.assertInTime(limits)
      const name = nameOf(consignment)
      const put = (group: VariableGroup): Whole => withVariable(group, name, consignment.value.reveal())
      const after = await alone(consignment, () =>
        rewrite(consignment, limits, put, (group) => holdsSecret(group, name)),
      )
      return receiptOfGroup(after)
    },
    inspect: (copy) => conditionOf(copy, copy.receipt),
    async remove(copy, limits): Promise<Removal> {
      groups.assertInTime(limits)
      const name = nameOf(copy)
      return alone(copy, async () => {
        const condition = await conditionOf(copy, copy.receipt)
        if (condition.kind === 'gone') return { kind: 'absent' }
        if (condition.kind === 'overwritten') return { kind: 'kept', why: condition.message }
        if (withoutVariable(await found(copy), name) === undefined) {
          return {
            kind: 'kept',
            why: `${name} is the only variable of the group, which cannot be empty: delete the group`,
          }
        }
        const drop = (group: VariableGroup): Whole | undefined => withoutVariable(group, name)
        await rewrite(copy, limits, drop, (group) => !holdsSecret(group, name))
        return { kind: 'removed' }
      })
    },
    async check() {
      // What hangs on the token is made known only with the token.
      if (parts.item.includes('{')) return
      await found({ token: '', organization: '' })
    },
  }
}
