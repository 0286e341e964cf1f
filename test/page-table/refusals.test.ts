import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { type PageTableOptions, pageTable, pageTableBytes, slowAccesses } from 'guestmem/page-table'
import { describe, expect, it } from 'vitest'

const PAGE = 4096
const memory = new WebAssembly.Memory({ initial: 2 })
const block = GuestRam.wrap(memory, { offset: 3 * PAGE, bytes: 4 * PAGE }).block('ram', 2 * PAGE)
const space = new AddressSpace('cpu', MemoryRegion.ram('ram', block))
const good: PageTableOptions = { memory, offset: PAGE, addressBits: 16 }

/** The whole memory, to see that nothing was stored. */
const bytes = () => Buffer.from(new Uint8Array(memory.buffer).slice())

const CASES: [what: string, options: unknown, error: typeof TypeError | typeof RangeError, text: RegExp][] = [
  ['no options', undefined, TypeError, /^options must be an object, got undefined/],
  ['a key that is not known', { ...good, size: 4 }, TypeError, /^options must have keys among .*got "size"/],
  ['no memory', { ...good, memory: undefined }, TypeError, /^options\.memory must be a WebAssembly\.Memory, got und/],
  ['a buffer', { ...good, memory: memory.buffer }, TypeError, /^options\.memory must be a WebAssembly\.Memory/],
  ['what looks like a memory', { ...good, memory: { buffer: memory.buffer } }, TypeError, /^options\.memory must/],
  ['no offset', { ...good, offset: undefined }, TypeError, /^options\.offset must be a number, got undefined/],
  ['a bigint', { ...good, offset: 4096n }, TypeError, /^options\.offset must be a number, got 4096n/],
  ['an offset below 0', { ...good, offset: -PAGE }, RangeError, /^options\.offset must be .*got -4096/],
  ['half an offset', { ...good, offset: 0.5 }, RangeError, /^options\.offset must be .*got 0\.5/],
  ['an offset of 64', { ...good, offset: 64 }, RangeError, /^options\.offset must be a multiple of 4096, got 64/],
  ['an offset of 4 GiB', { ...good, offset: 2 ** 32 }, RangeError, /^options\.offset must be .*got 4294967296/],
  [
    'an offset behind the memory',
    { ...good, offset: 32 * PAGE },
    RangeError,
    /^options\.memory must have 128 b.*got 0/,
  ],
  ['a memory too small', { memory, offset: PAGE }, RangeError, /^options\.memory must have 4194368 b.* got 126976/],
  [
    'pages of 1000 bytes',
    { ...good, pageSize: 1000 },
    RangeError,
    /^options\.pageSize must be a power of two, got 1000/,
  ],
  ['pages of 64 bytes', { ...good, pageSize: 64 }, RangeError, /^options\.pageSize must be .*got 64/],
  ['pages of 128 KiB', { ...good, pageSize: 2 ** 17 }, RangeError, /^options\.pageSize must be .*got 131072/],
  ['pages as text', { ...good, pageSize: '4096' }, TypeError, /^options\.pageSize must be a number, got "4096"/],
  ['7 bits of address', { ...good, addressBits: 7 }, RangeError, /^options\.addressBits must be .*got 7/],
  ['64 bits of address', { ...good, addressBits: 64 }, RangeError, /^options\.addressBits must be .*got 64/],
  ['NaN bits', { ...good, addressBits: Number.NaN }, RangeError, /^options\.addressBits must be .*got NaN/],
  ['slots of a flat table', { ...good, slots: 64 }, TypeError, /^options\.slots are of a hashed table .*got 64/],
  ['8 slots', { ...good, addressBits: 40, slots: 8 }, RangeError, /^options\.slots must be .*got 8/],
  [
    '100 slots',
    { ...good, addressBits: 40, slots: 100 },
    RangeError,
    /^options\.slots must be a power of two, got 100/,
  ],
  [
    'another order',
    { ...good, order: 'tso' },
    TypeError,
    /^options\.order must be one of host, language, weak, got "tso/,
  ],
  ['no function', { ...good, onPagesChanged: 1 }, TypeError, /^options\.onPagesChanged must be a function, got 1/],
  ['a RAM block there', { ...good, offset: 3 * PAGE }, RangeError, /^options\.offset must be where .*got 12288/],
  [
    'a table that reaches into a block',
    { ...good, pageSize: 128, offset: 2 * PAGE, addressBits: 18 },
    RangeError,
    /^options\.offset must be where 12288 bytes .*got 8192/,
  ],
]

describe('pageTable refuses, before anything has changed,', () => {
  it.each(CASES)('%s', (_, options, error, text) => {
    const before = bytes()
    const make = () => pageTable(space, options as PageTableOptions)
    expect(make).toThrow(error)
    expect(make).toThrow(text)
    expect(bytes().equals(before)).toBe(true)
    expect([...space.root.links.viewers].length).toBe(1)
  })

  it.each([[undefined], [space.root], [{}], [null]])('a space that is %s', value => {
    expect(() => pageTable(value as unknown as AddressSpace, good)).toThrow(/^space must be an AddressSpace, got/)
  })

  it('a space that was destroyed', () => {
    const gone = new AddressSpace('gone', MemoryRegion.container('root', 2 ** 16))
    gone.destroy()
    expect(() => pageTable(gone, good)).toThrow(/^space must be one that is there, but "gone" was destroyed/)
  })

  it('a second table in one place, of whatever space, until the first has ended', () => {
    const other = new AddressSpace('other', MemoryRegion.container('root', 2 ** 16))
    const first = pageTable(space, good)
    for (const one of [space, other])
      for (const more of [good, { ...good, pageSize: 128, offset: 0, addressBits: 18 }])
        expect(() => pageTable(one, more)).toThrow(/^options\.offset must be where .* no other table/)
    first.destroy()
    pageTable(other, good).destroy()
  })
})

describe('others refuse', () => {
  it.each([
    [{ memory }, /^options must have keys among addressBits, pageSize, slots, got "memory"/],
    [null, /^options must be an object/],
    [{ addressBits: 1 }, /^options\.addressBits/],
  ])('sizes of %s', (options, text) => {
    expect(() => pageTableBytes(options as never)).toThrow(text)
  })

  it.each([[undefined], [{ layout: 'flat', space }]])('accesses of %s', table => {
    expect(() => slowAccesses(table as never)).toThrow(/^table must be a PageTable/)
  })

  it.each([[-1], [0.5], [2 ** 53], ['0'], [0n]])('an address of %s', address => {
    const table = pageTable(space, good)
    expect(() => table.entryOf(address as number)).toThrow(/^address must be/)
    expect(() => table.fill(address as number)).toThrow(/^address must be/)
    table.destroy()
  })
})
