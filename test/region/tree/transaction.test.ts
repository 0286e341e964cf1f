import { AddressSpace, MemoryRegion, MemTxResult, registerMemoryListener } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { block, countUpdates, QUIET, shown } from '../../support/board.ts'

function board(): { root: MemoryRegion; space: AddressSpace } {
  const root = MemoryRegion.container('root', 256)
  root.addSubregion(0, MemoryRegion.ram('ram', block(16)))
  return { root, space: new AddressSpace('space', root) }
}

function io(name: string): MemoryRegion {
  return MemoryRegion.io(name, QUIET, 16)
}

describe('C1 a transaction', () => {
  test('renders once, however much has changed', () => {
    const { root, space } = board()
    const updates = countUpdates(space)
    const { view } = space
    MemoryRegion.transaction(() => {
      for (let i = 1; i < 8; i++) root.addSubregion(16 * i, io(`${i}`))
      root.subregions[3]?.setEnabled(false)
      expect(updates.count).toBe(0)
      expect(space.view).toBe(view)
    })
    expect(updates.count).toBe(1)
    expect(space.view.ranges).toHaveLength(7)
  })

  test('hands on what its body returns', () => {
    expect(MemoryRegion.transaction(() => 'answer')).toBe('answer')
  })

  test('nested in another, renders when the outermost ends', () => {
    const { root, space } = board()
    const updates = countUpdates(space)
    MemoryRegion.transaction(() => {
      MemoryRegion.transaction(() => {
        root.addSubregion(16, io('a'))
        MemoryRegion.transaction(() => root.addSubregion(32, io('b')))
        expect(space.view.ranges).toHaveLength(1)
      })
      expect(space.view.ranges).toHaveLength(1)
      expect(updates.count).toBe(0)
    })
    expect(updates.count).toBe(1)
    expect(space.view.ranges).toHaveLength(3)
  })

  test('that changes nothing renders nothing', () => {
    const { root, space } = board()
    const other = MemoryRegion.container('other', 16)
    const updates = countUpdates(space)
    MemoryRegion.transaction(() => {
      other.addSubregion(0, io('unseen'))
      root.setEnabled(true)
    })
    expect(updates.count).toBe(0)
  })

  test('updates each space once, in order of creation', () => {
    const { root, space } = board()
    const order: string[] = []
    const spaces = [space, new AddressSpace('second', root), new AddressSpace('third', root)]
    for (const one of spaces) {
      const update = one.tree.update.bind(one.tree)
      one.tree.update = () => {
        order.push(one.name)
        update()
      }
    }
    MemoryRegion.transaction(() => {
      root.addSubregion(16, io('a'))
      root.addSubregion(32, io('b'))
    })
    expect(order).toEqual(['space', 'second', 'third'])
  })

  test('outside of one, every change is rendered at once', () => {
    const { root, space } = board()
    const updates = countUpdates(space)
    const a = io('a')
    root.addSubregion(16, a)
    expect(shown(space)).toEqual([
      [0, 16, 'ram', 0],
      [16, 32, 'a', 0],
    ])
    a.setAddress(32)
    expect(space.view.find(32)?.region).toBe(a)
    expect(updates.count).toBe(2)
  })
})

describe('C1 what throws in a transaction', () => {
  test('is thrown on, and what was changed by then is shown', () => {
    const { root, space } = board()
    const error = new Error('from the body')
    const body = () => {
      root.addSubregion(16, io('a'))
      throw error
    }
    expect(() => MemoryRegion.transaction(body)).toThrow(error)
    expect(space.view.find(16)?.region.name).toBe('a')
    root.addSubregion(32, io('b'))
    expect(space.view.find(32)?.region.name).toBe('b')
  })

  test('and is caught in the outer one does not end that', () => {
    const { root, space } = board()
    MemoryRegion.transaction(() => {
      const inner = () =>
        MemoryRegion.transaction(() => {
          root.addSubregion(16, io('a'))
          throw new Error('from the inner body')
        })
      expect(inner).toThrow('from the inner body')
      expect(space.view.ranges).toHaveLength(1)
    })
    expect(space.view.ranges).toHaveLength(2)
  })
})

describe('C1 accesses inside a transaction', () => {
  test('see the map as it was', () => {
    const { root, space } = board()
    const ram = root.subregions[0] as MemoryRegion
    MemoryRegion.transaction(() => {
      ram.setAddress(64)
      space.store32(0, 0x1234_5678)
      expect(space.result).toBe(MemTxResult.OK)
      expect(space.load32(0)).toBe(0x1234_5678)
      expect(space.load32(64)).toBe(0)
      expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    })
    expect(space.load32(64)).toBe(0x1234_5678)
    expect(space.load32(0)).toBe(0)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  })

  test.each([false, true])('also where memory was made readonly (it was accessed before: %s)', accessed => {
    const root = MemoryRegion.container('root', 256)
    const ram = MemoryRegion.ram('ram', block(16))
    root.addSubregion(64, ram)
    const space = new AddressSpace('space', root)
    if (accessed) space.store8(64, 1)
    MemoryRegion.transaction(() => {
      ram.setReadonly(true)
      space.store8(64, 7)
      expect(space.result).toBe(MemTxResult.OK)
    })
    expect(space.load8(64)).toBe(7)
    space.store8(64, 9)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  })

  test('a space made in one sees the tree of then, and what changes after', () => {
    const { root } = board()
    const late = MemoryRegion.transaction(() => {
      root.addSubregion(16, io('a'))
      const made = new AddressSpace('late', root)
      expect(made.view.find(16)?.region.name).toBe('a')
      root.addSubregion(32, io('b'))
      expect(made.view.find(32)).toBeUndefined()
      return made
    })
    expect(late.view.find(32)?.region.name).toBe('b')
  })
})

describe('C2 a view is rendered when it is looked at', () => {
  const board = () => {
    const root = MemoryRegion.container('root', 64)
    const region = MemoryRegion.io('region', QUIET, 8)
    return { root, region, space: new AddressSpace('space', root) }
  }

  test('and not for each change that nobody looks at', () => {
    const { root, region, space } = board()
    let looks = 0
    // Rendering asks for them; nothing that only changes the tree does.
    const look = () => Reflect.get(MemoryRegion.prototype, 'subregions', root)
    Object.defineProperty(root, 'subregions', { get: () => [looks++, look()][1] })
    root.addSubregion(0, region)
    for (let at = 1; at < 20; at++) region.setAddress(at)
    expect(looks).toBe(0)
    expect(space.view.ranges.map(({ start }) => start)).toEqual([19])
    expect(looks).toBeGreaterThan(0)
  })

  test('so that what a transaction changes is not seen before its end, though nobody looked before it', () => {
    const { root, region, space } = board()
    root.addSubregion(0, region)
    MemoryRegion.transaction(() => {
      region.setAddress(16)
      MemoryRegion.transaction(() => region.setSize(4))
      expect(space.view.ranges.map(({ start, end }) => [start, end])).toEqual([[0, 8]])
    })
    expect(space.view.ranges.map(({ start, end }) => [start, end])).toEqual([[16, 20]])
  })

  test('nor by a callback of a listener that comes later (C7)', () => {
    const { root, region, space: other } = board()
    // Spaces change over in the order of their creation (C2): this one after the callback.
    const space = new AddressSpace('later', root)
    root.addSubregion(0, region)
    const seen: number[] = []
    const stop = registerMemoryListener(other, { regionAdd: () => seen.push(space.view.ranges[0]?.start ?? -1) })
    region.setAddress(8)
    expect(seen).toEqual([0, 0])
    stop()
  })
})
