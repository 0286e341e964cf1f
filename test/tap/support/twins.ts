import fc from 'fast-check'
import {
  AddressSpace,
  type AddressSpaceOptions,
  atomicAdd32,
  atomicCompareExchange16,
  atomicExchange64,
  GuestRam,
  MemoryRegion,
  MemTxAttrs,
  type MemTxResult,
  memTxFault,
  mirror,
  type RamBlock,
  type Tap,
  type TapAccess,
  tap,
} from 'guestmem'

export const PAGE = 4096
const RAM = 3 * PAGE
const ATTRS = [
  undefined,
  MemTxAttrs.RELAXED,
  MemTxAttrs.of({ memory: true }),
  MemTxAttrs.DEBUG,
  MemTxAttrs.of({ fetch: true }),
]

const NAMES = ['ram', 'next', 'rom', 'registers', 'flash', 'mirrored'] as const
type Blocks = Readonly<Record<(typeof NAMES)[number], RamBlock>>

/** Guest RAM is given back late: all machines of a number share theirs. */
const rams = new Map<number, { readonly ram: GuestRam; readonly blocks: Blocks }>()

/** Of the latest machine of each number. */
const shown = new Map<number, readonly AddressSpace[]>()

function ramOf(number: number): { readonly ram: GuestRam; readonly blocks: Blocks } {
  let made = rams.get(number)
  if (made === undefined) {
    const ram = GuestRam.allocate(16 * PAGE)
    const blocks = Object.fromEntries(NAMES.map(name => [name, ram.block(name, name === 'ram' ? RAM : PAGE)]))
    made = { ram, blocks: blocks as unknown as Blocks }
    rams.set(number, made)
  }
  new Uint8Array(made.ram.buffer).fill(0)
  return made
}

/** A machine with one of each kind of region, laid end to end so that accesses reach over seams. */
export class Machine {
  readonly space: AddressSpace
  readonly other: AddressSpace
  readonly regions: readonly MemoryRegion[]
  readonly log: string[] = []
  readonly #ram: GuestRam

  /** @param number Of the two machines at a time, which it is. */
  constructor(number: number, options: AddressSpaceOptions = {}) {
    const root = MemoryRegion.container('root', 2 ** 40)
    const { ram: guestRam, blocks } = ramOf(number)
    this.#ram = guestRam
    const ram = MemoryRegion.ram('ram', blocks.ram)
    const next = MemoryRegion.ram('next', blocks.next)
    const rom = MemoryRegion.rom('rom', blocks.rom)
    const registers = MemoryRegion.ramDevice('registers', blocks.registers)
    const flash = MemoryRegion.romDevice('flash', this.#device('flash', 0, 1), blocks.flash)
    const device = MemoryRegion.io('device', this.#device('device', 3, 4), 30)
    const wide = MemoryRegion.io(
      'wide',
      { ...this.#device('wide', 0, 4), peek: (offset, size) => offset * 7 + size },
      64,
    )
    const mirrored = MemoryRegion.ram('mirrored', blocks.mirrored)
    const copies = mirror('copies', mirrored, 2 * PAGE)
    this.regions = [ram, next, rom, registers, flash, device, wide, copies, mirrored]
    let at = PAGE
    for (const region of [ram, next, rom, registers, flash, device, wide, copies]) {
      root.addSubregion(at, region)
      at += region.size
    }
    // Another way to the same RAM, in the middle of it.
    root.addSubregion(2 ** 32 - 100, MemoryRegion.alias('alias', ram, 4000, 5000))
    this.space = new AddressSpace('memory', root, options)
    this.other = new AddressSpace('other', root, options)
    // Spaces that nobody destroys are asked at each tap, until they are collected.
    for (const space of shown.get(number) ?? []) space.destroy()
    shown.set(number, [this.space, this.other])
  }

  #device(name: string, failing: number, maxSize: 1 | 4) {
    return {
      read: (offset: number, size: number) => {
        this.log.push(`${name} r ${offset} ${size}`)
        return offset % 8 === failing ? memTxFault(1, 0x77) : offset * 0x0101_0101
      },
      write: (offset: number, value: number, size: number) => {
        this.log.push(`${name} w ${offset} ${value} ${size}`)
        if (offset % 8 === failing) return memTxFault(1)
      },
      impl: { maxSize },
      endianness: 'big',
    } as const
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#ram.buffer)
  }
}

/** Something that a program does, in numbers. */
export interface Act {
  readonly act: number
  readonly address: number
  readonly size: number
  readonly value: bigint
  readonly attrs: number
  readonly length: number
}

/** Addresses near seams, and everywhere. */
export const addresses: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 14 * PAGE }),
  fc.integer({ min: 2 ** 32 - 200, max: 2 ** 32 + 6000 }),
  fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: -12, max: 12 }))
    .map(([page, near]) => Math.max(0, page * PAGE + near)),
  fc.integer({ min: 7 * PAGE, max: 8 * PAGE + 200 }).map(at => at),
)

