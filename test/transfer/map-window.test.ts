import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  hostProfile,
  IommuMemoryRegion,
  IommuPermissions,
  isDirty,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

const PAGE = 4096

/** RAM at 0 and 0x8000 (the same block, and its first page again at 0x4000), registers at 0x10000. */
function board(options: ConstructorParameters<typeof AddressSpace>[2] = {}) {
  const block = GuestRam.allocate(16 * PAGE).block('ram', 4 * PAGE)
  const memory = block.view()
  for (let at = 0; at < memory.length; at++) memory[at] = (at * 7) ^ (at >> 8)
  const root = MemoryRegion.container('system', 2 ** 32)
  const ram = MemoryRegion.ram('ram', block)
  root.addSubregion(0, ram)
  const log: string[] = []
  const registers = new Uint8Array(PAGE).fill(0x40)
  const io = MemoryRegion.io(
    'registers',
    {
      read(offset, size) {
        log.push(`r${size} ${offset}`)
        return registers[offset] as number
      },
      write(offset, value, size) {
        log.push(`w${size} ${offset} ${value}`)
        registers[offset] = value
      },
      valid: { maxSize: 1 },
      impl: { maxSize: 1 },
    },
    PAGE,
  )
  root.addSubregion(0x10000, io)
  return { space: new AddressSpace('dma', root, options), root, ram, io, block, memory, log, registers }
}

describe('J1 a window on memory', () => {
  test('is the memory itself', () => {
    const { space, memory } = board()
    const window = space.map(100, 200, { write: true })
    expect([window?.address, window?.length, window?.direct, window?.result]).toEqual([100, 200, true, 0])
    expect(Buffer.compare(window?.bytes as Uint8Array, memory.subarray(100, 300))).toBe(0)
    window?.bytes.fill(9, 10, 20)
    expect([...memory.subarray(110, 120)]).toEqual(new Array(10).fill(9))
    expect(window?.unmap()).toBe(MemTxResult.OK)
  })

  test('no bytes are no window', () => {
    expect(board().space.map(0, 0)).toBeUndefined()
  })

  test('ends where the memory does, and crosses flat ranges in which it goes on', () => {
    const { space, root, ram } = board()
    expect(space.map(3 * PAGE, 2 * PAGE)?.length).toBe(PAGE)
    // Ranges of one region, contiguous: a part of it made nonvolatile is a range of its own.
    const part = MemoryRegion.alias('part', ram, PAGE, PAGE)
    part.setNonvolatile(true)
    root.addSubregion(PAGE, part, 1)
    expect(space.view.ranges.length).toBeGreaterThan(2)
    expect(space.map(100, 4 * PAGE)?.length).toBe(4 * PAGE - 100)
    part.setAliasOffset(0)
    expect(space.map(100, 4 * PAGE)?.length).toBe(PAGE - 100)
  })

  test('of ROM is read directly, and written by way of a buffer, which it rejects', () => {
    const block = GuestRam.allocate(PAGE).block('rom', PAGE)
    const space = new AddressSpace('dma', MemoryRegion.rom('rom', block))
    expect(space.map(0, 16)?.direct).toBe(true)
    const window = space.map(0, 16, { write: true })
    expect(window?.direct).toBe(false)
    window?.bytes.fill(1)
    expect(window?.unmap()).toBe(MemTxResult.DECODE_ERROR)
    expect(block.view()[0]).toBe(0)
  })

  test('stays on its memory when the region is removed (J1, A7)', () => {
    const { space, root, ram, memory } = board()
    const window = space.map(0, 16, { write: true })
    root.removeSubregion(ram)
    window?.bytes.fill(0x5a)
    expect(window?.unmap()).toBe(MemTxResult.OK)
    expect(memory[15]).toBe(0x5a)
    expect(space.map(0, 16)?.result).toBe(MemTxResult.DECODE_ERROR)
  })

  test('marks what was stored to, and for those who log then (F2, J3)', () => {
    const { space, ram, block } = board()
    const window = space.map(0, 3 * PAGE, { write: true })
    const reading = space.map(0, 3 * PAGE)
    ram.setLog(DirtyClient.VGA, true)
    reading?.unmap()
    expect(isDirty(block, 0, block.size, DirtyClient.VGA)).toBe(false)
    window?.unmap(PAGE + 1)
    expect(isDirty(block, PAGE, PAGE, DirtyClient.VGA)).toBe(true)
    expect(isDirty(block, 2 * PAGE, PAGE, DirtyClient.VGA)).toBe(false)
  })

  test.each([
    ['x86-64', true],
    ['aarch64', false],
  ] as const)('H6: memory that vectors and unaligned accesses must not touch is bounced, on %s', (base, direct) => {
    const ram = GuestRam.allocate(PAGE, { host: hostProfile({ base }) })
    const bar = MemoryRegion.ramDevice('bar', ram.block('bar', PAGE), { cacheMode: 'noncached' })
    expect(new AddressSpace('dma', bar).map(0, 16)?.direct).toBe(direct)
    expect(new AddressSpace('dma', bar, { directAccess: 'normal-only' }).map(0, 16)?.direct).toBe(false)
  })

  test('H4: that a request is relaxed takes nothing away from what the mapping bears', () => {
    const ram = GuestRam.allocate(PAGE, { host: hostProfile({ base: 'x86-64' }) })
    const space = new AddressSpace('dma', MemoryRegion.ramDevice('bar', ram.block('bar', PAGE)))
    for (const write of [false, true]) expect(space.map(0, 16, { write, attrs: MemTxAttrs.RELAXED })?.direct).toBe(true)
  })
})

