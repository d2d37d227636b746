import { expect, test } from 'vitest'
import { tagsWith } from '../../../src/adapters/stores/version-tags.ts'
import { aMetadata, onDay } from '../../support/builders.ts'

const others = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`team-${index}`, 'x']))

test('until when a PAT was asked for takes no tag that others need, and the tags of others stay', () => {
  const metadata = aMetadata({ askedUntil: onDay(90) })
  const ours = Object.keys(tagsWith(aMetadata())).length
  expect(tagsWith(metadata, others(14 - ours))).toHaveProperty('asked-until')
  const full = tagsWith(metadata, others(15 - ours))
  expect(full).not.toHaveProperty('asked-until')
  expect(full).toMatchObject(others(15 - ours))
  expect(tagsWith(aMetadata(), { ...others(1), 'asked-until': '1' })).not.toHaveProperty('asked-until')
  expect(() => tagsWith(metadata, others(16 - ours))).toThrow('needs more than 15 tags')
})
