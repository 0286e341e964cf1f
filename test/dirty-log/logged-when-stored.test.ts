import {
  AddressSpace,
  DirtyClient as Clients,
  type DirtyClient,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  isDirty,
  MemoryRegion,
  MemoryRegionCache,
  type RamBlock,
  registerMemoryListener,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
  testAndClearDirty,
} from 'guestmem'
import { afterEach, describe, expect, test } from 'vitest'
import { PAGE } from '../support/board.ts'

const { VGA, CODE, MIGRATION } = Clients
const AT = 0x10000

afterEach(stopGlobalDirtyLog)

interface Board {
  readonly block: RamBlock
  readonly ram: MemoryRegion
  readonly root: MemoryRegion
  readonly space: AddressSpace
}

/** RAM of eight pages; other regions of the same guest RAM and of its block log nothing. */
function board(endian: 'little' | 'big', order: 'host' | 'language'): Board {
  const memory = GuestRam.allocate(16 * PAGE, { order })
  memory.block('before', 3 * PAGE)
  const block = memory.block('block', 8 * PAGE)
  const ram = MemoryRegion.ram('ram', block)
  const root = MemoryRegion.container('root', 2 ** 40)
  root.addSubregion(AT, ram)
  return { block, ram, root, space: new AddressSpace('space', root, { endian }) }
}

/** What begins a log, what ends it, and whose it is. */
const LOGS: readonly (readonly [
  name: string,
  client: DirtyClient,
  begin: (ram: MemoryRegion) => void,
  end: (ram: MemoryRegion) => void,
])[] = [
  ...([VGA, CODE, MIGRATION] as const).map(
    client =>
      [
        `setLog ${client}`,
        client,
        (ram: MemoryRegion) => ram.setLog(client, true),
        (ram: MemoryRegion) => ram.setLog(client, false),
      ] as const,
  ),
  ['startGlobalDirtyLog', MIGRATION, startGlobalDirtyLog, stopGlobalDirtyLog],
]

/** Stores to a page that are made without asking what is mapped: as what was found before is. */
type Held = (on: Board) => (page: number) => void

const HELD: readonly (readonly [name: string, held: Held])[] = [
  ...(['store8', 'store16', 'store32'] as const).map(
    name =>
      [
        `${name}, on the fast path`,
        ({ space }: Board) => {
          for (let i = 0; i < 3; i++) space[name](AT, 1)
          return (page: number) => space[name](AT + page * PAGE, 1)
        },
      ] as const,
  ),
  [
    'store64',
    ({ space }) =>
      page =>
        space.store64(AT + page * PAGE, 1n),
  ],
  [
    'store64Pair',
    ({ space }) =>
      page =>
        space.store64Pair(AT + page * PAGE, 1, 1),
  ],
  [
    'write',
    ({ space }) =>
      page =>
        space.write(AT + page * PAGE, new Uint8Array(8)),
  ],
  ...(['store8', 'store16', 'store32'] as const).map(
    name =>
      [
        `${name} of a cached translation`,
        ({ space }: Board) => {
          const cache = new MemoryRegionCache(space, AT, 8 * PAGE, { write: true })
          return (page: number) => cache[name](page * PAGE, 1)
        },
      ] as const,
  ),
  [
    'store64 of a cached translation',
    ({ space }) => {
      const cache = new MemoryRegionCache(space, AT, 8 * PAGE, { write: true })
      return page => cache.store64(page * PAGE, 1n)
    },
  ],
  [
    'write of a cached translation',
    ({ space }) => {
      const cache = new MemoryRegionCache(space, AT, 8 * PAGE, { write: true })
      return page => cache.write(page * PAGE, new Uint8Array(9))
    },
  ],
  [
    'a store to memory behind register accessors',
    ({ root, ram }) => {
      const strict = new AddressSpace('strict', root, { directAccess: 'normal-only' })
      const device = MemoryRegion.ramDevice('device', ram.block as RamBlock, { cacheMode: 'device' })
      root.addSubregion(2 ** 33, device)
      const cache = new MemoryRegionCache(strict, 2 ** 33, 8 * PAGE, { write: true })
      return page => {
        // Another region of the block: its own log counts.
        for (const client of [VGA, CODE, MIGRATION] as const) device.setLog(client, (ram.dirtyLogMask & client) !== 0)
        cache.store16(page * PAGE, 1)
      }
    },
  ],
]

describe.each(LOGS)('F1 %s', (_name, client, begin, end) => {
  describe.each(HELD)('%s', (_held, held) => {
    test.each([
      ['little', 'host'],
      ['big', 'host'],
      ['little', 'language'],
    ] as const)('marks while it is logged, whenever it was found: %s-endian, %s order', (endian, order) => {
      const on = board(endian, order)
      const store = held(on)
      const marked = (page: number): boolean => {
        // Often enough for the fast path.
        for (let i = 0; i < 4; i++) store(page)
        const others = [VGA, CODE, MIGRATION].filter(other => other !== client) as DirtyClient[]
        for (const other of others) expect(isDirty(on.block, 0, on.block.size, other)).toBe(false)
        const dirty = testAndClearDirty(on.block, page * PAGE, 1, client)
        expect(testAndClearDirty(on.block, 0, on.block.size, client), 'that page alone').toBe(false)
        return dirty
      }
      expect(marked(1)).toBe(false)
      begin(on.ram)
      expect([marked(2), marked(1)]).toEqual([true, true])
      end(on.ram)
      expect([marked(3), marked(2)]).toEqual([false, false])
      begin(on.ram)
      expect(marked(4)).toBe(true)
      // From now on, not from when others see the masks.
      MemoryRegion.transaction(() => {
        end(on.ram)
        expect(marked(5)).toBe(false)
        begin(on.ram)
        expect(marked(6)).toBe(true)
      })
      expect(marked(7)).toBe(true)
      end(on.ram)
    })

    test('a listener that begins it from a callback', () => {
      const on = board('little', 'host')
      const store = held(on)
      const dirty: boolean[] = []
      let armed = false
      registerMemoryListener(on.space, {
        commit: () => {
          if (!armed) return
          armed = false
          begin(on.ram)
          store(1)
          dirty.push(isDirty(on.block, PAGE, 1, client))
        },
      })
      armed = true
      on.root.addSubregion(0, MemoryRegion.reservation('other', 16))
      // The global log begins after the callbacks (RULES C7), that of a region at once.
      expect(dirty).toEqual([begin !== startGlobalDirtyLog])
      store(2)
      expect(isDirty(on.block, 2 * PAGE, 1, client)).toBe(true)
      end(on.ram)
    })
  })

  test.each(['store8', 'store16', 'store32'] as const)('an IOMMU that begins it as it translates a %s', name => {
    const { block, ram, space } = board('little', 'host')
    const translate = () => {
      begin(ram)
      return { target: space, translated: AT, mask: 8 * PAGE - 1, permissions: IommuPermissions.BOTH }
    }
    const bus = new AddressSpace('bus', new IommuMemoryRegion('iommu', { translate }, 2 ** 20))
    bus[name](PAGE, 1)
    expect(isDirty(block, PAGE, 1, client)).toBe(true)
    end(ram)
  })
})
