import type { HttpAnswer } from '../../../src/adapters/http/answer.ts'

const jsonType = 'application/json; charset=utf-8; api-version=7.2-preview.1'

/** An answer as the transport gives it: text and objects become bytes. */
export function answer(status: number, body: unknown = '', headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const type = typeof body === 'string' ? {} : { 'content-type': jsonType }
  return { status, headers: { ...type, ...headers }, body: new TextEncoder().encode(text) }
}

export function html(status: number, headers: Record<string, string> = {}): HttpAnswer {
  return answer(status, '<!DOCTYPE html><html>Sign In</html>', {
    'content-type': 'text/html; charset=utf-8',
    ...headers,
  })
}

export function serviceError(status: number, typeKey: string, message: string): HttpAnswer {
  return answer(status, { $id: '1', innerException: null, message, typeName: `X.${typeKey}, X`, typeKey, errorCode: 0 })
}
