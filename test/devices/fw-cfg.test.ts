import { Worker } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  FW_CFG_DMA_CTL_ERROR,
  FW_CFG_DMA_CTL_READ,
  FW_CFG_DMA_CTL_SELECT,
  FW_CFG_DMA_CTL_SKIP,
  FW_CFG_DMA_CTL_WRITE,
  FW_CFG_FILE_DIR,
  FW_CFG_ID,
  FwCfg,
} from '../../examples/devices/fw-cfg.mjs'
import { transcript } from '../qemu/qtest-transcript.ts'
import { repeat } from './conversation.ts'
import { Watched } from './watched.ts'

const RAM = 0x4000_0000
const DATA = 0x902_0000
const SELECTOR = DATA + 8
const DMA = DATA + 16
const DESCRIPTOR = RAM + 0x1000
const BUFFER = RAM + 0x2000
const UART = 0x900_0000

const ascii = (text: string) => new TextEncoder().encode(text)

// What the recorded machine's directory lists. Of all but the last, nothing is read.
const FILES: [string, Uint8Array][] = [
  ['bios-geometry', new Uint8Array(0)],
  ['bootorder', new Uint8Array(0)],
  ['etc/acpi/rsdp', new Uint8Array(0x24)],
  ['etc/acpi/tables', new Uint8Array(0x20000)],
  ['etc/boot-fail-wait', new Uint8Array(4)],
  ['etc/smbios/smbios-anchor', new Uint8Array(0x18)],
  ['etc/smbios/smbios-tables', new Uint8Array(0x10a)],
  ['etc/table-loader', new Uint8Array(0xc00)],
  ['etc/tpm/log', new Uint8Array(0)],
  ['opt/test', ascii('0123456789abcdef')],
]

function virt() {
  const watched = new Watched({
    'fwcfg.data': DATA,
    'fwcfg.ctl': SELECTOR,
    'fwcfg.dma': DMA,
    pl011: UART,
    'virt.flash0': 0,
  })
  const ram = GuestRam.allocate(2 ** 20)
  const system = MemoryRegion.container('system', 2 ** 64)
  const memory = new AddressSpace('memory', system)
  const fwCfg = new FwCfg(memory)
  for (const [name, bytes] of FILES) fwCfg.addFile(name, bytes)
  const stub = { read: () => 0, write() {} }
  watched.watch(() => {
    fwCfg.mapMemory(system, DATA)
    system.addSubregion(UART, MemoryRegion.io('pl011', stub, 0x1000))
  })
  const flash = MemoryRegion.romDevice('virt.flash0', watched.ops('virt.flash0', stub), ram.block('flash', 0x10000))
  system.addSubregion(0, flash)
  system.addSubregion(RAM, MemoryRegion.ram('mach-virt.ram', ram.block('ram', 0x10000)))
  return { watched, ram, system, memory, fwCfg }
}

let machine: ReturnType<typeof virt>
beforeEach(() => {
  machine = virt()
})

/** Has the device do what a FWCfgDmaAccess says; gives the control word that it leaves. */
function dma(control: number, length: number, address: bigint): number {
  const { memory } = machine
  memory.store32be(DESCRIPTOR, control)
  memory.store32be(DESCRIPTOR + 4, length)
  memory.store64be(DESCRIPTOR + 8, address)
  memory.store64be(DMA, BigInt(DESCRIPTOR))
  return memory.load32be(DESCRIPTOR)
}

const select = (key: number) => ((key << 16) | FW_CFG_DMA_CTL_SELECT) >>> 0

function bytesAt(address: number, length: number): number[] {
  const bytes = new Uint8Array(length)
  machine.memory.read(address, bytes)
  return [...bytes]
}

test('answers what QEMU answered, and makes the same accesses in the same order (RULES E, G3, G6, G7)', async () => {
  const { memory, watched } = machine
  const exchanges = transcript('aarch64-virt-fwcfg-dma')
  expect(exchanges).toHaveLength(207)
  await repeat(exchanges, { memory }, watched)
})

