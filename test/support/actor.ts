import { AddressSpace, type IoRegionOptions, MemoryRegion, type MemoryRegionOps } from 'guestmem'

/** Devices of 16 bytes each at 0, 16, 32 ..., and a space over them. */
export function board(...devices: (readonly [MemoryRegionOps, IoRegionOptions?])[]): AddressSpace {
  const root = MemoryRegion.container('root', 256)
  devices.forEach(([ops, options], index) => {
    root.addSubregion(16 * index, MemoryRegion.io(`${index}`, ops, 16, options))
  })
  return new AddressSpace('space', root)
}

/** A device whose every handler does `act`, and that counts how often it was entered. */
export function actor(act: (offset: number) => number): MemoryRegionOps & { entered: number } {
  const ops = {
    entered: 0,
    read(offset: number) {
      ops.entered++
      return act(offset)
    },
    write(offset: number) {
      ops.entered++
      act(offset)
    },
  }
  return ops
}
