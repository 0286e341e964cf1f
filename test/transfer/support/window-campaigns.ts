import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  type DmaWindow,
  GuestRam,
  MemoryRegion,
  MemTxAttrs,
  testAndClearDirty,
} from 'guestmem'
import { expect } from 'vitest'
import { PAGE } from '../../support/board.ts'
import type { Campaign } from '../../support/campaign.ts'

const IO = 2 * PAGE
const IO_BYTES = 88
const ROM = IO + IO_BYTES
const OTHER = ROM + 64
/** Where two windows on the RAM lie in it: the first shows what is below, the second something else. */
const PART = { at: PAGE + 4, size: 50 }
const SHIFTED = { at: PAGE + 104, size: 40, offset: 20 }

/** RAM of two pages, logged; registers, a ROM and more RAM behind. */
function board() {
  const guest = GuestRam.allocate(8 * PAGE)
  const [block, rom, other] = [guest.block('ram', 2 * PAGE), guest.block('rom', PAGE), guest.block('other', PAGE)]
  const ram = MemoryRegion.ram('ram', block)
  ram.setLog(DirtyClient.VGA, true)
  const registers = new Uint8Array(IO_BYTES)
  const log: string[] = []
  const ops = {
    read: (offset: number) => {
      log.push(`r ${offset}`)
      return registers[offset] ?? 0
    },
    write: (offset: number, value: number, _size: number, { secure }: MemTxAttrs) => {
      log.push(`w ${offset} ${value} ${secure}`)
      registers[offset] = value
    },
    impl: { maxSize: 1 as const },
  }
  const root = MemoryRegion.container('root', 4 * PAGE)
  root.addSubregion(0, ram)
  const part = MemoryRegion.alias('part', ram, PART.at, PART.size)
  part.setNonvolatile(true)
  root.addSubregion(PART.at, part, 1)
  root.addSubregion(SHIFTED.at, MemoryRegion.alias('shifted', ram, SHIFTED.offset, SHIFTED.size), 1)
  root.addSubregion(IO, MemoryRegion.io('io', ops, IO_BYTES))
  for (const [address, region] of [
    [ROM, MemoryRegion.rom('rom', rom)],
    [OTHER, MemoryRegion.ram('other', other)],
  ] as const) {
    region.setSize(64)
    root.addSubregion(address, region)
  }
  const all = [...[block, rom, other].map(each => each.view()), registers]
  return {
    root,
    log,
    reset() {
      log.length = 0
      for (const [i, bytes] of all.entries()) bytes.fill(0x11 * (i + 1))
      for (let at = 0; at < 2 * PAGE; at += PAGE) testAndClearDirty(block, at, PAGE, DirtyClient.VGA)
    },
    bytes: () => Buffer.concat(all),
    dirty: () => [0, PAGE].map(at => testAndClearDirty(block, at, PAGE, DirtyClient.VGA)),
  }
}

const boards = [board(), board()] as const

/** What is at an address, and where in it; memory alone has an offset. */
function lookup(address: number): readonly [what: 'ram' | 'rom' | 'other' | 'none', offset: number] {
  if (address >= SHIFTED.at && address < SHIFTED.at + SHIFTED.size)
    return ['ram', address - SHIFTED.at + SHIFTED.offset]
  if (address < IO) return ['ram', address]
  if (address >= ROM && address < OTHER) return ['rom', address - ROM]
  if (address >= OTHER && address < OTHER + 64) return ['other', address - OTHER]
  return ['none', 0]
}

/** J1, a byte at a time: how much of it is memory that goes on. */
function directBytes(address: number, length: number, write: boolean): number {
  const [first, start] = lookup(address)
  if (first === 'none' || (first === 'rom' && write)) return 0
  let count = 1
  while (count < length) {
    const [what, offset] = lookup(address + count)
    if (what !== first || offset !== start + count) break
    count++
  }
  return count
}

