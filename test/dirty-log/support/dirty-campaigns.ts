import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  MemTxAttrs,
  markDirty,
  type RamBlock,
  ramFill,
  ramMove,
  snapshotAndClearDirty,
  testAndClearDirty,
  writel,
} from 'guestmem'
import { expect } from 'vitest'
import { PAGE } from '../../support/board.ts'
import { type Campaign, LONG } from '../../support/campaign.ts'

const CLIENTS = Object.values(DirtyClient)
/** Of the blocks, bytes: the second one is not whole pages, and begins where a word of its bitmap does not. */
const SIZES = [37 * PAGE, 40 * PAGE + 123, 3 * PAGE]
const WINDOW = 2 ** 33

const ram = GuestRam.allocate(100 * PAGE)
const blocks = SIZES.map((bytes, i) => ram.block(`block ${i}`, bytes))
const two = MemoryRegion.ram('two', blocks.slice(0, 2) as RamBlock[])
const rom = MemoryRegion.rom('rom', blocks[2] as RamBlock)
const SHIFT = 5 * PAGE + 77
const WINDOW_BYTES = 60 * PAGE
// A piece of the gap before it that nothing takes does not reach into it (D4).
const ROM_AT = 4 * Math.ceil(two.size / 4) + 8
const root = MemoryRegion.container('root', 2 ** 40)
root.addSubregion(0, two)
root.addSubregion(ROM_AT, rom)
root.addSubregion(WINDOW, MemoryRegion.alias('window', two, SHIFT, WINDOW_BYTES))
const space = new AddressSpace('space', root)

/** In a page's number: its block, and whether that is a ROM. */
const BLOCK = 2 ** 20
const ROM = 2 ** 24
const NOWHERE = -1

/** The page that an address is in, a byte at a time. */
function pageOf(address: number): number {
  const [first = 0] = SIZES
  if (address >= WINDOW) return address < WINDOW + WINDOW_BYTES ? pageOf(address - WINDOW + SHIFT) : NOWHERE
  if (address >= ROM_AT)
    return address < ROM_AT + rom.size ? ROM + 2 * BLOCK + Math.floor((address - ROM_AT) / PAGE) : NOWHERE
  if (address >= two.size) return NOWHERE
  return address < first ? Math.floor(address / PAGE) : BLOCK + Math.floor((address - first) / PAGE)
}

type Kind = 'write' | 'relaxed' | 'fill' | 'store8' | 'store16' | 'store32' | 'store64' | 'writeRom'
const STORED: Partial<Record<Kind, number>> = { store8: 1, store16: 2, store32: 4, store64: 8 }

function store(kind: Kind, address: number, length: number): void {
  if (kind === 'write') space.write(address, new Uint8Array(length))
  else if (kind === 'relaxed') space.write(address, new Uint8Array(length), MemTxAttrs.RELAXED)
  else if (kind === 'fill') space.fill(address, 1, length)
  else if (kind === 'writeRom') space.writeRom(address, new Uint8Array(length))
  else if (kind === 'store64') space.store64(address, 1n)
  else space[kind](address, 1)
}

const near = (offset: number) => fc.integer({ min: -9, max: 9 }).map(delta => Math.max(0, offset + delta))
const page = fc.nat(90).chain(n => near(n * PAGE))
const address = fc.oneof(
  page,
  near(SIZES[0] as number),
  near(ROM_AT),
  page.map(at => WINDOW + at),
  fc.nat(90 * PAGE),
)
const length = fc.oneof(fc.nat(16), fc.constantFrom(PAGE, PAGE - 1, 33 * PAGE), fc.nat(3 * PAGE))
const step = fc.record({
  kind: fc.constantFrom<Kind>('write', 'relaxed', 'fill', 'store8', 'store16', 'store32', 'store64', 'writeRom'),
  address,
  length,
})

function log(region: MemoryRegion, mask: number): void {
  for (const client of CLIENTS) region.setLog(client, (mask & client) !== 0)
}

function name(block: number, at: number, client: number): string {
  return `client ${client}: block ${block}, page ${at}`
}

function takeAll(): string[] {
  return blocks.flatMap((block, i) =>
    CLIENTS.flatMap(client =>
      [...snapshotAndClearDirty(block, 0, block.size, client).ranges()].flatMap(({ offset, length: bytes }) =>
        Array.from({ length: Math.ceil(bytes / PAGE) }, (_, n) => name(i, offset / PAGE + n, client)),
      ),
    ),
  )
}

