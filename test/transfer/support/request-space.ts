import {
  AddressSpace,
  DirtyClient,
  MemoryRegion,
  type MemoryRegionOps,
  type MemTxAttrs,
  type MemTxFault,
  MemTxResult,
  memTxFault,
  type RamBlock,
} from 'guestmem'
import { RequestBuffers } from './request-buffers.ts'
import { type Answer, hex, Machine } from './request-machine.ts'
import { addressIn, firstAddress } from './request-map.ts'
import { guestRam, type RamUnderTest } from './request-ram.ts'
import {
  ATTRS,
  BLOCKS,
  type Form,
  type MapChange,
  type PlaceSpec,
  type Plan,
  type Request,
  type WorldSpec,
} from './request-spec.ts'

/** What requests are made with. */
export type Requests = Pick<
  AddressSpace,
  'read' | 'write' | 'fill' | 'result' | 'high' | `load${Form}` | `store${Form}`
>

/** The library's side of a case: regions, a space, and handlers. */
export class SpaceUnderTest extends Machine {
  readonly rams: readonly Buffer[]
  readonly blocks: readonly (readonly RamBlock[])[]
  readonly #regions: MemoryRegion[] = []
  readonly #space: Requests
  readonly #buffers: RequestBuffers
  readonly #owners: object[] = [{}, {}, {}]

  /**
   * @param masks Which DirtyClients log each place, where it is memory.
   * @param by Who makes the requests of a space: unless said, itself.
   */
  constructor(
    world: WorldSpec,
    plans: readonly Plan[],
    masks: readonly number[] = [],
    by: (space: AddressSpace) => Requests = space => space,
  ) {
    super(world, plans)
    const rams = world.rams.map(guestRam)
    this.rams = rams.map(({ bytes }) => bytes)
    this.blocks = rams.map(({ blocks }) => blocks)
    this.#buffers = new RequestBuffers(this.rams)
    const root = MemoryRegion.container('root', 2 ** 64)
    for (const [index, spec] of world.places.entries()) {
      const region = this.#region(spec, index, rams)
      this.#regions.push(region)
      if (spec.readonly) region.setReadonly(true)
      this.#log(region, masks[index] ?? 0, true)
      root.addSubregion(firstAddress(world, spec), region, spec.priority)
    }
    const { endian, directAccess } = world
    this.#space = by(new AddressSpace('space', root, { endian, directAccess }))
  }

  /** The guest RAMs serve other cases after this one. */
  unlog(): void {
    for (const region of this.#regions) this.#log(region, region.dirtyLogMask, false)
  }

  #log(region: MemoryRegion, mask: number, on: boolean): void {
    if (region.block === undefined) return
    for (const client of Object.values(DirtyClient)) if ((mask & client) !== 0) region.setLog(client, on)
  }

  #region(spec: PlaceSpec, index: number, rams: readonly RamUnderTest[]): MemoryRegion {
    const { kind, size, device } = spec
    const name = `${kind} ${index}`
    const owner = this.#owners[device.owner % this.#owners.length] as object
    const options = { owner, reentrancyGuard: device.guarded }
    if (kind === 'io') return MemoryRegion.io(name, this.#ops(index), size, options)
    if (kind === 'reservation') return MemoryRegion.reservation(name, size)
    if (kind === 'alias')
      return MemoryRegion.alias(name, this.#regions[spec.target] as MemoryRegion, spec.targetOffset, size)
    const { blocks } = rams[spec.ram % rams.length] as RamUnderTest
    const block = blocks[spec.block % BLOCKS] as RamUnderTest['blocks'][number]
    const { cacheMode } = spec
    const region =
      kind === 'romDevice'
        ? MemoryRegion.romDevice(name, this.#ops(index), block, { ...options, cacheMode })
        : MemoryRegion[kind](name, block, { cacheMode })
    region.setSize(size)
    return region
  }

  #ops(place: number): MemoryRegionOps {
    const { valid, impl, endianness, wide, picky } = this.deviceOf(place)
    const pair: Pick<MemoryRegionOps, 'read64' | 'write64'> = {
      read64: (offset, attrs) => {
        const answer = this.called(place, 'read64', offset, 8, attrs)
        return fault(answer) ?? answer.value
      },
      write64: (offset, value, attrs) => ended(this.called(place, 'write64', offset, 8, attrs, value), offset),
    }
    return {
      read: (offset, size, attrs) => {
        const answer = this.called(place, 'read', offset, size, attrs)
        return fault(answer) ?? Number(answer.value)
      },
      write: (offset, value, size, attrs) =>
        ended(this.called(place, 'write', offset, size, attrs, BigInt(value)), offset),
      valid,
      impl,
      ...(wide && pair),
      ...(picky && {
        accepts: (...call: Parameters<NonNullable<MemoryRegionOps['accepts']>>) => this.accepts(place, ...call),
      }),
      ...(endianness && { endianness }),
    }
  }

  protected change({ kind, place, island, value }: MapChange): void {
    const region = this.#regions[place % this.#regions.length] as MemoryRegion
    if (kind === 'enabled') region.setEnabled(value % 2 === 1)
    else if (kind === 'readonly') region.setReadonly(value % 2 === 1)
    else if (kind === 'romd') {
      if (region.kind === 'romDevice') region.setRomdMode(value % 2 === 1)
    } else if (kind === 'move') region.setAddress(addressIn(this.world.islands, island, value))
    else if (region.kind === 'alias') region.setAliasOffset(value)
  }

  protected request(request: Request, address: number): string {
    const space = this.#space
    const attrs = ATTRS[request.attrs]
    if (request.kind === 'load') {
      const value = this.#load(request, address, attrs)
      return `${hex(value)}, result ${space.result}`
    }
    if (request.kind === 'store') {
      this.#store(request, address, attrs)
      return `result ${space.result}`
    }
    if (request.kind === 'fill') return this.#returned(space.fill(address, request.byte, request.length, attrs))
    const bytes = this.#buffers.prepare(request)
    const result = request.kind === 'read' ? space.read(address, bytes, attrs) : space.write(address, bytes, attrs)
    return `${this.#returned(result)} ${this.#buffers.text(request.buffer)}`
  }

  #returned(result: number): string {
    return result === this.#space.result ? `result ${result}` : `${result} returned, but result ${this.#space.result}`
  }

  #load({ form }: Request & { kind: 'load' }, address: number, attrs: MemTxAttrs | undefined): bigint {
    const space = this.#space
    if (form !== '64Pair') return BigInt(space[`load${form}` as const](address, attrs))
    const low = space.load64Pair(address, attrs)
    return (BigInt(space.high) << 32n) + BigInt(low)
  }

  #store({ form, value }: Request & { kind: 'store' }, address: number, attrs: MemTxAttrs | undefined): void {
    const space = this.#space
    if (form === '64' || form === '64le' || form === '64be') space[`store${form}` as const](address, value, attrs)
    else if (form !== '64Pair') space[`store${form}` as const](address, narrow(value), attrs)
    else space.store64Pair(address, narrow(value), narrow(value >> 32n), attrs)
  }
}

/** A number of more than 32 bits: what is over the size of a store is cut off. */
function narrow(value: bigint): number {
  return Number(BigInt.asIntN(40, value))
}

function fault({ result }: Answer): MemTxFault | undefined {
  return result === 0 ? undefined : memTxFault(result)
}

/** How a write ended, in one of the ways that a handler may say it. */
function ended(answer: Answer, offset: number): MemTxResult | MemTxFault | undefined {
  const failed = fault(answer)
  if (offset % 2 === 0) return failed
  return failed?.result ?? MemTxResult.OK
}
