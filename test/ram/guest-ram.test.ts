import { GuestRam, type GuestRamHandle, type GuestRamOptions, hostProfile, ramCopy } from 'guestmem'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ScriptLane } from '../../src/ram/copy/script-lane.ts'
import { WasmLane } from '../../src/ram/copy/wasm-lane.ts'
import type { KernelTier, kernelModule } from '../../src/ram/kernels/kernel.ts'

/** The tiers that were asked for, and those that this engine is to lack. */
const { asked, missing } = vi.hoisted(() => ({ asked: [] as string[], missing: new Set<string>() }))

vi.mock('../../src/ram/kernels/kernel.ts', async original => {
  const real = await original<{ kernelModule: typeof kernelModule }>()
  return {
    ...real,
    kernelModule(tier: KernelTier) {
      asked.push(tier)
      return missing.has(tier) ? undefined : real.kernelModule(tier)
    },
  }
})

beforeEach(() => {
  asked.length = 0
  missing.clear()
})
afterEach(() => vi.unstubAllGlobals())

const x86 = hostProfile({ base: 'x86-64' })
const riscv = hostProfile({ base: 'riscv64' })
const normal = (over: object) => hostProfile({ base: 'x86-64', access: { normal: over } })

/** What serves a guest RAM: the tiers it asked for, and whether a kernel copies in the end. */
function served(options: GuestRamOptions) {
  const { lane, order } = GuestRam.allocate(4096, options)
  return { order, asked: [...asked], kernel: lane instanceof WasmLane }
}

describe('the tier of order', () => {
  test.each<[string, GuestRamOptions, object]>([
    ['auto where the CPU keeps stores in order', { host: x86 }, { order: 'host', asked: ['wide'] }],
    ['auto elsewhere', { host: riscv }, { order: 'language', asked: ['language'] }],
    ['auto, said so', { host: x86, order: 'auto' }, { order: 'host', asked: ['wide'] }],
    ['host, whatever the CPU', { host: riscv, order: 'host' }, { order: 'host', asked: ['narrow'] }],
    ['language', { host: x86, order: 'language' }, { order: 'language', asked: ['language'] }],
    ['16 bytes without vectors', { host: normal({ vectors: false }) }, { order: 'host', asked: ['narrow'] }],
    ['vectors, but 8 bytes at most', { host: normal({ widest: 8 }) }, { order: 'host', asked: ['narrow'] }],
  ])('%s', (_what, options, expected) => {
    expect(served(options)).toEqual({ kernel: true, ...expected })
  })

  test('the narrow kernel serves where the engine lacks the wide one', () => {
    missing.add('wide')
    expect(served({ host: x86 })).toEqual({ order: 'host', asked: ['wide', 'narrow'], kernel: true })
  })

  test.each(['auto', 'wasm', 'script'] as const)('without any kernel, lane %s', lane => {
    for (const tier of ['wide', 'narrow', 'language']) missing.add(tier)
    const allocate = () => GuestRam.allocate(4096, { host: x86, lane })
    if (lane === 'wasm')
      expect(allocate).toThrow(new TypeError('options.lane is "wasm", but no kernel can serve this memory here'))
    else expect(allocate().lane).toBeInstanceOf(ScriptLane)
  })

  test('lane script asks for no kernel', () => {
    expect(served({ host: x86, lane: 'script' })).toEqual({ order: 'host', asked: [], kernel: false })
  })

  test('the fixed lane is script always', () => {
    expect(GuestRam.allocate(4096, { host: x86 }).fixedLane).toBeInstanceOf(ScriptLane)
  })

  test('cells are made once for each way of unaligned accesses', () => {
    const ram = GuestRam.allocate(4096, { host: hostProfile({ base: 'aarch64' }) })
    const [cached, device] = [ram.cells('normal'), ram.cells('device')]
    expect(ram.cells('normal')).toBe(cached)
    expect(ram.cells('device')).toBe(device)
    expect(cached).not.toBe(device)
    expect([cached.atomic, GuestRam.allocate(4096, { host: x86 }).cells('normal').atomic]).toEqual([true, false])
  })
})

describe('options refuse by name', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value
  test.each<[string, RegExp]>([
    ['host', /^options\.host /],
    ['order', /^options\.order /],
    ['lane', /^options\.lane /],
    ['unaligned', /^options\.unaligned /],
    ['beyondScratch', /^options\.beyondScratch /],
    ['scratchLimit', /^options\.scratchLimit /],
  ])('%s', (key, message) => {
    for (const value of ['other', 7.5, Symbol('s'), null])
      if (!(value === null && key !== 'host'))
        expect(() => GuestRam.allocate(1, bad({ [key]: value }))).toThrow(message)
  })

  test('options that are none', () => {
    for (const value of [null, 'host', 1, [], () => 1])
      expect(() => GuestRam.allocate(1, bad(value))).toThrow(/^options must be an object, got /)
  })
})

