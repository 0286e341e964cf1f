import { GuestRam, ramCopy, ramFill, ramMove } from 'guestmem'
import { expect, test } from 'vitest'

const ALL = 2 ** 32
/** Both ends, and both sides of where 31 and 32 bits end. */
const PLACES = [0, 1, 7, 4095, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 5, ALL - 4096, ALL - 2, ALL - 1]

/**
 * For real, once: 4 GiB of it are stored to, and as many only looked at, which the host need not commit. What passes
 * through kernels and views at this length is looked at in wasm-lane.test.ts, without any memory.
 */
test('2^32 bytes at once are all of them: filled, moved onto themselves, copied from another guest RAM and from an array', () => {
  const block = GuestRam.allocate(ALL).block('all', ALL)
  const bytes = block.view()
  ramFill(block, 0, 0xa5, ALL)
  for (const at of PLACES) expect([at, bytes[at]]).toEqual([at, 0xa5])
  ramMove(block, 0, block, 0, ALL)
  for (const at of PLACES) expect([at, bytes[at]]).toEqual([at, 0xa5])
  const other = GuestRam.allocate(ALL).block('all', ALL)
  for (const at of PLACES) other.view()[at] = 1 + (at % 251)
  ramCopy(block, 0, other, 0, ALL)
  for (const at of PLACES) expect([at, bytes[at]]).toEqual([at, 1 + (at % 251)])
  expect(bytes[2 ** 31 + 4]).toBe(0)
  const user = new Uint8Array(ALL)
  for (const at of PLACES) user[at] = 2 + (at % 241)
  ramCopy(block, 0, user, 0, ALL)
  for (const at of PLACES) expect([at, bytes[at]]).toEqual([at, 2 + (at % 241)])
}, 600_000)
