import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { afterAll, expect, test } from 'vitest'
import { VIRTIO_BLK_CONFIG, virtioBlkPci } from '../../examples/v86/virtio-blk-pci.mjs'

const folder = mkdtempSync(join(tmpdir(), 'virtio-blk-pci-'))
const path = join(folder, 'disk.img')
writeFileSync(
  path,
  Uint8Array.from({ length: 4 * 512 }, (_, at) => at * 7),
)
const file = openSync(path, 'r+')
afterAll(() => {
  closeSync(file)
  rmSync(folder, { recursive: true })
})

const BAR = 0x10_0000
const [COMMON, ISR, DEVICE, NOTIFY] = [BAR, BAR + 0x1000, BAR + 0x2000, BAR + 0x3000]
const STATUS = COMMON + 0x14
const QUEUE_SELECT = COMMON + 0x16
const QUEUE_SIZE = COMMON + 0x18
const ENABLE = COMMON + 0x1c
const ADDRESSES = COMMON + 0x20
const NEEDS_RESET = 0x40

function board() {
  const root = MemoryRegion.container('root', 2 ** 32)
  root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(0x1_0000).block('ram', 0x1_0000)))
  const bus = new AddressSpace('bus', root)
  const levels: boolean[] = []
  root.addSubregion(BAR, virtioBlkPci(bus, { setInterrupt: level => void levels.push(level) }, file))
  return { bus, cpu: new AddressSpace('cpu', root), levels }
}

/** Words of 16 bits byte by byte, as v86 stores them. */
function storeBytes(cpu: AddressSpace, address: number, value: number) {
  cpu.store8(address, value)
  cpu.store8(address + 1, value >>> 8)
}

function start({ cpu }: ReturnType<typeof board>, addresses = [0x1000n, 0x2000n, 0x3000n]) {
  for (const status of [1, 3, 0xb]) cpu.store8(STATUS, status)
  storeBytes(cpu, QUEUE_SELECT, 0)
  for (const [index, address] of addresses.entries()) {
    cpu.store32(ADDRESSES + 8 * index, Number(address & 0xffff_ffffn))
    cpu.store32(ADDRESSES + 8 * index + 4, Number(address >> 32n))
  }
  storeBytes(cpu, ENABLE, 1)
  cpu.store8(STATUS, 0xf)
}

/** One sector to 0x5000. */
function ask({ bus, cpu }: ReturnType<typeof board>, index: number) {
  bus.store32(0x4000, 0)
  bus.store64(0x4008, 1n)
  for (const [at, [address, length, flags]] of [
    [0x4000, 16, 1],
    [0x5000, 512, 3],
    [0x6000, 1, 2],
  ].entries()) {
    bus.store64(0x1000 + 16 * at, BigInt(address as number))
    bus.store32(0x1008 + 16 * at, length as number)
    bus.store32(0x100c + 16 * at, (flags as number) | ((at + 1) << 16))
  }
  bus.store8(0x6000, 0xff)
  bus.store16(0x2004 + 2 * index, 0)
  bus.store16(0x2002, index + 1)
  storeBytes(cpu, NOTIFY, 0)
}

test('the capabilities say where each structure is, each once, in a list that ends', () => {
  const bytes = Uint8Array.from(VIRTIO_BLK_CONFIG.capabilities)
  const fields = new DataView(bytes.buffer)
  const found = new Map<number, number>()
  for (let at = 0x40; at !== 0; at = fields.getUint8(at - 0x40 + 1)) {
    const own = at - 0x40
    expect([at % 4, fields.getUint8(own), fields.getUint8(own + 4)]).toEqual([0, 9, 0])
    expect(fields.getUint8(own + 2)).toBe(fields.getUint8(own + 3) === 2 ? 20 : 16)
    found.set(fields.getUint8(own + 3), fields.getUint32(own + 8, true))
  }
  expect([...found]).toEqual([
    [1, 0x0000],
    [2, 0x3000],
    [3, 0x1000],
    [4, 0x2000],
  ])
})

test('a request is answered, and the interrupt lasts until its reason is read', () => {
  const machine = board()
  const { bus, cpu, levels } = machine
  start(machine)
  expect([cpu.load8(STATUS), cpu.load16(QUEUE_SIZE), cpu.load16(ENABLE), cpu.load32(DEVICE)]).toEqual([0xf, 16, 1, 4])
  for (const index of [0, 1]) {
    ask(machine, index)
    expect([bus.load8(0x6000), bus.load16(0x3002), bus.load8(0x5001)]).toEqual([0, index + 1, (513 * 7) & 0xff])
    expect(levels.at(-1)).toBe(true)
    expect([cpu.load8(ISR), levels.at(-1), cpu.load8(ISR)]).toEqual([1, false, 0])
  }
})