const raw = fc.record({
  kind: fc.constantFrom<'fill' | 'move' | 'writel' | 'mark'>('fill', 'move', 'writel', 'mark'),
  offset: fc.oneof(page, fc.nat(37 * PAGE)),
  length,
})
const window = fc.record({ offset: fc.oneof(page, fc.nat(37 * PAGE)), length, query: fc.boolean() })

const mask = fc.nat(7)
const [block] = blocks as [RamBlock]
const client = DirtyClient.CODE

/** Stores, and the pages that they leave dirty, against a count of one byte at a time (RULES F). */
export const DIRTY: readonly Campaign[] = [
  {
    name: 'F1, F2, F5, E12, I4 the dirty pages are those that had a byte stored to, for the clients that log',
    count: 300,
    property: fc.property(mask, mask, fc.array(step, { minLength: 1, maxLength: 8 }), (memoryMask, romMask, steps) => {
      const masks = [memoryMask, memoryMask, romMask]
      const expected = new Set<string>()
      log(two, memoryMask)
      log(rom, romMask)
      for (const { kind, address: at, length: asked } of steps) {
        store(kind, at, asked)
        const bytes = STORED[kind] ?? asked
        const pages = new Set<number>()
        for (let i = 0; i < bytes; i++) pages.add(pageOf(at + i))
        // I2: one that is not within one block is rejected.
        const places = new Set([...pages].map(one => Math.floor(one / BLOCK)))
        if (kind in STORED && places.size > 1) continue
        for (const one of pages) {
          if (one === NOWHERE || (one >= ROM && kind !== 'writeRom')) continue
          const block = Math.floor((one % ROM) / BLOCK)
          for (const client of CLIENTS)
            if (((masks[block] as number) & client) !== 0) expected.add(name(block, one % BLOCK, client))
        }
      }
      log(two, 0)
      log(rom, 0)
      expect(takeAll().sort()).toEqual([...expected].sort())
    }),
  },
  {
    name: 'F2, F3 stores that no region sees; queries and snapshots of parts take what is theirs and leave the rest',
    count: 300,
    property: fc.property(fc.array(fc.oneof(raw, window), { minLength: 1, maxLength: 12, ...LONG }), steps => {
      const dirty = new Set<number>()
      const pages = (offset: number, bytes: number): number[] => {
        const all = new Set<number>()
        for (let i = 0; i < bytes; i++) all.add(Math.floor((offset + i) / PAGE))
        return [...all]
      }
      two.setLog(client, true)
      for (const next of steps) {
        const at = Math.min(next.offset, block.size - 8)
        const bytes = Math.min('kind' in next && next.kind === 'writel' ? 4 : next.length, block.size - at)
        if ('kind' in next) {
          if (next.kind === 'fill') ramFill(block, at, 1, bytes)
          else if (next.kind === 'move') ramMove(block, at, block, 0, bytes)
          else if (next.kind === 'mark') markDirty(block, at, bytes, client)
          else writel(block, at, 1)
          for (const one of pages(at, bytes)) dirty.add(one)
          continue
        }
        const inside = pages(at, bytes)
        const some = inside.some(one => dirty.has(one))
        expect(isDirty(block, at, bytes, client)).toBe(some)
        if (next.query) expect(testAndClearDirty(block, at, bytes, client)).toBe(some)
        else {
          const snapshot = snapshotAndClearDirty(block, at, bytes, client)
          const ranges = [...snapshot.ranges()]
          expect(ranges.flatMap(range => pages(range.offset, range.length))).toEqual(
            inside.filter(one => dirty.has(one)),
          )
          // Those that touch are one.
          expect(ranges.some((range, i) => range.offset + range.length === ranges[i + 1]?.offset)).toBe(false)
          for (const one of inside) expect(snapshot.isDirty(one * PAGE, 1)).toBe(dirty.has(one))
          expect(snapshot.isDirty(snapshot.offset, snapshot.length)).toBe(some)
        }
        for (const one of inside) dirty.delete(one)
      }
      two.setLog(client, false)
      expect(takeAll().sort()).toEqual([...dirty].map(one => name(0, one, client)).sort())
    }),
  },
]
