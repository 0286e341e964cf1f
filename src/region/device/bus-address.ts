import { checkObject } from '../../check.ts'
import type { Value } from '../../ram/access/cell-values.ts'
import type { MemTxAttrs } from '../../request/attrs.ts'
import type { MemTxFault } from '../../request/result.ts'
import type { SpaceSettings } from '../../request/space-settings.ts'
import { BUS, type BusBase, type Completer } from './completer.ts'
import { checkOps, fieldsOf, type MemoryRegionOps, type WriteAnswer } from './ops.ts'

/** Handlers whose last argument is the address on the bus, bytes. */
export interface BusAddressOps
  extends Omit<
    MemoryRegionOps,
    'read' | 'write' | 'read64' | 'write64' | 'readBytes' | 'writeBytes' | 'accepts' | 'peek'
  > {
  read(offset: number, size: number, attrs: MemTxAttrs, address: number): number | MemTxFault
  write(offset: number, value: number, size: number, attrs: MemTxAttrs, address: number): WriteAnswer
  read64?: ((offset: number, attrs: MemTxAttrs, address: number) => bigint | MemTxFault) | undefined
  write64?: ((offset: number, value: bigint, attrs: MemTxAttrs, address: number) => WriteAnswer) | undefined
  readBytes?: ((offset: number, into: Uint8Array, attrs: MemTxAttrs, address: number) => WriteAnswer) | undefined
  writeBytes?: ((offset: number, from: Uint8Array, attrs: MemTxAttrs, address: number) => WriteAnswer) | undefined
  peek?: ((offset: number, size: number, attrs: MemTxAttrs, address: number) => number | MemTxFault) | undefined
  accepts?:
    | ((offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs, address: number) => boolean)
    | undefined
}

/**
 * The ops of a device whose handlers need the address on the bus: one that is reached through several aliases and behaves
 * differently at each, or that logs where it was asked. The address is that of the byte at `offset`, in the address space
 * that shows the region; of a request that an IOMMU translated, and behind `mirror` and `splitAccess`, it is the address
 * that it was translated to. Other devices pay nothing for it.
 *
 * ```ts
 * const ppu = MemoryRegion.io('ppu', withBusAddress({
 *   read: (offset, size, attrs, address) => (address < 0x2008 ? registers[offset] : openBus),
 *   ...
 * }), 8)
 * ```
 *
 * @throws TypeError or RangeError naming the field and the bad value.
 */
export function withBusAddress(ops: BusAddressOps): MemoryRegionOps {
  checkObject(ops, 'ops')
  const { endianness, atomics } = checkOps(ops)
  const bus = new Bus()
  const { valid, impl, bridge } = fieldsOf(ops, 'valid', 'impl', 'bridge')
  const { read64, write64, readBytes, writeBytes } = fieldsOf(ops, 'read64', 'write64', 'readBytes', 'writeBytes')
  const { accepts, peek } = fieldsOf(ops, 'accepts', 'peek')
  return {
    valid,
    impl,
    endianness,
    bridge,
    atomics,
    read: (offset, size, attrs) => ops.read(offset, size, attrs, bus.place.base + offset),
    write: (offset, value, size, attrs) => ops.write(offset, value, size, attrs, bus.place.base + offset),
    ...(read64 && { read64: (offset, attrs) => read64.call(ops, offset, attrs, bus.place.base + offset) }),
    ...(write64 && {
      write64: (offset, value, attrs) => write64.call(ops, offset, value, attrs, bus.place.base + offset),
    }),
    ...(readBytes && {
      readBytes: (offset, into, attrs) => readBytes.call(ops, offset, into, attrs, bus.place.base + offset),
    }),
    ...(writeBytes && {
      writeBytes: (offset, from, attrs) => writeBytes.call(ops, offset, from, attrs, bus.place.base + offset),
    }),
    ...(peek && { peek: (offset, size, attrs) => peek.call(ops, offset, size, attrs, bus.place.base + offset) }),
    ...(accepts && {
      accepts: (offset, size, isWrite, attrs) =>
        accepts.call(ops, offset, size, isWrite, attrs, bus.place.base + offset),
    }),
    [BUS]: bus,
  } as MemoryRegionOps
}

/** Where a device is, and in which byte order, as the access sees it that is under way. */
export class Bus implements BusBase {
  place: BusPlace = { base: 0, big: false }

  at(device: Completer, base: number, { big }: SpaceSettings): Completer {
    return new BusCompleter(this, device, { base, big })
  }
}

interface BusPlace {
  /** The address of the region's offset 0. Below zero where the bus shows only what lies behind. */
  readonly base: number
  /** The target's byte order. */
  readonly big: boolean
}

/** For handlers that need the byte order alone. */
export class OrderBus extends Bus {
  override at(device: Completer, base: number, settings: SpaceSettings): Completer {
    return settings.big ? super.at(device, base, settings) : device
  }
}

/** Carries out the accesses to a device at one place on a bus. */
class BusCompleter implements Completer {
  readonly maxSize: number
  readonly unaligned: boolean
  readonly endianness: 'little' | 'big' | 'native'
  readonly asks: boolean
  readonly atomics: Completer['atomics']
  readonly readsRuns: number | undefined
  readonly writesRuns: number | undefined
  readonly #bus: Bus
  readonly #device: Completer
  readonly #place: BusPlace

  constructor(bus: Bus, device: Completer, place: BusPlace) {
    this.maxSize = device.maxSize
    this.unaligned = device.unaligned
    this.endianness = device.endianness
    this.asks = device.asks === true
    this.atomics = device.atomics
    this.readsRuns = device.readsRuns
    this.writesRuns = device.writesRuns
    this.#bus = bus
    this.#device = device
    this.#place = place
  }

  get debug(): Completer | undefined {
    const { debug } = this.#device
    return debug && new BusCompleter(this.#bus, debug, this.#place)
  }

  get requests(): undefined {
    return undefined
  }

  get note(): undefined {
    return undefined
  }

  get bus(): undefined {
    return undefined
  }

  // A handler may access its own device at another place, where it has no guard: the place is put back afterwards, as the
  // access that is under way may go on with further pieces.

  accepts(offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    const before = this.#bus.place
    this.#bus.place = this.#place
    try {
      return this.#device.accepts(offset, size, isWrite, attrs)
    } finally {
      this.#bus.place = before
    }
  }

  read(offset: number, size: number, attrs: MemTxAttrs, big: boolean): Value {
    const before = this.#bus.place
    this.#bus.place = this.#place
    try {
      return this.#device.read(offset, size, attrs, big)
    } finally {
      this.#bus.place = before
    }
  }

  write(offset: number, value: Value, size: number, attrs: MemTxAttrs, big: boolean): void {
    const before = this.#bus.place
    this.#bus.place = this.#place
    try {
      this.#device.write(offset, value, size, attrs, big)
    } finally {
      this.#bus.place = before
    }
  }

  run(isWrite: boolean, offset: number, bytes: Uint8Array, attrs: MemTxAttrs): void {
    const before = this.#bus.place
    this.#bus.place = this.#place
    try {
      this.#device.run?.(isWrite, offset, bytes, attrs)
    } finally {
      this.#bus.place = before
    }
  }
}
