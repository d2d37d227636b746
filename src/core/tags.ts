/** Metadata as a store keeps it: names and values of at most 256 characters, at most 15. */
export type Tags = Readonly<Record<string, string>>

/** Key Vault's limits, kept to the smaller of the documented ones; the file store keeps them, too. */
export const mostTags = 15
export const longestTag = 256
