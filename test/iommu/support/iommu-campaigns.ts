import fc from 'fast-check'
import {
  AddressSpace,
  accessValid,
  GuestRam,
  IommuMemoryRegion,
  type IommuTlbEntry,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxAttrs,
  type RamBlock,
} from 'guestmem'
import { expect } from 'vitest'
import type { Campaign } from '../../support/campaign.ts'
import { ADDRESS_LIMIT, noise } from '../../transfer/support/request-spec.ts'
import { dataByte, deviceByte, IommuReference } from './iommu-reference.ts'
import { entryAt, type IommuRequest, type IommuWorld, request, type Segment, world } from './iommu-world.ts'

const PAGE = 4096
const BLOCKS = 18
const ram = GuestRam.allocate((BLOCKS + 1) * PAGE)
const blocks = Array.from({ length: BLOCKS }, (_, i) => ram.block(`${i}`, PAGE))
const MEMORY_ONLY = MemTxAttrs.of({ memory: true })

/** The library's side: the same world in regions. */
class World {
  log: string[] = []
  readonly memory = new Map<string, Uint8Array>()
  readonly bus: AddressSpace
  readonly #spaces: AddressSpace[]

  constructor(spec: IommuWorld, content: (key: string, bytes: number) => Uint8Array) {
    const free = [...blocks]
    this.#spaces = spec.spaces.map(({ base, segments }, s) => {
      const root = MemoryRegion.container('root', 2 ** 64)
      let start = base
      for (const [i, segment] of segments.entries()) {
        const region = this.#region(spec, s, i, segment, free.pop() as RamBlock, content)
        if (region !== undefined && start < ADDRESS_LIMIT)
          root.addSubregion(start, MemoryRegion.alias('part', region, segment.skip, segment.size))
        start += segment.size
      }
      return new AddressSpace(`${s}`, root)
    })
    this.bus = this.#spaces[0] as AddressSpace
  }

  #region(
    spec: IommuWorld,
    space: number,
    index: number,
    { kind, skip, size }: Segment,
    block: RamBlock,
    content: (key: string, bytes: number) => Uint8Array,
  ): MemoryRegion | undefined {
    const key = `${space} ${index}`
    if (kind === 'hole') return undefined
    if (kind === 'io') return MemoryRegion.io(key, this.#ops(), skip + size)
    if (kind === 'iommu') {
      const translate = (address: number, access: number): IommuTlbEntry => {
        this.log.push(`t ${key} ${address} ${access}`)
        const entry = entryAt(spec, space, index, address)
        return { ...entry, target: this.#spaces[entry.space] as AddressSpace }
      }
      return new IommuMemoryRegion(key, { translate }, skip + size)
    }
    const region = MemoryRegion[kind](key, block)
    region.setSize(skip + size)
    const bytes = block.view().subarray(0, skip + size)
    bytes.set(content(key, skip + size))
    this.memory.set(key, bytes)
    return region
  }

  #ops(): MemoryRegionOps {
    return {
      read: (offset, size) => {
        this.log.push(`r ${size} at ${offset}`)
        return Array.from({ length: size }, (_, i) => deviceByte(offset + i) * 2 ** (8 * i)).reduce((a, b) => a + b)
      },
      write: (offset, value, size) => {
        const bytes = Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 0xff)
        this.log.push(`w ${size} at ${offset} ${Buffer.from(bytes).toString('hex')}`)
      },
    }
  }

  run({ kind, offset, length, memoryOnly, write }: IommuRequest, base: number): string {
    const { bus } = this
    const attrs = memoryOnly ? MEMORY_ONLY : MemTxAttrs.UNSPECIFIED
    const address = Math.min(base + offset, ADDRESS_LIMIT - 1)
    const data = Uint8Array.from({ length }, (_, i) => dataByte(i))
    if (kind === 'valid') return String(accessValid(bus, address, length, { write, attrs }))
    if (kind === 'write') return `${bus.write(address, data, attrs)}`
    if (kind === 'fill') return `${bus.fill(address, dataByte(0), length, attrs)}`
    if (kind === 'writeRom') {
      bus.writeRom(address, data)
      return 'written'
    }
    if (kind === 'read') {
      const bytes = new Uint8Array(length).fill(0xa5)
      const result = bus.read(address, bytes, attrs)
      return `${Buffer.from(bytes).toString('hex')} ${result}`
    }
    const value = Buffer.alloc(8)
    value.set(data)
    if (kind === 'store') {
      if (length === 8) bus.store64(address, value.readBigUInt64LE(), attrs)
      else bus[length === 1 ? 'store8' : length === 2 ? 'store16' : 'store32'](address, value.readUInt32LE(), attrs)
      return `${bus.result}`
    }
    if (length === 8) value.writeBigUInt64LE(bus.load64(address, attrs))
    else value.writeUInt32LE(bus[length === 1 ? 'load8' : length === 2 ? 'load16' : 'load32'](address, attrs))
    return `${value.subarray(0, length).toString('hex')} ${bus.result}`
  }
}

