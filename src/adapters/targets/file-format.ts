/**
 * What stands in a file that consumers read a value from. Texts may hold placeholders, which `filled` replaces for each
 * token; `username` is whatever is to stand beside the value, of which Azure DevOps takes any.
 */
export type FileFormat =
  | { readonly kind: 'template'; readonly content: string }
  | { readonly kind: 'dotenv'; readonly variable: string }
  | { readonly kind: 'netrc'; readonly machine: string; readonly username: string }
  | { readonly kind: 'git-credentials'; readonly url: string; readonly username: string }
  | { readonly kind: 'npmrc'; readonly registry: string; readonly username: string }
  | { readonly kind: 'nuget-config'; readonly source: string; readonly username: string }
  | {
      readonly kind: 'pip-conf'
      readonly url: string
      readonly key: 'index-url' | 'extra-index-url'
      readonly username: string
    }
