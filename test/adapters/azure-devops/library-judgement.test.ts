import { describe, expect, it } from 'vitest'
import { PatrolError } from '../../../src/core/errors.ts'
import { judgeConnection, receiptOfConnection } from '../../../src/adapters/azure-devops/service-connection.ts'
import {
  conditionInGroup,
  groupObjection,
  judgeGroup,
  judgeGroupsNamed,
  receiptOfGroup,
  stampOf,
  strayInGroup,
  type VariableGroup,
  withVariable,
} from '../../../src/adapters/azure-devops/variable-group.ts'
import type { HttpAnswer } from '../../../src/adapters/http/answer.ts'

const asked = { what: 'reading the variable group', organization: 'contoso', mutates: false }
const answer = (body: string, status = 200, type = 'application/json'): HttpAnswer => ({
  status,
  headers: { 'content-type': type },
  body: Buffer.from(body),
})
const reference = (id: string) => ({ projectReference: { id, name: 'Web' }, name: 'build', description: '' })
const whole = {
  id: 7,
  name: 'build',
  type: 'Vsts',
  variables: { PLAIN: { value: 'x' }, KEY: { value: null, isSecret: true, isReadOnly: true }, future: { kind: 1 } },
  variableGroupProjectReferences: [reference('a')],
  isShared: false,
  modifiedOn: '2026-11-24T08:16:15.51Z',
  modifiedBy: { id: 'me' },
  unheardOf: { kept: true },
}
const group = (changes: object = {}): VariableGroup =>
  judgeGroup(answer(JSON.stringify({ ...whole, ...changes })), asked)

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof PatrolError) return thrown.code
    throw thrown
  }
  return 'none'
}

describe('an answer about a variable group or service connection', () => {
  it.each([
    ['nothing under success', answer('null'), 'target-not-found'],
    ['an empty body', answer(''), 'target-not-found'],
    ['a 404 of the service', answer('{"message":"no such group"}', 404), 'target-not-found'],
    ['a 404 page', answer('<html>', 404, 'text/html'), 'target-not-found'],
    ['a sign-in page', answer('<html>', 203, 'text/html'), 'not-signed-in'],
    ['a refusal', answer('{}', 403), 'access-denied'],
    ['another form', answer('{"id":"seven"}'), 'unexpected-answer'],
    ['half of it', answer('{"id":7,"var'), 'unexpected-answer'],
  ])('that is %s is told apart', (_, heard, code) => {
    expect(codeOf(() => judgeGroup(heard, asked))).toBe(code)
    expect(codeOf(() => judgeConnection(heard, asked))).toBe(code)
  })

  it('finds the one of exactly this name, whatever its case', () => {
    const list = answer(
      JSON.stringify({
        value: [
          { id: 1, name: 'build-2' },
          { id: 2, name: 'Build' },
        ],
      }),
    )
    expect(judgeGroupsNamed(list, 'build', asked)).toBe('2')
    expect(codeOf(() => judgeGroupsNamed(list, 'buil', asked))).toBe('target-not-found')
  })
})

describe('a variable group that is written back', () => {
  it('has all that was read, also what nobody knows of, and none of the stamps of the service', () => {
    const sent = withVariable(group(), 'key', 'new-value')
    expect(sent).toEqual({
      id: 7,
      name: 'build',
      type: 'Vsts',
      variables: { ...whole.variables, KEY: { value: 'new-value', isSecret: true, isReadOnly: true } },
      variableGroupProjectReferences: [reference('a')],
      unheardOf: { kept: true },
    })
  })

  it.each([
    [
      'a variable that is gone',
      { variables: { KEY: whole.variables.KEY, future: { kind: 1 } } },
      ['the variable PLAIN'],
    ],
    ['another value', { variables: { ...whole.variables, PLAIN: { value: 'y' } } }, ['the variable PLAIN']],
    ['a new variable', { variables: { ...whole.variables, NEW: { value: '' } } }, ['the variable NEW']],
    ['a project that is gone', { variableGroupProjectReferences: [] }, ['its place in the project a']],
    ['another description', { description: 'new' }, ['its description']],
    ['another state of our own variable', { variables: { ...whole.variables, KEY: { value: 'x' } } }, []],
    ['an empty description in place of none', { description: '' }, []],
  ])('is compared with what is read afterwards: %s', (_, changes, stray) => {
    expect(strayInGroup(withVariable(group(), 'KEY', 'v'), group(changes), 'KEY')).toEqual(stray)
  })

  it.each([
    [{ isShared: true }, 'projects that are not shown'],
    [{ variableGroupProjectReferences: null }, 'projects that are not shown'],
    [{ type: 'AzureKeyVault' }, 'of type AzureKeyVault'],
  ])('is not written where something would be lost: %o', (changes, text) => {
    expect(groupObjection(group(changes), 'KEY', false)?.message).toContain(text)
    expect(groupObjection(group(), 'KEY', true)).toBeUndefined()
  })
})

it('a stamp is the same instant with more digits or fewer', () => {
  const longer = group({ modifiedOn: '2026-11-24T08:16:15.5100000Z' })
  expect(stampOf(longer)).toBe(stampOf(group()))
  expect(conditionInGroup(longer, 'KEY', receiptOfGroup(group()))).toEqual({ kind: 'intact' })
  const later = { modifiedOn: '2026-11-24T08:16:16Z' }
  expect(conditionInGroup(group(later), 'KEY', receiptOfGroup(group())).kind).toBe('unknowable')
  const byAnother = group({ ...later, modifiedBy: { id: 'you' } })
  expect(conditionInGroup(byAnother, 'KEY', receiptOfGroup(group())).kind).toBe('overwritten')
})

it('a connection is known again by what can be read, in whatever order', () => {
  const connection = (parameters: object, url = 'https://dev.azure.com/contoso') =>
    judgeConnection(
      answer(JSON.stringify({ id: 'a', url, authorization: { scheme: 'UsernamePassword', parameters } })),
      asked,
    )
  const first = receiptOfConnection(connection({ username: 'me', other: 'x', password: null }))
  expect(receiptOfConnection(connection({ other: 'x', username: 'me' }, 'https://dev.azure.com/contoso/'))).toBe(first)
  expect(receiptOfConnection(connection({ username: 'you', other: 'x' }))).not.toBe(first)
})
