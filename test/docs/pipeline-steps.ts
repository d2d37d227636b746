import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { root } from './workshop.ts'

export interface Step {
  readonly bash?: string
  readonly task?: string
  readonly checkout?: string
  readonly displayName?: string
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
}

export interface Job {
  readonly timeoutInMinutes?: number
  readonly cancelTimeoutInMinutes?: number
  readonly steps?: readonly Step[]
  readonly strategy?: { readonly runOnce: { readonly deploy: { readonly steps: readonly Step[] } } }
  readonly environment?: string
}

export interface Pipeline {
  readonly trigger: string
  readonly pr: string
  readonly schedules: readonly {
    readonly cron: string
    readonly always: boolean
    readonly branches: { readonly include: readonly string[] }
  }[]
  readonly parameters?: readonly {
    readonly name: string
    readonly default: string
    readonly values: readonly string[]
  }[]
  readonly variables: readonly { readonly group?: string; readonly name?: string; readonly value?: unknown }[]
  readonly jobs?: readonly Job[]
  readonly stages?: readonly { readonly stage: string; readonly condition?: string; readonly jobs: readonly Job[] }[]
}

export function pipelineText(name: string): string {
  return readFileSync(join(root, 'pipelines', name), 'utf8')
}

export function readPipeline(name: string): Pipeline {
  const document = parseDocument(pipelineText(name), { prettyErrors: true })
  const [fault] = [...document.errors, ...document.warnings]
  if (fault !== undefined) throw fault
  return document.toJS() as Pipeline
}

export function jobsOf(pipeline: Pipeline): readonly Job[] {
  return [...(pipeline.jobs ?? []), ...(pipeline.stages ?? []).flatMap(({ jobs }) => jobs)]
}

export function stepsOf(job: Job): readonly Step[] {
  return job.steps ?? job.strategy?.runOnce.deploy.steps ?? []
}

/** The steps that call Patrol. */
export function patrolSteps(pipeline: Pipeline): readonly Step[] {
  return jobsOf(pipeline)
    .flatMap(stepsOf)
    .filter(({ displayName = '' }) => displayName.startsWith('patrol '))
}

/**
 * The variables of a step as the agent sets them: `$(name)` is replaced where the variable is defined and stays where
 * it is not, and `${{ parameters.name }}` was replaced when the run began.
 * https://learn.microsoft.com/azure/devops/pipelines/process/variables
 */
export function environmentOf(
  step: Step,
  variables: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(step.env ?? {}).map(([name, value]): [string, string] => [
    name,
    value
      .replaceAll(/\$\{\{ parameters\.(\w+) \}\}/g, (_, parameter: string) => parameters[parameter] ?? '')
      .replaceAll(/\$\((\w+)\)/g, (macro, variable: string) => variables[variable] ?? macro),
  ])
  return Object.fromEntries(entries)
}