export const acts: fc.Arbitrary<Act> = fc.record({
  act: fc.nat(13),
  address: addresses,
  size: fc.constantFrom(1, 2, 4, 8),
  value: fc.bigInt(0n, 2n ** 64n - 1n),
  attrs: fc.oneof(fc.constant(0), fc.nat(ATTRS.length - 1)),
  length: fc.oneof(fc.nat(40), fc.nat(3 * PAGE)),
})

/** @returns What comes of it, as text; and of single accesses, what a tap of everything should be told. */
export function perform({ space, other, regions }: Machine, item: Act): { text: string; single: boolean } {
  const { address, size, value, length } = item
  // A debugger's are single accesses, reads and writes.
  const attrs = item.attrs === 3 && item.act > 7 ? undefined : ATTRS[item.attrs]
  const low = Number(BigInt.asUintN(32, value))
  const done = (got: unknown, result: MemTxResult = space.result) => ({ text: `${got} ${result}`, single: false })
  switch (item.act) {
    case 0:
    case 1:
    case 2:
      if (size === 8) return { ...done(space.load64(address, attrs)), single: true }
      return {
        ...done(
          size === 4
            ? space.load32(address, attrs)
            : size === 2
              ? space.load16(address, attrs)
              : space.load8(address, attrs),
        ),
        single: true,
      }
    case 3:
    case 4:
    case 5:
      if (size === 8) space.store64(address, value, attrs)
      else if (size === 4) space.store32(address, low, attrs)
      else if (size === 2) space.store16(address, low, attrs)
      else space.store8(address, low, attrs)
      return { ...done(''), single: true }
    case 6: {
      const bytes = new Uint8Array(length).fill(1)
      const result = space.read(address, bytes, attrs)
      return done(bytes, result)
    }
    case 7: {
      const bytes = Uint8Array.from({ length }, (_, i) => low + i)
      return done('', space.write(address, bytes, attrs))
    }
    case 8:
      return done('', space.fill(address, low & 0xff, length, attrs))
    case 9:
      return done('', space.copy(address, other, Number(value % BigInt(14 * PAGE)), length, attrs))
    case 10:
      if (size === 8) return done(atomicExchange64(space, address, value, attrs))
      return done(
        size === 4 ? atomicAdd32(space, address, low, attrs) : atomicCompareExchange16(space, address, low, 5, attrs),
      )
    case 11: {
      // Within RAM: else what is granted differs, and with it what a device gets. Taps of RAM have it bounced, and a window
      // ends where what is tapped begins: so they are mapped one after the other, as every device has to.
      const bytesOf = 1 + (length % 64)
      const at = PAGE + (address % (RAM - 64))
      const shown: number[] = []
      let results = 0
      for (let next = 0; next < bytesOf; ) {
        const window = space.map(at + next, bytesOf - next, { write: size > 2 })
        if (window === undefined) return done('none')
        shown.push(...(size > 2 ? [] : window.bytes))
        results |= window.result
        if (size > 2) window.bytes.fill(low & 0xff)
        next += window.bytes.length
        window.unmap()
      }
      return done(`${shown} ${results}`, 0 as MemTxResult)
    }
    case 12:
      regions[low % 7]?.setEnabled(size > 1)
      return done('', 0 as MemTxResult)
    default:
      space.writeRom(address, new Uint8Array(length).fill(low))
      return done('', 0 as MemTxResult)
  }
}

export interface TapChoice {
  /** Undefined: the space. */
  readonly region: number | undefined
  readonly start: number
  readonly length: number
  readonly when: 'before' | 'after'
}

export const tapChoices: fc.Arbitrary<TapChoice> = fc.record({
  region: fc.option(fc.nat(8), { nil: undefined }),
  start: addresses,
  length: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 3 * PAGE }), fc.constant(2 ** 41)),
  when: fc.constantFrom('before', 'after'),
})

export function setTap(
  machine: Machine,
  { region, start, length, when }: TapChoice,
  callback: (access: TapAccess) => void,
): Tap {
  const target = region === undefined ? machine.space : (machine.regions[region] as MemoryRegion)
  return tap(target, { start: region === undefined ? start : start % PAGE, length }, { when }, callback)
}
