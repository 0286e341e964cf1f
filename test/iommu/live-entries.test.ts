import fc from 'fast-check'
import {
  AddressSpace,
  accessValid,
  type DmaWindow,
  IommuMemoryRegion,
  IommuPermissions,
  type IommuTlbEntry,
  MemTxResult,
  translate,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { bytes, PAGE } from '../support/board.ts'
import { iommuBoard } from '../support/iommu-board.ts'

const { READ, BOTH } = IommuPermissions
const { OK, DECODE_ERROR } = MemTxResult

type Field = keyof IommuTlbEntry
const FIELDS: readonly Field[] = ['permissions', 'target', 'translated', 'mask']

/** What is done through an IOMMU, and gives what it read, or the result. */
const DOORS: readonly (readonly [string, (bus: AddressSpace, memory: AddressSpace) => unknown])[] = [
  ['load8', bus => bus.load8(0)],
  ['load32', bus => bus.load32(0)],
  ['load64', bus => bus.load64(0)],
  ['store32', bus => bus.store32(0, 1)],
  ['store64', bus => bus.store64(0, 1n)],
  ['read', bus => bus.read(0, new Uint8Array(2 * PAGE))],
  ['write', bus => bus.write(0, new Uint8Array(2 * PAGE))],
  ['fill', bus => bus.fill(0, 0, 2 * PAGE)],
  ['writeRom', bus => bus.writeRom(0, bytes(1, 2, 3))],
  ['copy from', (bus, memory) => memory.copy(4 * PAGE, bus, 0, 2 * PAGE)],
  ['copy to', (bus, memory) => bus.copy(0, memory, 4 * PAGE, 2 * PAGE)],
  ['map', bus => bus.map(0, 2 * PAGE)?.unmap()],
  ['translate', bus => translate(bus, 0, 8)],
  ['accessValid', bus => accessValid(bus, 0, 2 * PAGE)],
]

/** A bus behind an IOMMU whose entries have getters, which count; from the second read on they answer `later`. */
function board(later: Partial<Record<Field, unknown>>, permissions: IommuPermissions = BOTH) {
  const { memory } = iommuBoard()
  const reads: number[][] = []
  const iommu = new IommuMemoryRegion(
    'iommu',
    {
      translate(address) {
        const page = Math.floor(address / PAGE)
        const fields = { target: memory, translated: page * PAGE, mask: PAGE - 1, permissions }
        const counts = [0, 0, 0, 0]
        reads.push(counts)
        const entry = {}
        for (const [i, field] of FIELDS.entries())
          Object.defineProperty(entry, field, {
            get() {
              counts[i] = (counts[i] as number) + 1
              return counts[i] === 1 || !(field in later) ? fields[field] : later[field]
            },
          })
        return entry as IommuTlbEntry
      },
    },
    2 ** 64,
  )
  return { memory, bus: new AddressSpace('bus', iommu), reads }
}

describe('an entry is read once: what was checked is what is used', () => {
  test.each(DOORS)('by %s', (_name, access) => {
    const { bus, memory, reads } = board({ permissions: 9, target: {}, translated: Number.NaN, mask: Number.NaN })
    access(bus, memory)
    expect(bus.result).toBe(OK)
    expect(reads.length).toBeGreaterThan(0)
    expect(reads).toEqual(reads.map(() => [1, 1, 1, 1]))
  })

  test.each(DOORS)('by %s, of one that lacks the permission its permissions alone', (_name, access) => {
    const { bus, memory, reads } = board({ permissions: BOTH }, 0)
    access(bus, memory)
    expect(reads.length).toBeGreaterThan(0)
    expect(reads).toEqual(reads.map(() => [1, 0, 0, 0]))
  })

  // A slot of a TLB whose object is used again and again: a field is another at each read, and each is a good one.
  const values = {
    permissions: fc.constantFrom(0, READ, BOTH),
    translated: fc.constantFrom(0, PAGE, 5 * PAGE + 12, 2 ** 40),
    mask: fc.constantFrom(0, 1, 0xff, PAGE - 1, 2 ** 40 - 1, 2 ** 53 - 1),
  }
  test('any slot that changes at each read ends with a result', () => {
    const fields = fc.record({
      permissions: fc.infiniteStream(values.permissions),
      translated: fc.infiniteStream(values.translated),
      mask: fc.infiniteStream(values.mask),
    })
    fc.assert(
      fc.property(fields, fc.constantFrom(...DOORS), (streams, [, access]) => {
        const { memory } = iommuBoard()
        const slot = {
          target: memory,
          get permissions() {
            return streams.permissions.next().value
          },
          get translated() {
            return streams.translated.next().value
          },
          get mask() {
            return streams.mask.next().value
          },
        } as IommuTlbEntry
        const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate: () => slot }, 2 ** 64))
        access(bus, memory)
        expect([OK, DECODE_ERROR]).toContain(bus.result)
      }),
      { numRuns: 1000 },
    )
  })

  test('a getter that is translated itself changes nothing', () => {
    const { memory, bus: other, map } = iommuBoard()
    map(0, 3 * PAGE)
    const translate = (): IommuTlbEntry => ({
      target: memory,
      translated: PAGE,
      permissions: BOTH,
      get mask() {
        expect(other.load8(1)).toBe(3)
        return 0xff
      },
    })
    const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate }, PAGE))
    expect([bus.load8(4), bus.result]).toEqual([1, OK])
  })
})