/** The same order, perhaps with some left out. */
function isPartOf(some: readonly string[], all: readonly string[]): boolean {
  let at = -1
  return some.every(one => {
    at = all.indexOf(one, at + 1)
    return at >= 0
  })
}

const requests = fc.array(request, { minLength: 1, maxLength: 12, size: 'max' })

/** Requests through random page tables, against a reference that is written from RULES D, E, I and K alone. */
export const IOMMUS: readonly Campaign[] = [
  {
    name: 'K1-K3, D3, D4, E4, E8, E12, E13, I1 random page tables and requests: what the rules say, call for call',
    count: 3000,
    property: fc.property(world, requests, (spec, steps) => {
      const content = (key: string, bytes: number): Uint8Array =>
        Uint8Array.from({ length: bytes }, (_, i) => noise(spec.seed, key.length, key.charCodeAt(2), i))
      const real = new World(spec, content)
      const reference = new IommuReference(spec, content)
      for (const step of steps) {
        real.log = []
        reference.log = []
        const answer = [real.run(step, spec.spaces[0]?.base as number), ...real.log]
        const expected = [reference.run(step), ...reference.log]
        if (step.kind === 'valid') {
          // The reference asks an IOMMU for each piece, the library once for those that go the same way.
          expect([answer[0], isPartOf(answer, expected)], JSON.stringify(step)).toEqual([expected[0], true])
          continue
        }
        if (answer.join() !== expected.join()) expect(answer, JSON.stringify(step)).toEqual(expected)
        for (const [key, bytes] of reference.memory)
          if (Buffer.compare(bytes, real.memory.get(key) as Uint8Array) !== 0)
            expect(
              Buffer.from(real.memory.get(key) as Uint8Array).toString('hex'),
              `${key} ${JSON.stringify(step)}`,
            ).toBe(Buffer.from(bytes).toString('hex'))
      }
    }),
  },
  {
    name: 'E13 an answer of yes is that of an access which is not rejected, of no that of one which is',
    count: 1000,
    property: fc.property(world, requests, (spec, steps) => {
      const real = new World(spec, (_, bytes) => new Uint8Array(bytes))
      const base = spec.spaces[0]?.base as number
      for (const { offset, length, memoryOnly, write } of steps) {
        const address = Math.min(base + offset, ADDRESS_LIMIT - 1)
        const attrs = memoryOnly ? MEMORY_ONLY : MemTxAttrs.UNSPECIFIED
        const valid = accessValid(real.bus, address, length, { write, attrs })
        const bytes = new Uint8Array(length)
        const result = write ? real.bus.write(address, bytes, attrs) : real.bus.read(address, bytes, attrs)
        expect(valid, `${write} ${address} ${length}`).toBe(result === 0)
      }
    }),
  },
]
