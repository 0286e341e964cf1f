import { AddressSpace, CACHE_MODES, GuestRam, HOST_PROFILES, MemoryRegion, type Ordering } from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { accessOrder } from '../../src/ram/access/access-order.ts'
import { PAGE } from '../support/board.ts'

afterEach(() => vi.restoreAllMocks())

const HOSTS = ['x86-64', 's390x', 'aarch64', 'riscv64', 'unknown'] as const
const WISHES: readonly (Ordering | undefined)[] = [undefined, 'auto', 'weak', 'tso', 'sc']
const ROWS = HOSTS.flatMap(host =>
  (['host', 'language'] as const).flatMap(order =>
    [true, false].flatMap(shared => WISHES.map(ordering => ({ host, order, shared, ordering }))),
  ),
)

/** How often RAM is loaded and stored by Atomics, in three loads of up to 32 bits and three stores of each width. */
function counted(space: AddressSpace, ram: GuestRam): Readonly<Record<'loads' | 'stores', number>> {
  const count = { loads: 0, stores: 0 }
  const { load, store } = Atomics
  vi.spyOn(Atomics, 'load').mockImplementation(((...args: Parameters<typeof load>) => {
    if (args[0].buffer === ram.buffer) count.loads++
    return load(...args)
  }) as typeof load)
  vi.spyOn(Atomics, 'store').mockImplementation(((...args: Parameters<typeof store>) => {
    if (args[0].buffer === ram.buffer) count.stores++
    return store(...args)
  }) as typeof store)
  for (let i = 0; i < 3; i++) {
    space.store8(16, 0x11 + i)
    space.store16(18, 0x2222 + i)
    space.store32(20, 0x3333_3333 + i)
    space.store64(24, 0x4444_4444_4444_4444n + BigInt(i))
    expect([space.load8(16), space.load16(18), space.load32(20)]).toEqual([0x11 + i, 0x2222 + i, 0x3333_3333 + i])
  }
  vi.restoreAllMocks()
  return count
}

describe.each(ROWS)('$ordering, $order order on $host, shared: $shared', ({ host, order, shared, ordering }) => {
  const make = (endian: 'little' | 'big') => {
    const ram = GuestRam.allocate(PAGE, { host: HOST_PROFILES[host], order, shared })
    const region = MemoryRegion.ram('ram', ram.block('ram', PAGE))
    return { ram, region, space: new AddressSpace('space', region, { endian, ordering }) }
  }

  test.each(['little', 'big'] as const)('single accesses are made as accessOrder says, %s-endian', endian => {
    const { ram, space } = make(endian)
    const due = accessOrder(ram, ordering)
    const count = counted(space, ram)
    // In language order those of 32 bits are the kernel's, whose atomics can't be counted here (test/order/atomic.test.ts).
    const widths = order === 'language' ? 2 : 3
    expect(count.stores).toBe(due > 0 ? 3 * (widths + 1) : 0)
    // A plain load is enough where stores alone must be atomic; an atomic one is no less.
    if (due !== 1) expect(count.loads).toBe(due > 0 ? 3 * widths : 0)
    space.store64(24, 0x1122_3344_5566_7788n)
    expect([space.load64(24), space.load64Pair(24), space.high]).toEqual([
      0x1122_3344_5566_7788n,
      0x5566_7788,
      0x1122_3344,
    ])
    space.store32(33, 0x0102_0304)
    expect(space.load32(33)).toBe(0x0102_0304)
  })

  test('64 bits as two halves are as those of a bigint', () => {
    // Without a kernel, whose atomics can't be counted.
    const ram = GuestRam.allocate(PAGE, { host: HOST_PROFILES[host], order, shared, lane: 'script' })
    const space = new AddressSpace('space', MemoryRegion.ram('ram', ram.block('ram', PAGE)), { ordering })
    const store = vi.spyOn(Atomics, 'store')
    for (let i = 0; i < 200; i++) {
      space.store64Pair(8 * i, i, i + 1)
      space.store64(8 * i, 77n)
    }
    const atomic = store.mock.calls.length
    vi.restoreAllMocks()
    // Where a store need not be ordered it may be.
    if (accessOrder(ram, ordering) > 0) expect(atomic).toBe(400)
    else if (order === 'host' || !shared) expect(atomic).toBe(0)
    expect([space.load64(8), space.load64Pair(16), space.high]).toEqual([77n, 77, 0])
  })

  test('spaces of the same view keep their own', () => {
    const { ram, region, space } = make('little')
    const others = WISHES.map(wish => new AddressSpace('other', region, { ordering: wish }))
    for (const [i, other] of others.entries())
      expect([i, counted(other, ram).stores > 0]).toEqual([i, accessOrder(ram, WISHES[i]) > 0])
    expect(counted(space, ram).stores > 0).toBe(accessOrder(ram, ordering) > 0)
  })

  test('requests of any length are ordered as the guest RAM orders them', () => {
    const { ram, space } = make('little')
    const spy = vi.spyOn(ram.lane, 'copyIn')
    space.write(0, new Uint8Array(300))
    expect(spy).toHaveBeenCalledTimes(1)
  })
})

test.each(CACHE_MODES.filter(mode => mode !== 'normal'))(
  'of %s memory no load is made where a store is due',
  cacheMode => {
    const ram = GuestRam.allocate(PAGE, { order: 'host', host: HOST_PROFILES['x86-64'] })
    const region = MemoryRegion.ramDevice('bar', ram.block('bar', PAGE), { cacheMode })
    for (const ordering of WISHES) {
      const space = new AddressSpace('space', region, { ordering })
      expect(counted(space, ram)).toEqual({ loads: 0, stores: 0 })
    }
  },
)

test('what it costs: atomics only where the CPU does not do it by itself', () => {
  const row = (host: 'x86-64' | 'aarch64', order: 'host' | 'language', shared = true) =>
    (['auto', 'weak', 'tso', 'sc'] as const).map(wish =>
      accessOrder({ host: HOST_PROFILES[host], order, shared }, wish),
    )
  expect(row('x86-64', 'host')).toEqual([0, 0, 0, 1])
  expect(row('x86-64', 'language')).toEqual([2, 0, 2, 2])
  expect(row('aarch64', 'language')).toEqual([2, 0, 2, 2])
  // Who insists on host order there gets it, unless the space wants more.
  expect(row('aarch64', 'host')).toEqual([0, 0, 2, 2])
  expect(row('aarch64', 'host', false)).toEqual([0, 0, 0, 0])
})

test('an ordering of another name is refused', () => {
  const make = (ordering: unknown) => () =>
    new AddressSpace('space', MemoryRegion.container('c', 8), { ordering: ordering as Ordering })
  for (const bad of ['strong', 'TSO', '', 1, true, null, {}, Number.NaN])
    expect(make(bad)).toThrow(/^options\.ordering must be one of auto, weak, tso, sc, got/)
})
