import {
  AddressSpace,
  GuestRam,
  IommuMemoryRegion,
  type IommuOps,
  IommuPermissions,
  type IommuTlbEntry,
  MemoryRegion,
} from 'guestmem'
import { PAGE } from './board.ts'
import { type Call, recorder } from './device.ts'

const { NONE, BOTH } = IommuPermissions

/** One call of `translate`. */
export type Ask = readonly [address: number, access: number, index: number]

/** RAM of 8 pages at 0 (every byte its page's number), a device's page at 0x10000, and a bus behind an IOMMU. */
export interface IommuBoard {
  readonly memory: AddressSpace
  readonly bus: AddressSpace
  readonly ram: Uint8Array
  readonly calls: Call[]
  readonly asks: Ask[]
  readonly iommu: IommuMemoryRegion
  /** Entries by page; a page that has none is a fault. */
  readonly table: Map<number, IommuTlbEntry>
  /** Maps a page of the bus. */
  map(page: number, translated: number, permissions?: IommuPermissions): void
}

export function iommuBoard(extra: Partial<IommuOps> = {}, endian: 'little' | 'big' = 'little'): IommuBoard {
  const block = GuestRam.allocate(16 * PAGE).block('ram', 8 * PAGE)
  const ram = block.view()
  for (let page = 0; page < 8; page++) ram.fill(page, page * PAGE, (page + 1) * PAGE)
  const system = MemoryRegion.container('system', 2 ** 64)
  const calls: Call[] = []
  system.addSubregion(0, MemoryRegion.ram('ram', block))
  system.addSubregion(
    0x10000,
    MemoryRegion.io(
      'device',
      recorder(calls, {}, offset => 0x40 + offset),
      PAGE,
    ),
  )
  const memory = new AddressSpace('memory', system, { endian })
  const table = new Map<number, IommuTlbEntry>()
  const asks: Ask[] = []
  const fault: IommuTlbEntry = { target: memory, translated: 0, mask: PAGE - 1, permissions: NONE }
  const translate = (address: number, access: number, index: number): IommuTlbEntry => {
    asks.push([address, access, index])
    return table.get(Math.floor(address / PAGE)) ?? fault
  }
  const iommu = new IommuMemoryRegion('iommu', { translate, ...extra }, 2 ** 64)
  const bus = new AddressSpace('bus', iommu, { endian })
  return {
    memory,
    bus,
    ram,
    calls,
    asks,
    iommu,
    table,
    map(page, translated, permissions = BOTH) {
      table.set(page, { target: memory, translated, mask: PAGE - 1, permissions })
    },
  }
}