describe('an IOMMU that reads through itself', () => {
  /** Chains of IOMMUs: to answer, each first accesses what lies behind the next; the last, behind the one that `last` says. */
  function chain(length: number, last: number | undefined, access: (space: AddressSpace) => unknown) {
    const { memory } = iommuBoard()
    const asked = new Array<number>(length).fill(0)
    const results: number[] = []
    const spaces: AddressSpace[] = []
    for (let i = 0; i < length; i++) {
      const translate = (): IommuTlbEntry => {
        asked[i] = (asked[i] as number) + 1
        const next = spaces[i + 1] ?? (last === undefined ? undefined : spaces[last])
        if (next !== undefined) {
          const window = access(next)
          results.push(window instanceof Object ? (window as DmaWindow).result : next.result)
        }
        return { target: memory, translated: PAGE, mask: PAGE - 1, permissions: BOTH }
      }
      spaces.push(new AddressSpace(`${i}`, new IommuMemoryRegion(`${i}`, { translate }, 2 ** 40)))
    }
    return { asked, results, spaces, memory }
  }

  const ACCESSES: readonly (readonly [string, (space: AddressSpace) => unknown])[] = [
    ['load8', space => space.load8(0)],
    ['load64', space => space.load64(8)],
    ['store32', space => space.store32(0, 1)],
    ['a read of a page', space => space.read(0, new Uint8Array(PAGE))],
    ['a write of 64 bytes', space => space.write(4, new Uint8Array(64))],
    ['a fill', space => space.fill(0, 0, PAGE)],
    ['a copy', space => space.copy(0, space, PAGE, 64)],
    ['a window', space => space.map(0, 64)],
  ]

  test.each(ACCESSES)('is asked once, and %s from within is a fault', (name, access) => {
    const { asked, results, spaces } = chain(1, 0, access)
    const space = spaces[0] as AddressSpace
    expect([space.load8(4), space.result]).toEqual([1, OK])
    expect([asked, results]).toEqual([[1], [DECODE_ERROR]])
    // It is open again: what was taken is given back.
    expect([space.load8(4), space.result, space.bounceBytesLeft]).toEqual([
      1,
      OK,
      name === 'a window' ? 4096 - 128 : 4096,
    ])
  })

  test('two that read through one another, and longer circles', () => {
    for (let length = 2; length <= 16; length++) {
      const { asked, results, spaces } = chain(length, 0, space => space.load8(0))
      const space = spaces[0] as AddressSpace
      expect([space.load8(4), space.result]).toEqual([1, OK])
      expect(asked).toEqual(new Array(length).fill(1))
      expect(results).toEqual([DECODE_ERROR, ...new Array(length - 1).fill(OK)])
    }
  })

  test.each([15, 16, 17, 700])('%i that are asked from within one another: 16 are, the rest is a fault', length => {
    const { asked, results, spaces } = chain(length, undefined, space => space.load8(0))
    for (let round = 1; round <= 3; round++) {
      const space = spaces[0] as AddressSpace
      expect([space.load8(4), space.result]).toEqual([1, OK])
      const expected = Array.from({ length }, (_, i) => (i < 16 ? round : 0))
      expect(asked).toEqual(expected)
      expect(results.splice(0)).toEqual([
        ...(length > 16 ? [DECODE_ERROR] : []),
        ...new Array(Math.min(length - 1, 15)).fill(OK),
      ])
    }
  })

  test('gives back what it took where its handler throws, or the stack ends', () => {
    const { memory } = iommuBoard()
    let act = (): void => undefined
    const translate = (): IommuTlbEntry => {
      act()
      return { target: memory, translated: PAGE, mask: PAGE - 1, permissions: BOTH }
    }
    const attrsToIndex = () => 0
    const space = new AddressSpace('space', new IommuMemoryRegion('iommu', { translate, attrsToIndex }, PAGE))
    const deeper = (): number => deeper() + 1
    for (let round = 0; round < 40; round++) {
      act = () => {
        throw new Error('walk')
      }
      expect(() => space.load8(4)).toThrow('walk')
      act = () => void deeper()
      expect(() => space.load8(4)).toThrow(RangeError)
    }
    // At each depth of a stack that is nearly used up.
    act = () => undefined
    const dive = (): void => {
      try {
        space.load8(4)
        dive()
      } catch {
        // The stack has ended somewhere in there.
      }
    }
    for (let round = 0; round < 40; round++) dive()
    expect([space.load8(4), space.result]).toEqual([1, OK])
  })

  test('by the attributes: attrsToIndex is asked once, too', () => {
    const { memory } = iommuBoard()
    let asked = 0
    const attrsToIndex = (): number => {
      asked++
      space.load8(0)
      return 0
    }
    const translate = (): IommuTlbEntry => ({ target: memory, translated: PAGE, mask: PAGE - 1, permissions: BOTH })
    const space = new AddressSpace('space', new IommuMemoryRegion('iommu', { translate, attrsToIndex }, PAGE))
    expect([space.load8(0), space.result, asked]).toEqual([1, OK, 1])
  })

  test('to look is no way round it', () => {
    const answers: unknown[] = []
    const { spaces, asked } = chain(1, 0, space => {
      answers.push(translate(space, 8, 4).region, accessValid(space, 8, 4))
    })
    const space = spaces[0] as AddressSpace
    expect(translate(space, 0, 4)).toMatchObject({ offset: PAGE, direct: true })
    expect([answers, asked]).toEqual([[undefined, false], [1]])
  })
})
