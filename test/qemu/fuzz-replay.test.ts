import fc from 'fast-check'
import { replayAccess } from 'guestmem/qemu'
import { expect, test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { jsonMutations, textMutations } from '../support/mutations.ts'
import { accessFiles } from './access-files.ts'

/** Some cases of some recordings: devices of either byte order, holes, ROMs, port I/O. */
const files = accessFiles()
  .filter((_, index) => index % 9 === 0)
  .map(({ load }) => {
    const file = load()
    const step = Math.ceil(file.cases.length / 30)
    return { ...file, cases: file.cases.filter((_, index) => index % step === 0) }
  })

const FIELD = /^json/

/** A report of all cases, or a refusal that names a field. */
function reportedOrRefused(json: unknown): 'reported' | 'refused' {
  try {
    const { cases, equal, skipped, different } = replayAccess(json)
    expect(equal + skipped + different.length).toBe(cases)
    return 'reported'
  } catch (error) {
    if (error instanceof SyntaxError && typeof json === 'string') return 'refused'
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    expect(error.message).toMatch(FIELD)
    expect(error.message.length).toBeLessThan(300)
    return 'refused'
  }
}

test('a changed recording is replayed, or refused by its field', async () => {
  const ends = { reported: 0, refused: 0 }
  await pursue({
    name: 'replay',
    count: 600,
    property: fc.property(fc.nat(files.length - 1), jsonMutations, (index, mutate) => {
      ends[reportedOrRefused(mutate(files[index]))]++
    }),
  })
  expect(ends.reported).toBeGreaterThan(10)
  expect(ends.refused).toBeGreaterThan(10)
})

test('a changed text of a recording is replayed, or refused', async () => {
  const texts = files.map(file => JSON.stringify({ ...file, cases: file.cases.slice(0, 10) }, null, 1))
  const ends = { reported: 0, refused: 0 }
  await pursue({
    name: 'replay text',
    count: 600,
    property: fc.property(fc.nat(texts.length - 1), textMutations, (index, mutate) => {
      ends[reportedOrRefused(mutate(texts[index] as string))]++
    }),
  })
  expect(ends.refused).toBeGreaterThan(10)
})
