import { beforeEach, describe, expect, test } from 'vitest'
import type { Cells } from '../../../src/ram/access/cells.ts'
import { fixedFill, fixedIn, fixedOut, fixedWidth } from '../../../src/ram/access/fixed-width.ts'
import { sectionViews } from '../../../src/ram/access/section-views.ts'

describe('H6, S4: transfers of fixed widths', () => {
  /** The widest of 8, 4, 2 and 1 that both allow. */
  const widest = (address: number, length: number) =>
    [8, 4, 2, 1].find(width => address % width === 0 && width <= length) as number

  const log: string[] = []
  const note =
    (name: string, answer = 0) =>
    (...given: number[]) => {
      log.push([name, ...given].join(' '))
      return answer
    }
  const cells = {
    load8: note('load8', 0xa1),
    load16: note('load16', 0xb2a1),
    load32: note('load32', 0xd4c3b2a1),
    load64Pair: note('load64Pair', 0xd4c3b2a1),
    high: 0x1807f6e5,
    store8: note('store8'),
    store16: note('store16'),
    store32: note('store32'),
    store64Pair: note('store64Pair'),
  } as unknown as Cells
  beforeEach(() => {
    log.length = 0
  })

  test('each access is the widest that is aligned and fits', () => {
    for (let address = 0; address < 16; address++)
      for (let length = 1; length <= 20; length++) expect(fixedWidth(address, length)).toBe(widest(address, length))
  })

  const NAMES = { 1: '8', 2: '16', 4: '32', 8: '64Pair' } as Record<number, string>
  const accesses = (kind: string, address: number, length: number) => {
    const list: string[] = []
    for (let done = 0; done < length; done += widest(address + done, length - done))
      list.push(`${kind}${NAMES[widest(address + done, length - done)]} ${address + done}`)
    return list
  }
  const names = () => log.map(line => line.split(' ').slice(0, 2).join(' '))

  test.each([0, 1, 2, 3, 7, 8, 15, 33])('%i bytes, in, out and filled', length => {
    for (let address = 16; address < 32; address++) {
      const user = Uint8Array.from({ length: length + 2 }, (_, at) => at)
      fixedIn(cells, address, user, 1, length)
      expect(names()).toEqual(accesses('store', address, length))
      log.length = 0
      fixedOut(cells, user, 1, address, length)
      expect(names()).toEqual(accesses('load', address, length))
      expect([user[0], user[length + 1]]).toEqual([0, length + 1])
      log.length = 0
      fixedFill(cells, address, 0xab, length)
      expect(names()).toEqual(accesses('store', address, length))
      log.length = 0
    }
  })
})

describe('views of a section', () => {
  test('of more than a byte are empty where they would not line up', () => {
    const buffer = new SharedArrayBuffer(64)
    const lengths = (base: number, bytes: number) => {
      const { u8, u16, u32 } = sectionViews(buffer, base, bytes)
      expect(u8.byteOffset).toBe(base)
      if (u16.length > 0) expect(u16.byteOffset).toBe(base)
      if (u32.length > 0) expect(u32.byteOffset).toBe(base)
      return [u8.length, u16.length, u32.length]
    }
    expect(lengths(0, 16)).toEqual([16, 8, 4])
    expect(lengths(8, 15)).toEqual([15, 7, 3])
    expect(lengths(2, 16)).toEqual([16, 8, 0])
    expect(lengths(1, 16)).toEqual([16, 0, 0])
    expect(lengths(3, 16)).toEqual([16, 0, 0])
  })
})
