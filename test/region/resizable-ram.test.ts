import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  isDirty,
  MemoryRegion,
  MemTxResult,
  ramFill,
  registerMemoryListener,
  resizableRam,
  resizeRam,
  snapshotAndClearDirty,
} from 'guestmem'
import { describe, expect, test } from 'vitest'
import { PAGE } from '../support/board.ts'

const CLIENTS = Object.values(DirtyClient)

function board(bytes: number) {
  const sizes: number[] = []
  const block = GuestRam.allocate(8 * PAGE).block('tables', 4 * PAGE + 100)
  const region = resizableRam('tables', block, bytes, { resized: size => sizes.push(size) })
  const root = MemoryRegion.container('root', 2 ** 20)
  root.addSubregion(0x1000, region)
  return { block, region, sizes, space: new AddressSpace('space', root) }
}

describe('resizable RAM', () => {
  test('has its first size, and calls nobody for it', () => {
    const { region, sizes, space } = board(PAGE)
    expect([region.kind, region.size, sizes]).toEqual(['ram', PAGE, []])
    expect(space.view.ranges.map(({ start, end }) => [start, end])).toEqual([[0x1000, 0x2000]])
    space.store32(0x2000, 1)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  })

  test('grows: the guest sees just the new size, its bytes stay, and its owner is told', () => {
    const { region, sizes, space } = board(PAGE)
    space.store32(0x1000, 7)
    resizeRam(region, 2 * PAGE + 6)
    expect([region.size, sizes]).toEqual([2 * PAGE + 6, [2 * PAGE + 6]])
    expect(space.load32(0x1000)).toBe(7)
    space.store16(0x3004, 9)
    expect(space.result).toBe(MemTxResult.OK)
    space.store16(0x3006, 9)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
  })

  test('shrinks: the rest is gone for the guest, and is there again when it grows', () => {
    const { region, sizes, space } = board(3 * PAGE)
    space.store32(0x3000, 7)
    resizeRam(region, PAGE)
    space.load32(0x3000)
    expect(space.result).toBe(MemTxResult.DECODE_ERROR)
    resizeRam(region, 3 * PAGE)
    expect(space.load32(0x3000)).toBe(7)
    expect(sizes).toEqual([PAGE, 3 * PAGE])
  })

  test('F2 all of its pages are dirty for every client, and those that it no longer has are clean', () => {
    const { block, region } = board(3 * PAGE)
    const dirty = (client: DirtyClient) => [...snapshotAndClearDirty(block, 0, block.size, client).ranges()]
    resizeRam(region, PAGE + 1)
    for (const client of CLIENTS) expect(dirty(client)).toEqual([{ offset: 0, length: 2 * PAGE }])
    resizeRam(region, block.size)
    for (const client of CLIENTS) expect(dirty(client)).toEqual([{ offset: 0, length: block.size }])
    for (const client of CLIENTS) region.setLog(client, true)
    ramFill(block, 0, 1, block.size)
    resizeRam(region, 4 * PAGE)
    for (const client of CLIENTS) expect(dirty(client)).toEqual([{ offset: 0, length: 4 * PAGE }])
  })

  test('nothing happens where it has that size', () => {
    const { region, sizes, space } = board(PAGE)
    const { view } = space
    resizeRam(region, PAGE)
    expect([sizes, isDirty(region, 0, PAGE, DirtyClient.VGA)]).toEqual([[], false])
    expect(space.view).toBe(view)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

describe('refused, and nothing changes', () => {
  const { block, region, sizes } = board(PAGE)
  const plain = MemoryRegion.ram('plain', block)
  test.each<[string, ErrorConstructor, RegExp, () => unknown]>([
    ...[0, -1, 0.5, Number.NaN, 4 * PAGE + 101, 2 ** 60].flatMap(
      (bytes): [string, ErrorConstructor, RegExp, () => unknown][] => [
        [
          `resizeRam to ${bytes}`,
          RangeError,
          new RegExp(`^bytes .*1 to 16484, got ${bytes}$`),
          () => resizeRam(region, bytes),
        ],
        [
          `resizableRam of ${bytes}`,
          RangeError,
          new RegExp(`^bytes .*1 to 16484, got ${bytes}$`),
          () => resizableRam('r', block, bytes),
        ],
      ],
    ),
    ['resizeRam to text', TypeError, /^bytes .*got "1"$/, () => resizeRam(region, bad('1'))],
    ['resizeRam of plain RAM', TypeError, /^region .*got "plain"$/, () => resizeRam(plain, PAGE)],
    ['resizeRam of a block', TypeError, /^region .*got an object$/, () => resizeRam(bad(block), PAGE)],
    ['resizeRam of nothing', TypeError, /^region .*got undefined$/, () => resizeRam(bad(undefined), PAGE)],
    ['resizableRam without a block', TypeError, /^block .*got undefined$/, () => resizableRam('r', bad(undefined), 1)],
    ['of two blocks', TypeError, /^block .*got an array$/, () => resizableRam('r', bad([block, block]), 1)],
    ['a callback', TypeError, /^options.resized .*got 1$/, () => resizableRam('r', block, 1, { resized: bad(1) })],
    ['options', TypeError, /^options .*got null$/, () => resizableRam('r', block, 1, bad(null))],
    ['a key', TypeError, /^options .*got "resize"$/, () => resizableRam('r', block, 1, bad({ resize: () => 1 }))],
    ['a name', TypeError, /^name .*got ""$/, () => resizableRam('', block, 1)],
  ])('%s', (_what, kind, text, call) => {
    expect(call).toThrow(kind)
    expect(call).toThrow(text)
    expect([region.size, plain.size, sizes]).toEqual([PAGE, block.size, []])
    for (const client of CLIENTS) expect(isDirty(block, 0, block.size, client)).toBe(false)
  })
})

describe('whoever throws starves no other', () => {
  const [listener, owner] = [new Error('from a listener'), new Error('from resized')] as const

  function watched(throws: { readonly listener?: boolean; readonly resized?: boolean }) {
    const block = GuestRam.allocate(8 * PAGE).block('tables', 4 * PAGE)
    const sizes: number[] = []
    const region = resizableRam('tables', block, 3 * PAGE, {
      resized(size) {
        sizes.push(size)
        if (throws.resized) throw owner
      },
    })
    const space = new AddressSpace('space', region)
    const armed = { now: false }
    const stop = registerMemoryListener(space, {
      regionAdd() {
        if (throws.listener && armed.now) throw listener
      },
    })
    armed.now = true
    return { block, region, space, sizes, stop }
  }

  test.each([
    [{ listener: true }, listener],
    [{ resized: true }, owner],
    [{ listener: true, resized: true }, listener],
  ])('%o', (throws, first) => {
    const { block, region, space, sizes, stop } = watched(throws)
    expect(() => resizeRam(region, PAGE)).toThrow(first)
    expect([region.size, space.view.ranges[0]?.end, sizes]).toEqual([PAGE, PAGE, [PAGE]])
    for (const client of CLIENTS)
      expect([...snapshotAndClearDirty(block, 0, block.size, client).ranges()]).toEqual([{ offset: 0, length: PAGE }])
    stop()
  })
})

test('a size that an alias forbids (A6) is refused, and no page is marked', () => {
  const block = GuestRam.allocate(8 * PAGE).block('tables', 4 * PAGE)
  const sizes: number[] = []
  const region = resizableRam('tables', block, PAGE, { resized: size => sizes.push(size) })
  const root = MemoryRegion.container('root', 2 ** 20)
  root.addSubregion(0, region)
  // Shows itself as soon as the RAM that it is in has its second page.
  region.addSubregion(PAGE, MemoryRegion.alias('loop', root, PAGE, PAGE))
  expect(() => resizeRam(region, 2 * PAGE)).toThrow(/^size: .*without end/)
  expect([region.size, sizes]).toEqual([PAGE, []])
  for (const client of CLIENTS) expect(isDirty(block, 0, block.size, client)).toBe(false)
})

test('within a transaction, each that is resized is told of its own', () => {
  const told: string[] = []
  const make = (name: string) =>
    resizableRam(name, GuestRam.allocate(4 * PAGE).block(name, 4 * PAGE), PAGE, {
      resized: size => told.push(`${name} ${size}`),
    })
  const [first, second] = [make('first'), make('second')]
  MemoryRegion.transaction(() => {
    resizeRam(first, 2 * PAGE)
    resizeRam(second, 3 * PAGE)
  })
  expect(told).toEqual([`first ${2 * PAGE}`, `second ${3 * PAGE}`])
})
