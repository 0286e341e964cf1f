import { AddressSpace, type IoRegionOptions, MemoryRegion, type MemoryRegionOps, type MemTxFault } from 'guestmem'

/** One call of a handler: which, at what offset, of how many bytes, and the value that was written. */
export type Call = readonly [name: string, offset: number, size: number, value?: number | bigint]

type ReadValue = (offset: number, size: number) => number | MemTxFault
type Read64Value = (offset: number) => bigint | MemTxFault

/** Ops that write down their calls; reads answer with `value`. With `value64`, the 64-bit pair too. */
export function recorder(
  calls: Call[],
  extra: Partial<MemoryRegionOps> = {},
  value: ReadValue = () => 0,
  value64?: Read64Value,
): MemoryRegionOps {
  const pair: Partial<MemoryRegionOps> = {
    read64(offset) {
      calls.push(['read64', offset, 8])
      return (value64 as Read64Value)(offset)
    },
    write64(offset, written) {
      calls.push(['write64', offset, 8, written])
    },
  }
  return {
    read(offset, size) {
      calls.push(['read', offset, size])
      return value(offset, size)
    },
    write(offset, written, size) {
      calls.push(['write', offset, size, written])
    },
    ...(value64 && pair),
    ...extra,
  }
}

/** A space that is one device from address 0 on. */
export function mount(
  ops: MemoryRegionOps,
  options: { endian?: 'little' | 'big'; size?: number } & IoRegionOptions = {},
): AddressSpace {
  const { endian = 'little', size = 64, ...io } = options
  return new AddressSpace('space', MemoryRegion.io('device', ops, size, io), { endian })
}

/** The byte at each offset is the offset, from 0x10 on: what a device of either order reads there. */
export function counting(order: 'little' | 'big'): ReadValue {
  return (offset, size) => {
    let value = 0n
    for (let i = 0; i < size; i++) {
      const byte = BigInt(0x10 + offset + i)
      value = order === 'big' ? (value << 8n) | byte : value | (byte << BigInt(8 * i))
    }
    return Number(value)
  }
}
