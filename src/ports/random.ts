/** Chance. */
export interface Random {
  /** `count` characters of `0-9a-z`, each equally likely and unpredictable. */
  characters(count: number): string
}