test('offers the modern interface and how many segments a request may have, and serves that many', () => {
  const machine = board()
  const { bus, cpu } = machine
  const features = [0, 1, 2, 0xffff_ffff].map(word => {
    cpu.store32(COMMON, word)
    return cpu.load32(COMMON + 4)
  })
  expect(features).toEqual([1 << 2, 1, 0, 0])
  const words = [0, 4, 8, 12, 16].map(at => cpu.load32(DEVICE + at))
  expect(words).toEqual([4, 0, 0, 14, 0])
  start(machine)
  // 14 segments of one byte up, to places apart; the rest is all the last one's.
  bus.store32(0x4000, 0)
  bus.store64(0x4008, 0n)
  const data = Array.from({ length: 14 }, (_, index) => [0x5000 + 64 * index, index === 13 ? 512 - 13 : 1, 3])
  for (const [at, [address = 0, length = 0, flags = 0]] of [[0x4000, 16, 1], ...data, [0x6000, 1, 2]].entries()) {
    bus.store64(0x1000 + 16 * at, BigInt(address))
    bus.store32(0x1008 + 16 * at, length)
    bus.store32(0x100c + 16 * at, flags | ((at + 1) << 16))
  }
  bus.store8(0x6000, 0xff)
  bus.store16(0x2002, 1)
  storeBytes(cpu, NOTIFY, 0)
  expect([bus.load8(0x6000), bus.load16(0x3002), bus.load32(0x3008)]).toEqual([0, 1, 513])
  for (let index = 0; index < 14; index++) expect(bus.load8(0x5000 + 64 * index)).toBe((index * 7) & 0xff)
  expect(bus.load8(0x5000 + 64 * 13 + 498)).toBe((511 * 7) & 0xff)
})

test('a reset takes all back, and the queue begins anew', () => {
  const machine = board()
  const { bus, cpu, levels } = machine
  for (let round = 0; round < 3; round++) {
    start(machine)
    ask(machine, 0)
    expect(bus.load16(0x3002)).toBe(1)
    cpu.store8(STATUS, 0)
    expect([cpu.load8(STATUS), cpu.load16(ENABLE), cpu.load32(ADDRESSES), levels.at(-1)]).toEqual([0, 0, 0, false])
    // Of what was asked before a reset, nothing is done.
    bus.store16(0x2002, 2)
    storeBytes(cpu, NOTIFY, 0)
    expect([bus.load16(0x3002), levels.at(-1)]).toEqual([1, false])
    bus.store64(0x2000, 0n)
    bus.store64(0x3000, 0n)
  }
})

test('of queues there is the first', () => {
  const machine = board()
  const { cpu } = machine
  start(machine)
  storeBytes(cpu, QUEUE_SELECT, 1)
  expect([cpu.load16(QUEUE_SIZE), cpu.load16(ENABLE), cpu.load32(ADDRESSES)]).toEqual([0, 0, 0])
  cpu.store32(ADDRESSES, 0x7000)
  storeBytes(cpu, QUEUE_SELECT, 0)
  expect([cpu.load16(QUEUE_SIZE), cpu.load16(ENABLE), cpu.load32(ADDRESSES)]).toEqual([16, 1, 0x1000])
})

test('a queue that is chosen before the device is acknowledged stays chosen', () => {
  const { cpu } = board()
  storeBytes(cpu, QUEUE_SELECT, 0x0102)
  expect([cpu.load16(QUEUE_SELECT), cpu.load16(QUEUE_SIZE)]).toEqual([0x0102, 0])
})

test('a queue that is enabled again goes on where it is', () => {
  const machine = board()
  const { bus, cpu } = machine
  start(machine)
  ask(machine, 0)
  storeBytes(cpu, ENABLE, 1)
  storeBytes(cpu, NOTIFY, 0)
  expect(bus.load16(0x3002)).toBe(1)
})

test.each([0, 1, 2].flatMap(which => [2n ** 52n, 2n ** 53n, 2n ** 64n - 1n].map(address => [which, address] as const)))(
  'part %s of a queue at %s: the device needs a reset, and throws nothing',
  (which, address) => {
    const machine = board()
    const { cpu, levels } = machine
    const addresses = [0x1000n, 0x2000n, 0x3000n]
    addresses[which] = address
    start(machine, addresses)
    expect([cpu.load8(STATUS) & NEEDS_RESET, levels.at(-1), cpu.load8(ISR)]).toEqual([NEEDS_RESET, true, 2])
    storeBytes(cpu, NOTIFY, 0)
    cpu.store8(STATUS, 0)
    expect(cpu.load8(STATUS)).toBe(0)
    start(machine)
    ask(machine, 0)
    expect(cpu.load8(STATUS)).toBe(0xf)
  },
)

test('a queue that is in no memory: the device needs a reset, and says why it interrupts', () => {
  const machine = board()
  start(machine, [0x1000n, 0x2_0000n, 0x3000n])
  storeBytes(machine.cpu, NOTIFY, 0)
  expect(machine.cpu.load8(STATUS) & NEEDS_RESET).toBe(NEEDS_RESET)
  expect(machine.cpu.load8(ISR) & 2).toBe(2)
})