describe('memory', () => {
  test('is a shared WebAssembly.Memory, with room for 64 MiB behind the guest RAM and no more', () => {
    const { handle, buffer } = GuestRam.allocate(65537)
    const memory = handle.memory as WebAssembly.Memory
    expect(memory.buffer).toBe(buffer)
    expect(buffer.byteLength).toBe(2 * 65536)
    expect(memory.grow(1024)).toBe(2)
    expect(() => memory.grow(1)).toThrow(RangeError)
  })

  test('the largest is 4 GiB, to the byte', () => {
    const ram = GuestRam.allocate(2 ** 32)
    expect([ram.bytes, ram.buffer.byteLength]).toEqual([2 ** 32, 2 ** 32])
    expect(ram.block('all', 2 ** 32).size).toBe(2 ** 32)
  })

  test.each<[string, () => void]>([
    ['no WebAssembly', () => vi.stubGlobal('WebAssembly', undefined)],
    [
      'no shared memory',
      () =>
        vi.stubGlobal('WebAssembly', {
          Memory: class {
            buffer = new ArrayBuffer(65536)
          },
        }),
    ],
  ])('is a SharedArrayBuffer of whole pages where the engine has %s', (_what, stub) => {
    stub()
    const ram = GuestRam.allocate(65537, { lane: 'auto' })
    expect(ram.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect([ram.bytes, ram.buffer.byteLength, ram.handle.memory]).toEqual([65537, 131072, undefined])
    expect(ram.lane).toBeInstanceOf(ScriptLane)
    expect(ram.blocks).toEqual([])
    expect(() => GuestRam.allocate(1, { lane: 'wasm' })).toThrow(
      new TypeError('options.lane is "wasm", but this engine has no shared WebAssembly.Memory'),
    )
  })

  test('a wrapped buffer is served as it is', () => {
    const buffer = new SharedArrayBuffer(5000)
    const ram = GuestRam.wrap(buffer, { lane: 'auto' })
    expect([ram.bytes, ram.buffer, ram.handle.memory]).toEqual([5000, buffer, undefined])
    expect(ram.lane).toBeInstanceOf(ScriptLane)
    expect(ram.blocks).toEqual([])
    expect(ram.block('all', 5000).size).toBe(5000)
    expect(() => GuestRam.wrap(buffer, { lane: 'wasm' })).toThrow(/no kernel can reach a buffer/)
  })
})

describe('blocks', () => {
  test('a block may have all that is left, and not a byte more', () => {
    const ram = GuestRam.allocate(3 * 4096)
    ram.block('first', 4097)
    expect(() => ram.block('more', 4097)).toThrow(
      new RangeError('bytes must be at most the 4096 that are left of this guest RAM, got 4097'),
    )
    expect(ram.block('rest', 4096).offset).toBe(8192)
    expect(() => ram.block('none', 1)).toThrow(/the 0 that are left/)
    expect(ram.blocks.map(({ name }) => name)).toEqual(['first', 'rest'])
  })

  test('those of now come along in a handle, with their bytes', () => {
    const ram = GuestRam.allocate(4 * 4096)
    const blocks = [ram.block('a', 5000), ram.block('b', 100)]
    const there = GuestRam.attach(ram.handle)
    const [a, b] = there.blocks
    expect(there.blocks.map(({ name, offset, size }) => [name, offset, size])).toEqual([
      ['a', 0, 5000],
      ['b', 8192, 100],
    ])
    if (a === undefined || b === undefined) throw new Error('unreachable')
    ramCopy(blocks[1] as typeof b, 10, Uint8Array.of(1, 2, 3), 0, 3)
    expect([...b.view().slice(9, 14)]).toEqual([0, 1, 2, 3, 0])
    expect(there.block('c', 1).offset).toBe(12288)
    expect(ram.blocks).toHaveLength(2)
  })

  test('a view is of the block, or a part of it', () => {
    const ram = GuestRam.allocate(4 * 4096)
    ram.block('ahead', 1)
    const block = ram.block('block', 100)
    const place = ({ byteOffset, length }: Uint8Array) => [byteOffset, length]
    expect(place(block.view())).toEqual([4096, 100])
    expect(place(block.view(10))).toEqual([4106, 90])
    expect(place(block.view(10, 20))).toEqual([4106, 20])
    expect(place(block.view(100, 0))).toEqual([4196, 0])
    expect(() => block.view(101)).toThrow(/^offset must be an integer from 0 to 100, got 101$/)
    expect(() => block.view(-1)).toThrow(/^offset .*got -1$/)
    expect(() => block.view(10, 91)).toThrow(/^length must be an integer from 0 to 90, got 91$/)
    expect(() => block.view(0, Number.NaN)).toThrow(/^length .*got NaN$/)
  })

  test('a handle that is none is refused', () => {
    const { handle } = GuestRam.allocate(4096)
    const broken: unknown[] = [undefined, null, 'handle', {}, { ...handle, buffer: new ArrayBuffer(8) }]
    broken.push({ ...handle, cut: new ArrayBuffer(4) }, { ...handle, buffer: undefined })
    for (const value of broken)
      expect(() => GuestRam.attach(value as GuestRamHandle)).toThrow(/^handle must be a GuestRam's handle, got /)
  })
})
