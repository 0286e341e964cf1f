import fc from 'fast-check'
import {
  DirtyClient,
  MemoryRegion,
  resizeRam,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
} from 'guestmem'
import { MACHINE_BYTES, type Machine } from './machine.ts'

/** What a machine's program may do to its map, its logs and its memory. `region` is an index, modulo how many there are. */
export type Change =
  | { readonly kind: 'map'; readonly region: number; readonly offset: number; readonly priority: number }
  | { readonly kind: 'enable' | 'readonly' | 'romd'; readonly region: number; readonly on: boolean }
  | { readonly kind: 'log'; readonly region: number; readonly client: DirtyClient; readonly on: boolean }
  | { readonly kind: 'global'; readonly on: boolean }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'resize'; readonly bytes: number }
  | { readonly kind: 'harvest'; readonly region: number; readonly client: DirtyClient }
  | { readonly kind: 'grow' }

/** Makes a change. @returns What it has to say: the same of machines that are alike. */
export function change(machine: Machine, one: Change): unknown {
  const region = (index: number) => machine.regions[index % machine.regions.length] as MemoryRegion
  const named = (name: string) => machine.regions.find(each => each.name === name) as MemoryRegion
  switch (one.kind) {
    case 'map': {
      const mapped = region(one.region)
      if (mapped.container === machine.system) machine.system.removeSubregion(mapped)
      if (one.offset < MACHINE_BYTES) machine.system.addSubregion(one.offset, mapped, one.priority)
      return
    }
    case 'enable':
      return region(one.region).setEnabled(one.on)
    case 'readonly':
      return region(one.region).setReadonly(one.on)
    case 'romd':
      return named('flash').setRomdMode(one.on)
    case 'log': {
      const logged = region(one.region)
      return logged.block && logged.setLog(one.client, one.on)
    }
    case 'global':
      return one.on ? startGlobalDirtyLog() : stopGlobalDirtyLog()
    case 'offset':
      return named('window').setAliasOffset(one.offset)
    case 'resize':
      return resizeRam(named('resizable'), one.bytes)
    case 'harvest': {
      const { block } = region(one.region)
      return block && [...snapshotAndClearDirty(block, 0, block.size, one.client).ranges()]
    }
    case 'grow':
      if (machine.memory.buffer.byteLength < 0x20_0000) machine.memory.grow(1)
      return
  }
}

const region = fc.nat({ max: 31 })
const on = fc.boolean()
const client = fc.constantFrom(DirtyClient.VGA, DirtyClient.CODE, DirtyClient.MIGRATION)
/** Mostly at what are pages of all sizes. */
const offset = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 0xf }).map(page => page * 0x400) },
  { weight: 2, arbitrary: fc.nat({ max: 0x3f }).map(page => page * 0x100) },
  { weight: 1, arbitrary: fc.nat({ max: 0x3ff }).map(line => line * 0x10) },
  // Off the map.
  { weight: 1, arbitrary: fc.constant(MACHINE_BYTES) },
)

export const anyChange: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('map' as const),
      region,
      offset,
      priority: fc.integer({ min: -2, max: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('enable' as const, 'readonly' as const, 'romd' as const),
      region,
      on,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('log' as const), region, client, on }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('global' as const), on }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('offset' as const),
      offset: fc.nat({ max: 0x30 }).map(line => line * 0x50),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('resize' as const),
      bytes: fc.integer({ min: 1, max: 0x200 }).map(line => line * 0x10),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('harvest' as const), region, client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('grow' as const) }) },
)

/** Within a transaction, or at once. */
export function transactionIf<T>(one: boolean, body: () => T): T {
  return one ? MemoryRegion.transaction(body) : body()
}
