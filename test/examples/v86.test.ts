import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type AddressSpace, MemoryRegion, MemTxResult, ScatterGatherList } from 'guestmem'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DISK, dueLines, wrongBytes } from '../../examples/v86/due.mjs'
import { type Bridge, type Cpu, type Emulator, machine, plugDisk, plugEdu, run } from '../../examples/v86/machine.mjs'
import { LONG } from '../support/campaign.ts'

const folder = mkdtempSync(join(tmpdir(), 'v86-'))
const path = join(folder, 'disk.img')
writeFileSync(path, DISK)
const file = openSync(path, 'r+')
afterAll(() => {
  closeSync(file)
  rmSync(folder, { recursive: true })
})

const RAM_BYTES = 8 * 2 ** 20
const VGA = 0xa_0000
const VGA_END = 0xc_0000

test('firmware drives both cards, while the memory that its RAM is in grows with each line that it tells', async () => {
  const { emulator, bridge } = await machine()
  const { cpu } = emulator.v86
  const cards = { edu: plugEdu(bridge), disk: plugDisk(bridge, file) }
  const before = cpu.wasm_memory.buffer.byteLength
  const told = await run(emulator, () => void cpu.wasm_memory.grow(1))
  expect(told).toEqual(dueLines(cards))
  expect(wrongBytes((address, bytes) => cpu.read_blob(address, bytes), readFileSync(path))).toEqual([])
  expect(cpu.wasm_memory.buffer.byteLength - before).toBeGreaterThanOrEqual(Object.keys(told).length * 65_536)
  await emulator.destroy()
})

