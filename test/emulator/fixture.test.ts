import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startEmulator } from '../../src/emulator/emulator.ts'
import { FixtureError, instantOf, loadFixture, readFixture } from '../../src/emulator/fixture.ts'
import { DAY, TENANT, UPN } from './caller.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fixture-test-'))
})
afterEach(() => rm(directory, { recursive: true }))

async function load(text: string, name = 'world.yaml') {
  const path = join(directory, name)
  await writeFile(path, text)
  return loadFixture(path)
}

const yaml = `
tenants:
  - id: ${TENANT}
    domains:
      - contoso.example
    policies:
      maxLifespanDays: 30
users:
  - upn: ${UPN}
    tenant: contoso.example
organizations:
  - name: contoso
    tenant: ${TENANT}
    members:
      - ${UPN}
pats:
  - owner: ${UPN}
    organization: contoso
    displayName: Old
    scope: vso.code
    validFrom: -20d
    validTo: +3d
  - owner: ${UPN}
    organization: contoso
    displayName: Gone
    scope: vso.code
    validFrom: -20d
    validTo: 2026-05-30T00:00:00Z
  - owner: ${UPN}
    organization: contoso
    displayName: Withdrawn
    scope: vso.code
    validTo: +3d
    revoked: true
`

describe('a fixture', () => {
  test('is read from YAML, and relative instants count from the start', async () => {
    const startAt = Date.UTC(2026, 5, 1)
    const emulator = await startEmulator({ fixture: await load(yaml), startAt })
    const [old, gone, withdrawn] = emulator.pats()
    expect(old).toMatchObject({ displayName: 'Old', validFrom: startAt - 20 * DAY, validTo: startAt + 3 * DAY })
    expect([old?.state, gone?.state, withdrawn?.state]).toEqual(['active', 'expired', 'revoked'])
    expect(emulator.users()).toEqual([UPN])
    await emulator.stop()
  })

  test('is read from JSON', async () => {
    const fixture = await load(JSON.stringify({ tenants: [{ id: TENANT }] }), 'world.json')
    expect(readFixture(fixture).tenants[0]?.id).toBe(TENANT)
  })

  test('a syntax fault is told with its place', async () => {
    await expect(load('tenants:\n  - id: [')).rejects.toThrow(/world\.yaml:2:10: a bracket is opened/)
    await expect(load('tenants:\n  - id: [a, b\n    domains: x\n')).rejects.toThrow(
      /world\.yaml:3:5: a bracket is opened before this and never closed$/,
    )
    await expect(load('users:\n  - a: 1\n   b: 2\n')).rejects.toThrow(/world\.yaml:\d+:\d+: [^\n]+$/)
  })

  test('a file that is not there is told by name', async () => {
    await expect(loadFixture(join(directory, 'none.yaml'))).rejects.toThrow('none.yaml')
  })

  test('says of each fault where it is, what is wrong, and what was most likely meant', async () => {
    const text = `organisations: []
users:
  - upn: ${UPN}
    tenant: contoso.example
    mfa: requird
    pasword: x
  - tenant: 5
`
    const fault: unknown = await load(text).catch((thrown: unknown) => thrown)
    expect(fault).toBeInstanceOf(FixtureError)
    expect(fault instanceof Error && fault.message.split('\n').slice(1)).toEqual([
      'users[0].mfa: must be one of none, required, enrol',
      'users[0].pasword: there is no such key; did you mean password?',
      'users[1].upn: is missing; string is wanted',
      'users[1].tenant: string is wanted here',
      'organisations: there is no such key; did you mean organizations?',
    ])
    await expect(load(`users:\n  - upn: ${UPN}\n    tenant: contoso.exmple\n`)).rejects.toThrow(
      'users[0].tenant: there is no tenant "contoso.exmple" in this fixture; did you mean contoso.example?',
    )
    await expect(load('pats:\n  - owner: a\n    organization: b\n    displayName: c\n    scope: d\n')).rejects.toThrow(
      'pats[0].validTo: is missing',
    )
    await expect(load('vaults:\n  - name: a\n    nothingLikeThat: 1\n')).rejects.toThrow(
      /no such key; here can be name, tenant/,
    )
  })

  test('all faults are told at once, each with its place', () => {
    const faulty = { tenants: [{ id: 'x' }], users: [{ upn: '', tenant: TENANT }], colours: [] }
    let message = ''
    try {
      readFixture(faulty)
    } catch (fault) {
      expect(fault).toBeInstanceOf(FixtureError)
      message = fault instanceof Error ? fault.message : ''
    }
    for (const place of ['tenants[0].id', 'users[0].upn', 'colours']) expect(message).toContain(place)
  })

  test('references that lead nowhere, and names twice, are told', () => {
    const faulty = {
      tenants: [{ id: TENANT }],
      users: [
        { upn: UPN, tenant: 'nowhere.example' },
        { upn: UPN.toUpperCase(), tenant: TENANT },
      ],
      organizations: [{ name: 'contoso', tenant: TENANT, members: ['ann@contoso.example'] }],
      vaults: [{ name: 'contoso', tenant: TENANT, access: [{ principal: 'nobody' }] }],
      pats: [{ owner: UPN, organization: 'fabrikam', displayName: 'x', scope: 'y', validTo: '+1d' }],
    }
    expect(() => readFixture(faulty)).toThrow(
      /declared twice[^]*users\[0\]\.tenant[^]*organizations\[0\]\.members[^]*vaults\[0\]\.access[^]*pats\[0\]\.organization/,
    )
  })

  test('without tenants, what is left out comes from the built-in world', () => {
    const fixture = readFixture({ organizations: [{ name: 'fabrikam', tenant: 'contoso.example' }] })
    expect(fixture.organizations.map(({ name }) => name)).toEqual(['fabrikam'])
    expect(fixture.users.map(({ upn }) => upn)).toEqual([UPN])
    expect(readFixture({ tenants: [{ id: TENANT }] }).users).toEqual([])
  })

  test.each([
    ['-20d', -20 * DAY],
    ['+3h', 3 * 3_600_000],
    ['+15m', 900_000],
    ['-0s', 0],
  ])('%s is an instant', (written, distance) => {
    expect(instantOf(written, 1_000_000)).toBe(1_000_000 + distance)
  })
})

