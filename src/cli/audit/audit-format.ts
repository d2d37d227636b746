export const auditFormats = ['table', 'json', 'csv', 'sarif', 'junit', 'html'] as const

export type AuditFormat = (typeof auditFormats)[number]