describe('the registers', () => {
  test('on ports, selector and data overlap, and the selector is little-endian', () => {
    const io = MemoryRegion.container('io', 65536)
    machine.fwCfg.mapPorts(io)
    const ports = new AddressSpace('I/O', io)
    ports.store16(0x510, FW_CFG_ID)
    expect([0, 1, 2, 3, 4].map(() => ports.load8(0x511))).toEqual([3, 0, 0, 0, 0])
    ports.store16(0x510, 0x0000)
    ports.store8(0x511, 0x55)
    expect([0, 1, 2, 3, 4].map(() => ports.load8(0x511))).toEqual([...ascii('QEMU'), 0])
    expect([ports.load16(0x510), ports.result]).toEqual([0, MemTxResult.DECODE_ERROR])
    expect(ports.load64be(0x514)).toBe(0x51454d5520434647n)
    machine.memory.store32be(DESCRIPTOR, select(0x29) | FW_CFG_DMA_CTL_READ)
    machine.memory.store32be(DESCRIPTOR + 4, 2)
    machine.memory.store64be(DESCRIPTOR + 8, BigInt(BUFFER))
    ports.store32be(0x518, DESCRIPTOR)
    expect(machine.memory.load32be(DESCRIPTOR)).toBe(0)
    expect(bytesAt(BUFFER, 3)).toEqual([...ascii('01'), 0])
  })

  test('the DMA register reads as a signature, whole and in parts', () => {
    const { memory } = machine
    expect(memory.load64be(DMA)).toBe(0x51454d5520434647n)
    expect(memory.load32be(DMA + 4)).toBe(0x20434647)
    expect(memory.load8(DMA + 6)).toBe(0x46)
  })

  test('a key that no item has reads as zeros; bit 14 selects the same item', () => {
    const { memory } = machine
    memory.store16be(SELECTOR, 0x1234)
    expect(memory.load32be(DATA)).toBe(0)
    memory.store16be(SELECTOR, 0x4000)
    expect(memory.load32be(DATA)).toBe(0x51454d55)
  })

  test('a file that was added later is in the directory, its name cut to 55 characters', () => {
    const { memory, fwCfg } = machine
    const key = fwCfg.addFile(`opt/${'n'.repeat(80)}`, ascii('late'))
    memory.store16be(SELECTOR, FW_CFG_FILE_DIR)
    expect(memory.load32be(DATA)).toBe(11)
    const entries = new Uint8Array(64 * 11)
    for (let at = 0; at < entries.length; at++) entries[at] = memory.load8(DATA)
    const last = entries.subarray(64 * 10)
    expect([...last.subarray(0, 8)]).toEqual([0, 0, 0, 4, 0, key, 0, 0])
    expect(new TextDecoder().decode(last.subarray(8))).toBe(`opt/${'n'.repeat(51)}\0`)
    memory.store16be(SELECTOR, key)
    expect(memory.load32be(DATA)).toBe(0x6c617465)
  })
})