describe('a started emulator', () => {
  test('makes the passwords that are left out, anew each time', async () => {
    const [one, other] = await Promise.all([startEmulator(), startEmulator()])
    expect(one.password(UPN)).not.toBe(other.password(UPN))
    expect(one.password(UPN).length).toBeGreaterThan(15)
    expect(() => one.password('nobody')).toThrow('nobody')
    await Promise.all([one.stop(), other.stop()])
  })

  test('takes a password that is written', async () => {
    const password = `written ${Math.random()}`
    const fixture = { users: [{ upn: UPN, tenant: 'contoso.example', password }] }
    const emulator = await startEmulator({ fixture })
    expect(emulator.password(UPN)).toBe(password)
    await emulator.stop()
  })

  test('writes its authority where it is told, and keeps its fixed ports', async () => {
    const first = await startEmulator({ certificateDir: directory })
    expect(first.caFile).toBe(join(directory, 'ca.pem'))
    expect(await readFile(first.caFile, 'utf8')).toContain('BEGIN CERTIFICATE')
    const port = Number(new URL(first.endpoints.entra).port)
    await first.stop()
    const second = await startEmulator({ certificateDir: directory, ports: { entra: port } })
    expect(second.endpoints.entra).toBe(`https://localhost:${port}`)
    await expect(startEmulator({ ports: { entra: port } })).rejects.toThrow('EADDRINUSE')
    await second.stop()
  })

  test('has no certificate for any other name', async () => {
    const emulator = await startEmulator()
    const { port } = new URL(emulator.endpoints.entra)
    const ca = await readFile(emulator.caFile, 'utf8')
    const leaf = await new Promise<X509Certificate>((resolve, reject) => {
      const socket = connect({ port: Number(port), host: 'localhost', servername: 'localhost', ca }, () => {
        resolve(new X509Certificate(socket.getPeerCertificate().raw))
        socket.destroy()
      })
      socket.once('error', reject)
    })
    expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1')
    expect(leaf.ca).toBe(false)
    expect(leaf.checkHost('login.microsoftonline.com')).toBeUndefined()
    await emulator.stop()
  })
})
