import { randomBytes } from 'node:crypto'
import type { SecretLedger } from '../secret-ledger.ts'

/** A job of GitHub Actions that may ask who it is: `permissions: id-token: write`. */
export interface GitHubJob {
  /** As in `repo:octo-org/octo-repo:ref:refs/heads/main`. */
  readonly subject: string
}

/** A job of Azure Pipelines, with the service connections it may use. */
export interface PipelineJob {
  readonly organization: string
  readonly project: string
  readonly connections: readonly { readonly id: string; readonly name: string }[]
}

/** The jobs that run elsewhere, by the token that each was started with. */
export class JobBook {
  readonly #gitHub = new Map<string, GitHubJob>()
  readonly #pipelines = new Map<string, PipelineJob>()
  readonly #ledger: SecretLedger

  constructor(ledger: SecretLedger) {
    this.#ledger = ledger
  }

  openGitHub(job: GitHubJob): string {
    const token = this.#ledger.note(randomBytes(60).toString('base64url'))
    this.#gitHub.set(token, job)
    return token
  }

  openPipeline(job: PipelineJob): string {
    const token = this.#ledger.note(randomBytes(60).toString('base64url'))
    this.#pipelines.set(token, job)
    return token
  }

  gitHub(token: string): GitHubJob | undefined {
    return this.#gitHub.get(token)
  }

  pipeline(token: string): PipelineJob | undefined {
    return this.#pipelines.get(token)
  }
}

/** What stands after `Bearer` in the header of a call; empty when it says anything else. */
export function bearerOf(header: string | undefined): string {
  const [scheme = '', value = ''] = (header ?? '').split(/\s+/, 2)
  return scheme.toLowerCase() === 'bearer' ? value : ''
}
