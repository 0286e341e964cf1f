import { expect, test } from 'vitest'
import type { Access } from './access-log.ts'
import { loadedOnce, naturallyAligned, oneAccess, storedOnceAscending } from './contract.ts'

const store = (address: number, width: number): Access => ({ kind: 'store', address, width })
const load = (address: number, width: number): Access => ({ kind: 'load', address, width })
const range = (start: number, length: number) => ({ start, length })

// Each check of the contract is shown to refuse a copy that is known to be bad.
test.each<[string, string | undefined, RegExp]>([
  [
    'H10: overlapping tail, 15 bytes as two of 8',
    storedOnceAscending([store(0, 8), store(7, 8)], range(0, 15)),
    /where 8 is due/,
  ],
  ['H11: one byte stored three times', storedOnceAscending([store(0, 1), store(0, 1)], range(0, 1)), /where 1 is due/],
  ['H12: last byte first', storedOnceAscending([store(8, 8), store(0, 8)], range(0, 16)), /where 0 is due/],
  ['a byte left out', storedOnceAscending([store(0, 8)], range(0, 9)), /end at 8, not at 9/],
  ['a byte too many', storedOnceAscending([store(0, 8), store(8, 2)], range(0, 9)), /end at 10, not at 9/],
  ['a store that crosses its alignment', naturallyAligned([store(4, 8)]), /store of 8 at 4/],
  ['H2: 4 bytes split', oneAccess([load(0, 4), store(8, 2), store(10, 2)], range(8, 4)), /4 bytes are made of/],
  ['double fetch', loadedOnce([load(0, 4), load(3, 1)], range(0, 4)), /byte 3 is loaded 2 times/],
  ['overread', loadedOnce([load(0, 8)], range(0, 7)), /outside the source/],
  ['a source byte never loaded', loadedOnce([load(0, 4)], range(0, 5)), /byte 4 is loaded 0 times/],
])('%s is refused', (_, problem, text) => {
  expect(problem).toMatch(text)
})