describe('a machine that stands still', () => {
  let emulator: Emulator
  let bridge: Bridge
  let cpu: Cpu
  /** What v86's JIT was told. */
  let told: [start: number, end: number][] = []
  beforeAll(async () => {
    ;({ emulator, bridge } = await machine({ ramBytes: RAM_BYTES }))
    cpu = emulator.v86.cpu
    const tell = cpu.jit_dirty_cache
    cpu.jit_dirty_cache = (start, end) => {
      told.push([start, end])
      tell(start, end)
    }
    return () => emulator.destroy()
  })
  afterEach(() => {
    told = []
  })

  const STORES: Record<string, [length: number, store: (dma: AddressSpace, at: number) => void]> = {
    store8: [1, (dma, at) => dma.store8(at, 1)],
    store16: [2, (dma, at) => dma.store16(at, 1)],
    store16le: [2, (dma, at) => dma.store16le(at, 1)],
    store32: [4, (dma, at) => dma.store32(at, 1)],
    store32be: [4, (dma, at) => dma.store32be(at, 1)],
    store64: [8, (dma, at) => dma.store64(at, 1n)],
    store64le: [8, (dma, at) => dma.store64le(at, 1n)],
    store64Pair: [8, (dma, at) => dma.store64Pair(at, 1, 2)],
    write: [9, (dma, at) => void dma.write(at, new Uint8Array(9).fill(1))],
    'write at a bigint': [9, (dma, at) => void dma.write(BigInt(at), new Uint8Array(9).fill(1))],
    fill: [5000, (dma, at) => void dma.fill(at, 1, 5000n)],
    copy: [4097, (dma, at) => void dma.copy(at, dma, 0x1_0000, 4097)],
    'a list': [
      7,
      (dma, at) =>
        void new ScatterGatherList()
          .add(dma, at, 3)
          .add(dma, at + 3, 4)
          .write(0, new Uint8Array(7).fill(1)),
    ],
    'a list, copied': [
      6,
      (dma, at) =>
        void new ScatterGatherList().add(dma, at, 6).copyFrom(0, new ScatterGatherList().add(dma, 0x1_0000, 6), 0, 6),
    ],
    'a window': [
      5,
      (dma, at) => {
        const window = dma.map(at, 5, { write: true })
        window?.bytes.fill(1)
        window?.unmap()
      },
    ],
    'a part of a window': [
      3,
      (dma, at) => {
        const window = dma.map(at, 5, { write: true })
        window?.bytes.fill(1)
        window?.unmap(3)
      },
    ],
  }

  test.each(Object.entries(STORES))(
    'the JIT is told of %s, and of no more than it stores',
    (_name, [length, store]) => {
      for (const at of [0x2_0000, 0x2_0ff8, 0x40_0000]) {
        told = []
        store(bridge.dma, at)
        expect([Math.min(...told.map(([start]) => start)), Math.max(...told.map(([, end]) => end))]).toEqual([
          at,
          at + length,
        ])
      }
    },
  )

  test('the JIT is told nothing of loads, nor of windows to load from', () => {
    const { dma } = bridge
    dma.load32(0)
    dma.load64(8)
    dma.read(0, new Uint8Array(5000))
    dma.map(0, 5000)?.unmap()
    expect(told).toEqual([])
  })

  test('a window tells the JIT when it is given back: until then the device stores', () => {
    const window = bridge.dma.map(0x3000, 16, { write: true })
    expect(told).toEqual([])
    window?.unmap()
    expect(told).toEqual([[0x3000, 0x3010]])
  })

  test.each([RAM_BYTES, 2 ** 31, 2 ** 40, 2n ** 53n, 2n ** 64n - 1n])('what is stored at %s goes nowhere', address => {
    const { dma } = bridge
    expect(dma.write(address, new Uint8Array(64))).toBe(MemTxResult.DECODE_ERROR)
    expect(dma.fill(address, 1, 2n ** 60n)).toBe(MemTxResult.DECODE_ERROR)
    expect(told).toEqual([])
    // The first bytes are in RAM.
    dma.write(RAM_BYTES - 3, new Uint8Array(64).fill(7))
    expect(told).toEqual([[RAM_BYTES - 3, RAM_BYTES]])
    expect([...cpu.read_blob(RAM_BYTES - 4, 4)]).toEqual([0, 7, 7, 7])
  })

  test("DMA is v86's own copies, wherever it is, and its memory grows in between", () => {
    const near = (place: number) => fc.integer({ min: -40, max: 40 }).map(distance => place + distance)
    const place = fc.oneof(
      near(0x40_0000),
      near(VGA_END + 64),
      near(VGA - 300),
      fc.integer({ min: 0x10_0000, max: RAM_BYTES - 300 }),
    )
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200, ...LONG })
    let growths = 0
    fc.assert(
      fc.property(place, bytes, fc.boolean(), fc.constantFrom('blob', 'dma', 'window'), (at, given, grows, way) => {
        const { dma } = bridge
        told = []
        const window = way === 'window' ? dma.map(at, given.length, { write: true }) : undefined
        if (grows && growths++ < 300) cpu.wasm_memory.grow(1)
        if (window !== undefined) {
          window.bytes.set(given)
          window.unmap()
        } else if (way === 'dma') dma.write(at, given)
        else cpu.write_blob(given, at)
        const into = new Uint8Array(given.length)
        expect(dma.read(at, into)).toBe(MemTxResult.OK)
        expect(into).toEqual(given)
        expect(Uint8Array.from(cpu.read_blob(at, given.length))).toEqual(given)
        expect(told).toEqual([[at, at + given.length]])
      }),
      { numRuns: 1000 },
    )
    expect(growths).toBeGreaterThan(100)
  })

  test('a bounce buffer over the end of the display tells the JIT of the RAM behind', () => {
    const window = bridge.dma.map(VGA_END - 8, 16, { write: true })
    expect(window?.direct).toBe(false)
    window?.bytes.fill(9)
    window?.unmap()
    expect([...cpu.read_blob(VGA_END, 9)]).toEqual([9, 9, 9, 9, 9, 9, 9, 9, 0])
    expect(told).toEqual([[VGA_END - 8, VGA_END + 8]])
  })

  test('cards have BARs of their own, and read as all ones where they refuse', () => {
    const config = { vendor: 0x1af4, device: 0x10ff, classCode: 0xff_0000 }
    let lines: Parameters<Parameters<Bridge['plug']>[1]>[1] | undefined
    const words = new Uint32Array(4)
    const cards = [16, 2 ** 20, 4096].map(size =>
      bridge.plug(config, (_bus, given) => {
        lines = given
        return MemoryRegion.io(
          'words',
          {
            read: at => words[at / 4] ?? 0,
            write: (at, value) => {
              words[at / 4] = value
            },
            valid: { minSize: 4, maxSize: 4 },
            endianness: 'little',
          },
          size,
        )
      }),
    )
    expect(cards.map(({ slot }) => slot)).toEqual([8, 9, 10])
    expect(cards.map(({ address }) => address)).toEqual([0xfb00_0000, 0xfb10_0000, 0xfb20_0000])
    // v86 gives addresses as signed words.
    for (const { address } of cards) {
      const signed = address | 0
      const unit = address >>> 17
      cpu.memory_map_write32[unit]?.(signed + 4, -2)
      expect((cpu.memory_map_read32[unit]?.(signed + 4) ?? 0) >>> 0).toBe(0xffff_fffe)
      expect(cpu.memory_map_read8[unit]?.(signed + 4)).toBe(0xff)
      expect(bridge.dma.load32(address + 4)).toBe(0xffff_fffe)
      words.fill(0)
    }
    expect(cpu.memory_map_read32[0xfb00_0000 >>> 17]?.(0xfb00_0010 | 0)).toBe(-1)
    expect(cpu.memory_map_read8[0xfb00_0000 >>> 17]?.(0xfb00_0010 | 0)).toBe(0xff)
    const status = () => ((cpu.devices.pci.device_spaces[10 << 3]?.[1] ?? 0) >>> 16) & 0x2000
    expect(status()).toBe(0)
    lines?.setMasterAbort()
    expect(status()).toBe(0x2000)
    expect(told).toEqual([])
  })

  test('an interrupt is raised after the access, if it is not lowered by then; a card that shares its line keeps it', async () => {
    const calls: string[] = []
    const { pci } = cpu.devices as unknown as {
      pci: { raise_irq(id: number): void; lower_irq(id: number): void }
    }
    const [raise, lower] = [pci.raise_irq, pci.lower_irq]
    pci.raise_irq = id => void calls.push(`raise ${id >> 3}`)
    pci.lower_irq = id => void calls.push(`lower ${id >> 3}`)
    const lines: { setInterrupt(level: boolean): void }[] = []
    const slots = [0, 1].map(
      index =>
        bridge.plug({ vendor: 1, device: 2, classCode: 0 }, (_bus, given) => {
          lines[index] = given
          return MemoryRegion.io('nothing', { read: () => 0, write: () => {} }, 4)
        }).slot,
    )
    const set = (card: number, level: boolean) => lines[card]?.setInterrupt(level)
    set(0, true)
    expect(calls).toEqual([])
    await undefined
    expect(calls.splice(0)).toEqual([`raise ${slots[0]}`])
    set(1, true)
    set(1, false)
    await undefined
    expect(calls.filter(call => call === `raise ${slots[1]}`)).toEqual([])
    expect(calls.at(-1)).toBe(`raise ${slots[0]}`)
    set(0, false)
    calls.length = 0
    await undefined
    expect(calls).toEqual([])
    pci.raise_irq = raise
    pci.lower_irq = lower
  })
})
