import { expect, test } from 'vitest'
import { kernelBytes } from '../../src/ram/kernels/kernel.ts'
import { instrument } from './instrumented.ts'
import { moduleText } from './module-text.ts'
import { MUTANTS, mutantBytes } from './mutants.ts'
import { observe } from './observer.ts'
import { brokenNames, PROPERTIES, PROPERTY_NAMES } from './properties.ts'

const DST = 65536
const SRC = 131072

test('unchanged, the text is what ships', () => {
  const [text, shipped] = [mutantBytes([]), kernelBytes('wide', 1)].map(moduleText)
  expect(text).toBe(shipped)
})

test.each(MUTANTS)('$name', ({ changes, refusedBy, shows: [d, s, length] }) => {
  const { kernel, log } = instrument(mutantBytes(changes))
  const job = { dst: DST + d, src: SRC + s, length, loadsUnaligned: true }
  kernel.copy(job.dst, job.src, length)
  expect(brokenNames(log, job)).toEqual(PROPERTY_NAMES.filter(name => refusedBy.includes(name)))
})

test('each property refuses a mutant', () => {
  const refusing = new Set(MUTANTS.flatMap(({ refusedBy }) => refusedBy))
  expect([...refusing].sort()).toEqual(Object.keys(PROPERTIES).sort())
})

test.each(MUTANTS.filter(({ name }) => /early|descending|overlapping/.test(name)))(
  'who watches sees it: $name',
  mutant => {
    const [d, s, length] = mutant.shows
    const { kernel, log, ram } = instrument(mutantBytes(mutant.changes))
    const after = ram.subarray(SRC + s, SRC + s + length).map((_, i) => i + 1)
    ram.set(after, SRC + s)
    const seen = observe(
      log,
      ram,
      DST + d,
      after,
      () => true,
      () => kernel.copy(DST + d, SRC + s, length),
    )
    expect(seen).toBeDefined()
  },
)