describe('the DMA interface', () => {
  test('reads on from the offset; behind the end of the item come zeros', () => {
    const { memory } = machine
    memory.fill(BUFFER, 0xcc, 32)
    expect(dma(select(0x29), 0, 0n)).toBe(0)
    expect(dma(FW_CFG_DMA_CTL_SKIP, 10, 0n)).toBe(0)
    expect(dma(FW_CFG_DMA_CTL_READ, 4, BigInt(BUFFER))).toBe(0)
    expect(dma(FW_CFG_DMA_CTL_READ, 6, BigInt(BUFFER + 4))).toBe(0)
    expect(bytesAt(BUFFER, 11)).toEqual([...ascii('abcdef'), 0, 0, 0, 0, 0xcc])
    expect(dma(FW_CFG_DMA_CTL_SKIP, 0xffff_ffff, 0n)).toBe(0)
    expect(memory.load8(DATA)).toBe(0)
  })

  test('an item without a key reads as zeros', () => {
    machine.memory.fill(BUFFER, 0xcc, 4)
    expect(dma(select(0x1234) | FW_CFG_DMA_CTL_READ, 3, BigInt(BUFFER))).toBe(0)
    expect(bytesAt(BUFFER, 4)).toEqual([0, 0, 0, 0xcc])
  })

  test('writes what fits into an item that may be written, and nothing else', () => {
    const { memory, fwCfg } = machine
    const item = ascii('........')
    const key = fwCfg.addFile('etc/vmcoreinfo', item, true)
    memory.write(BUFFER, ascii('abcdefghi'))
    const write = (length: number) => dma(FW_CFG_DMA_CTL_WRITE, length, BigInt(BUFFER))
    expect(dma(select(key), 0, 0n)).toBe(0)
    expect(write(9)).toBe(FW_CFG_DMA_CTL_ERROR)
    expect(item).toEqual(ascii('........'))
    expect(write(3)).toBe(0)
    expect(write(2)).toBe(0)
    expect(item).toEqual(ascii('abcab...'))
    expect(write(4)).toBe(FW_CFG_DMA_CTL_ERROR)
    expect(dma(select(0x29) | FW_CFG_DMA_CTL_WRITE, 1, BigInt(BUFFER))).toBe(FW_CFG_DMA_CTL_ERROR)
    expect(item).toEqual(ascii('abcab...'))
  })

  test.each([0x5000_0000n, BigInt(RAM + 0x10000 - 4), 2n ** 53n, 2n ** 64n - 4n, BigInt(DATA)])(
    'an item is not written with what could not be read whole, at 0x%s',
    address => {
      const item = ascii('........')
      const key = machine.fwCfg.addFile('etc/vmcoreinfo', item, true)
      machine.memory.fill(RAM, 0x55, 0x10000)
      expect(dma(select(key) | FW_CFG_DMA_CTL_WRITE, 8, address)).toBe(FW_CFG_DMA_CTL_ERROR)
      expect(item).toEqual(ascii('........'))
      expect(dma(select(key) | FW_CFG_DMA_CTL_WRITE, 8, BigInt(BUFFER))).toBe(0)
      expect(item).toEqual(ascii('UUUUUUUU'))
    },
  )

  test('reading wins over writing, writing over skipping', () => {
    const { memory, fwCfg } = machine
    const item = ascii('12')
    const key = fwCfg.addFile('opt/both', item, true)
    memory.write(BUFFER, ascii('ab'))
    expect(dma(select(key) | FW_CFG_DMA_CTL_WRITE | FW_CFG_DMA_CTL_SKIP, 1, BigInt(BUFFER))).toBe(0)
    expect(item).toEqual(ascii('a2'))
    expect(dma(FW_CFG_DMA_CTL_READ | FW_CFG_DMA_CTL_WRITE | FW_CFG_DMA_CTL_SKIP, 1, BigInt(BUFFER + 1))).toBe(0)
    expect([bytesAt(BUFFER, 2), item]).toEqual([[...ascii('a2')], ascii('a2')])
  })

  test('the address register is zero again after an operation', () => {
    const { memory } = machine
    memory.store32be(DESCRIPTOR, 0x5540)
    memory.store32be(DMA, 1)
    memory.store32be(DMA + 4, DESCRIPTOR)
    expect(memory.load32be(DESCRIPTOR)).toBe(0x5540)
    memory.store32be(DMA + 4, DESCRIPTOR)
    expect(memory.load32be(DESCRIPTOR)).toBe(0)
  })

  test.each([0x2000_0000_0000_0000n, 0xffff_ffff_ffff_fff8n, 2n ** 53n, 2n ** 53n - 1n, 0x5000_0000n])(
    'an address where nothing is, 0x%s, is an error and throws nothing',
    address => {
      const { memory } = machine
      expect(dma(select(0x29) | FW_CFG_DMA_CTL_READ, 16, address)).toBe(FW_CFG_DMA_CTL_ERROR)
      expect(dma(select(0x29) | FW_CFG_DMA_CTL_READ, 0xffff_ffff, address)).toBe(FW_CFG_DMA_CTL_ERROR)
      expect(() => dma(select(0x29) | FW_CFG_DMA_CTL_READ, 0, address)).not.toThrow()
      memory.store64be(DMA, address)
      expect(memory.result).toBe(MemTxResult.OK)
    },
  )

  test('a descriptor half of which is RAM is an error', () => {
    const { memory } = machine
    const at = RAM + 0x10000 - 8
    memory.store32be(at, select(0x29) | FW_CFG_DMA_CTL_READ)
    memory.store64be(DMA, BigInt(at))
    expect(memory.load32be(at)).toBe(FW_CFG_DMA_CTL_ERROR)
  })

  test('DMA into its own registers is refused, from memory and from ports (RULES G7)', () => {
    const { memory, fwCfg, system } = machine
    const before = memory.load64be(DMA)
    for (const own of [DATA, DMA])
      expect(dma(select(0x29) | FW_CFG_DMA_CTL_READ, 8, BigInt(own))).toBe(FW_CFG_DMA_CTL_ERROR)
    expect(memory.load64be(DMA)).toBe(before)
    fwCfg.mapPorts(system, 0x6000_0000)
    expect(dma(select(0x29) | FW_CFG_DMA_CTL_READ, 1, 0x6000_0001n)).toBe(FW_CFG_DMA_CTL_ERROR)
    // The device is open again afterwards.
    expect(dma(select(0x29) | FW_CFG_DMA_CTL_READ, 1, BigInt(BUFFER))).toBe(0)
  })

  test('the word that says it is done is the last store, and one store (S2)', () => {
    const { memory, system } = machine
    const stores: [number, number, number][] = []
    const access = [0x0029_000a, 16, 0, 0x6000_0040]
    const ops = {
      read: (offset: number) => access[offset / 4] ?? 0,
      write: (offset: number, value: number, size: number) => void stores.push([offset, size, value]),
      valid: { minSize: 1, maxSize: 4 },
      impl: { minSize: 4, maxSize: 4 },
      endianness: 'big',
    } as const
    system.addSubregion(0x6000_0000, MemoryRegion.io('watched memory', ops, 0x1000))
    memory.store64be(DMA, 0x6000_0000n)
    expect(stores).toEqual([
      [0x40, 4, 0x30313233],
      [0x44, 4, 0x34353637],
      [0x48, 4, 0x38396162],
      [0x4c, 4, 0x63646566],
      [0, 4, 0],
    ])
  })
})