describe('J2 a bounce buffer', () => {
  test('holds what a device has, and is written back in order', () => {
    const { space, log, registers } = board()
    const reading = space.map(0x10000, 4)
    expect([reading?.direct, reading?.result, ...(reading?.bytes ?? [])]).toEqual([false, 0, 0x40, 0x40, 0x40, 0x40])
    expect(log.splice(0)).toEqual(['r1 0', 'r1 1', 'r1 2', 'r1 3'])
    expect(reading?.unmap()).toBe(MemTxResult.OK)
    const writing = space.map(0x10000, 4, { write: true })
    writing?.bytes.set([1, 2, 3, 4])
    expect(log).toEqual([])
    expect(writing?.unmap(3)).toBe(MemTxResult.OK)
    expect(log).toEqual(['w1 0 1', 'w1 1 2', 'w1 2 3'])
    expect([...registers.subarray(0, 4)]).toEqual([1, 2, 3, 0x40])
  })

  test('of what is not there is zero, and says so', () => {
    const { space } = board()
    const window = space.map(0x20000, 8)
    expect([window?.result, ...(window?.bytes ?? [])]).toEqual([MemTxResult.DECODE_ERROR, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(space.map(0x20000, 8, { write: true })?.unmap()).toBe(MemTxResult.DECODE_ERROR)
  })

  test('keeps the attributes that it was mapped with (QEMU: unspecified ones)', () => {
    const seen: boolean[] = []
    const ops = {
      read: () => 0,
      write: (_o: number, _v: number, _s: number, attrs: MemTxAttrs) => void seen.push(attrs.secure),
    }
    const space = new AddressSpace('dma', MemoryRegion.io('io', ops, 16))
    space.map(0, 1, { write: true, attrs: MemTxAttrs.SECURE })?.unmap()
    expect(seen).toEqual([true])
  })

  test('is written back to where it was mapped, also when the map has changed by then', () => {
    const { space, root, io, registers } = board()
    const window = space.map(0x10000, 1, { write: true })
    root.removeSubregion(io)
    window?.bytes.fill(7)
    expect(window?.unmap()).toBe(MemTxResult.OK)
    expect(registers[0]).toBe(7)
  })

  test('comes out of a budget: shorter, then none, until one is given back', () => {
    const { space } = board({ bounceBytes: 100 })
    const first = space.map(0x10000, 64)
    const second = space.map(0x10000, 64)
    expect([first?.length, second?.length, space.bounceBytesLeft]).toEqual([64, 36, 0])
    expect(space.map(0x10000, 1)).toBeUndefined()
    // Memory needs none.
    expect(space.map(0, 64)?.direct).toBe(true)
    second?.unmap()
    expect([space.bounceBytesLeft, space.map(0x10000, 64)?.length]).toEqual([36, 36])
    first?.unmap()
    expect(space.bounceBytesLeft).toBe(64)
  })

  test('is 4096 bytes unless said, and none where 0 is said', () => {
    expect(board().space.map(0x10000, 8192)?.length).toBe(4096)
    const { space } = board({ bounceBytes: 0 })
    expect(space.map(0x10000, 1)).toBeUndefined()
    expect(space.map(0, 1)?.direct).toBe(true)
  })

  test('is given back when a handler throws, on either way', () => {
    let fails = true
    const stop = () => {
      if (fails) throw new Error('stopped')
      return 0
    }
    const space = new AddressSpace('dma', MemoryRegion.io('io', { read: stop, write: () => void stop() }, 16))
    expect(() => space.map(0, 4)).toThrow('stopped')
    expect(space.bounceBytesLeft).toBe(4096)
    const window = space.map(0, 4, { write: true })
    expect(() => window?.unmap()).toThrow('stopped')
    expect([space.bounceBytesLeft, window?.mapped]).toEqual([4096, false])
    fails = false
    expect(space.map(0, 4, { write: true })?.unmap()).toBe(MemTxResult.OK)
  })

  test('is given back when the stack overflows, however deep: also where the first accesses of all do it', () => {
    const write = (depth: number): void => {
      const window = space.map(4 * depth, 4, { write: true })
      window?.unmap()
    }
    const ops = {
      read: (offset: number) => {
        space.map(offset + 4, 4)?.unmap()
        return 0
      },
      write: (offset: number) => write(offset / 4 + 1),
    }
    const region = MemoryRegion.io('deep', ops, 2 ** 30, { reentrancyGuard: false })
    const space = new AddressSpace('dma', region, { bounceBytes: 2 ** 20 })
    /** `enter` with so many frames more on the stack: it overflows elsewhere. */
    const deeper = (frames: number, enter: () => void): void => (frames === 0 ? enter() : deeper(frames - 1, enter))
    for (const enter of [() => write(0), () => space.map(0, 4)?.unmap()])
      for (let frames = 0; frames < 100; frames++) {
        try {
          deeper(frames, enter)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
        expect(space.bounceBytesLeft, `${frames} frames deeper`).toBe(2 ** 20)
      }
  })

  test('is given back when its bytes were given away before they were written', () => {
    const { space, log } = board()
    const window = space.map(0x10000, 4, { write: true })
    structuredClone(window?.bytes.buffer, { transfer: [window?.bytes.buffer as ArrayBuffer] })
    expect(() => window?.unmap()).toThrow(/^bytes /)
    expect([space.bounceBytesLeft, log]).toEqual([4096, []])
  })
})

describe('K2 a window through an IOMMU', () => {
  test('goes on over pages that lead to contiguous bytes, and ends at the first that does not', () => {
    const { space: target, memory } = board()
    const pages = [1, 2, 0, 3]
    const iommu = new IommuMemoryRegion(
      'iommu',
      {
        translate: address => ({
          target,
          translated: (pages[Math.floor(address / PAGE)] ?? 9) * PAGE,
          mask: PAGE - 1,
          permissions: address < 4 * PAGE ? IommuPermissions.BOTH : IommuPermissions.NONE,
        }),
      },
      2 ** 20,
    )
    const space = new AddressSpace('device', iommu)
    const window = space.map(16, 4 * PAGE)
    expect([window?.length, window?.direct]).toEqual([2 * PAGE - 16, true])
    expect(Buffer.compare(window?.bytes as Uint8Array, memory.subarray(PAGE + 16, 3 * PAGE))).toBe(0)
    const fault = space.map(4 * PAGE, 8, { write: true })
    expect([fault?.direct, fault?.unmap()]).toEqual([false, MemTxResult.DECODE_ERROR])
  })
})

describe('refused', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  const { space } = board()
  test.each<[string, RegExp, () => unknown]>([
    ['an address', /^address .*got -1$/, () => space.map(-1, 1)],
    ['a length', /^length .*got NaN$/, () => space.map(0, Number.NaN)],
    ['a length that is text', /^length .*got "1"$/, () => space.map(0, bad('1'))],
    ['options', /^options .*got true$/, () => space.map(0, 1, bad(true))],
    ['a misspelt option', /^options .*got "writes"$/, () => space.map(0, 1, bad({ writes: true }))],
    ['write', /^options.write .*got 1$/, () => space.map(0, 1, bad({ write: 1 }))],
    ['attributes', /^attrs /, () => space.map(0, 1, bad({ attrs: {} }))],
    ['accessed', /^accessed .*0 to 1, got 2$/, () => space.map(0, 1)?.unmap(2)],
    ['accessed, a fraction', /^accessed .*got 0.5$/, () => space.map(0, 1)?.unmap(0.5)],
    ['a callback', /^callback .*got undefined$/, () => space.whenRoom(bad(undefined))],
    ['a wish', /^options.bytes .*got -1$/, () => space.whenRoom(() => undefined, { bytes: -1 })],
    ['a wish that is text', /^options.bytes .*got "1"$/, () => space.whenRoom(() => undefined, bad({ bytes: '1' }))],
    ['a misspelt wish', /^options .*got "byte"$/, () => space.whenRoom(() => undefined, bad({ byte: 1 }))],
    ['a budget', /^options.bounceBytes .*got -1$/, () => board({ bounceBytes: -1 })],
    ['a budget that is NaN', /^options.bounceBytes .*got NaN$/, () => board({ bounceBytes: Number.NaN })],
  ])('%s', (_what, message, call) => {
    expect(call).toThrow(message)
    expect(space.bounceBytesLeft).toBe(4096)
  })

  test('unmap twice, and bytes after it', () => {
    for (const address of [0x40, 0x10000]) {
      const window = space.map(address, 4)
      window?.unmap()
      expect(() => window?.unmap()).toThrow(new TypeError(`this window at ${address} is unmapped`))
      expect(() => window?.bytes).toThrow(new TypeError(`this window at ${address} is unmapped`))
      expect(window?.mapped).toBe(false)
    }
    expect(space.bounceBytesLeft).toBe(4096)
  })
})