const near = (address: number) => fc.integer({ min: -40, max: 130 }).map(delta => address + delta)
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('map'),
      address: fc.oneof(near(PAGE), near(SHIFTED.at), near(IO), near(ROM), fc.constant(0)),
      length: fc.oneof(fc.nat(40), fc.nat(200)),
      write: fc.boolean(),
      secure: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('unmap'), index: fc.nat(9), accessed: fc.nat(200), seed: fc.nat(255) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** The same windows as a space lends them, and as reads when they are mapped and writes when they are unmapped. */
class Windows {
  readonly #bounceBytes: number
  readonly #space: AddressSpace
  readonly #reference: AddressSpace
  readonly #open: { readonly window: DmaWindow; readonly write: boolean; readonly attrs: MemTxAttrs }[] = []

  constructor(bounceBytes: number) {
    for (const { reset } of boards) reset()
    this.#bounceBytes = bounceBytes
    this.#space = new AddressSpace('space', boards[0].root, { bounceBytes })
    this.#reference = new AddressSpace('reference', boards[1].root)
  }

  step(given: Step): void {
    if (given.kind === 'map') this.#map(given)
    else this.#unmap(given)
    expect(this.#space.bounceBytesLeft).toBe(this.#left)
    expect(boards[0].log).toEqual(boards[1].log)
    if (!boards[0].bytes().equals(boards[1].bytes())) expect(boards[0].bytes()).toEqual(boards[1].bytes())
    expect(boards[0].dirty()).toEqual(boards[1].dirty())
  }

  close(): void {
    this.#space.destroy()
    this.#reference.destroy()
  }

  /** J2. */
  get #left(): number {
    return this.#open.reduce((left, { window }) => left - (window.direct ? 0 : window.length), this.#bounceBytes)
  }

  #map({ address, length, write, secure }: Step & { kind: 'map' }): void {
    const attrs = secure ? MemTxAttrs.SECURE : MemTxAttrs.UNSPECIFIED
    const direct = length === 0 ? 0 : directBytes(address, length, write)
    const granted = direct > 0 ? direct : Math.min(length, this.#left)
    const window = this.#space.map(address, length, { write, attrs })
    expect([window?.length ?? 0, window?.direct ?? false]).toEqual([granted, direct > 0])
    if (window === undefined) return
    this.#open.push({ window, write, attrs })
    const bytes = new Uint8Array(granted)
    const result = direct > 0 && write ? 0 : write ? 0 : this.#reference.read(address, bytes, attrs)
    expect(window.result).toBe(result)
    if (!write) expect([...window.bytes]).toEqual([...bytes])
  }

  #unmap({ index, accessed, seed }: Step & { kind: 'unmap' }): void {
    const [gone] = this.#open.splice(index % Math.max(this.#open.length, 1), 1)
    if (gone === undefined) return
    const { window, write, attrs } = gone
    const used = accessed % (window.length + 1)
    // What a device leaves in a buffer behind what it stored is nobody's; in memory it would be the guest's.
    const stored = write ? (window.direct ? used : window.length) : 0
    for (let i = 0; i < stored; i++) window.bytes[i] = seed + i
    const bytes = window.bytes.slice(0, used)
    const result = write ? this.#reference.write(window.address, bytes, attrs) : 0
    expect(window.unmap(used)).toBe(result)
  }
}

/** Windows that a device is lent, against the reads and writes that they stand for (RULES J). */
export const WINDOWS: readonly Campaign[] = [
  {
    name: 'J1-J3, F2 random windows: as long as the memory goes on or the budget lasts, read and written as they stand for',
    count: 1000,
    property: fc.property(
      fc.constantFrom(0, 30, 150, 4096),
      fc.array(step, { minLength: 1, maxLength: 16, size: 'max' }),
      (bounceBytes, steps) => {
        const windows = new Windows(bounceBytes)
        try {
          for (const each of steps) windows.step(each)
        } finally {
          windows.close()
        }
      },
    ),
  },
]