// The guest waits for the control word as drivers do. It looks at the last byte of the data first, as that came last.
const GUEST = `
  const { workerData, parentPort } = require('node:worker_threads')
  const { buffer, control, data, length, rounds } = workerData
  const words = new Int32Array(buffer)
  const bytes = new Uint8Array(buffer, data, length)
  let stale = 0
  for (let round = 1; round <= rounds; round++) {
    while (Atomics.load(words, control / 4) !== 0);
    for (let at = length - 1; at >= 0; at--) if (bytes[at] !== (round & 0xff)) stale++
    Atomics.store(words, control / 4, -round)
    Atomics.notify(words, control / 4)
  }
  parentPort.postMessage(stale)
`

test('a guest on another CPU that sees the transfer done sees all of its data (S2)', async () => {
  const { memory, ram, fwCfg } = machine
  const rounds = 300
  const length = 3000
  const item = new Uint8Array(length)
  const key = fwCfg.addFile('opt/rounds', item)
  const block = ram.blocks.find(({ name }) => name === 'ram')
  if (block === undefined) throw new Error('no RAM')
  const control = block.offset + (DESCRIPTOR - RAM)
  const words = new Int32Array(ram.buffer)
  const begin = select(key) | FW_CFG_DMA_CTL_READ
  memory.store32be(DESCRIPTOR, begin)
  memory.store32be(DESCRIPTOR + 4, length)
  memory.store64be(DESCRIPTOR + 8, BigInt(BUFFER))
  const data = block.offset + (BUFFER - RAM)
  const guest = new Worker(GUEST, { eval: true, workerData: { buffer: ram.buffer, control, data, length, rounds } })
  const stale = new Promise<number>((resolve, reject) => guest.on('message', resolve).on('error', reject))
  for (let round = 1; round <= rounds; round++) {
    item.fill(round & 0xff)
    memory.store32be(DESCRIPTOR, begin)
    memory.store32be(DMA + 4, DESCRIPTOR)
    Atomics.wait(words, control / 4, 0, 10_000)
    expect(Atomics.load(words, control / 4)).toBe(-round)
  }
  expect(await stale).toBe(0)
  await guest.terminate()
})
