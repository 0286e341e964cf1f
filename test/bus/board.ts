import { AddressSpace, type DirectAccess, GuestRam, HOST_PROFILES, MemoryRegion, type RamBlock } from 'guestmem'
import { HOST_BUS } from '../hazards/bus-rules.ts'
import { Bus } from './bus.ts'
import type { Setting } from './expected.ts'

const SIZE = 0x10000
/** Where a space shows the guest's RAM, behind the device's memory. */
export const RAM_AT = 0x100000

export const POLICIES: readonly DirectAccess[] = ['by-mapping', 'normal-or-writecombine', 'normal-only']

/** A device's memory behind a bus, RAM of the same guest RAM, and a second guest RAM. */
export interface Board {
  readonly setting: Setting
  readonly bus: Bus
  readonly bar: RamBlock
  /** The device's bytes and the RAM's, untold. */
  readonly device: Uint8Array
  readonly memory: Uint8Array
  readonly spaces: Readonly<Record<DirectAccess, AddressSpace>>
  readonly bigSpaces: Readonly<Record<DirectAccess, AddressSpace>>
  /** Shows the second guest RAM, `elsewhere`, from 0 on. */
  readonly other: AddressSpace
  readonly elsewhere: Uint8Array
}

export function board(setting: Setting): Board {
  const { host, cacheMode, lane, order, unaligned } = setting
  const options = { host: HOST_PROFILES[host], lane, order, unaligned }
  const ram = GuestRam.allocate(2 * SIZE, options)
  const block = ram.block('ram', SIZE)
  // Behind the RAM: accesses at lower addresses, also those of other buffers, are not the device's.
  const bar = ram.block('bar', SIZE)
  const second = GuestRam.allocate(2 * SIZE, options).block('second', SIZE)
  const root = MemoryRegion.container('system', 2 ** 32)
  root.addSubregion(0, MemoryRegion.ramDevice('bar', bar, { cacheMode }))
  root.addSubregion(RAM_AT, MemoryRegion.ram('ram', block))
  const spaces = (endian: 'little' | 'big') =>
    Object.fromEntries(
      POLICIES.map(directAccess => [directAccess, new AddressSpace(directAccess, root, { directAccess, endian })]),
    ) as Record<DirectAccess, AddressSpace>
  return {
    setting,
    bus: new Bus(HOST_BUS[host][cacheMode], { address: bar.offset, length: SIZE }),
    bar,
    device: bar.view(),
    memory: block.view(),
    spaces: spaces('little'),
    bigSpaces: spaces('big'),
    other: new AddressSpace('other', MemoryRegion.ram('second', second)),
    elsewhere: second.view(),
  }
}
