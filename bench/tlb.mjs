// What a CPU does most: one access after the other, by the TLB of a space; beside it what other emulators and people who
// write a bus by hand do, in the same run. A limit in nanoseconds is what ours may take on Node 24 and 26.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { RP2040 } from 'rp2040js'
import { Register } from './accesses.mjs'
import { loop } from './loop.mjs'

const COUNT = 4096
const FLASH = 0x1000_0000
const SRAM = 0x2000_0000
const DEVICES = 0x4000_0000
const RAM = 0x8000_0000
const HIGH = 2 ** 32
const AVR = 0x6000_0000
const VALUES = [1n, 2n ** 63n, 3n, 2n ** 40n]

/** A microcontroller's map, RAM above 2^32, and a page that RAM and registers share. */
function machine(order) {
  const ram = GuestRam.allocate(2 ** 23, order === undefined ? {} : { order })
  const system = MemoryRegion.container('system', 2 ** 40)
  const flash = ram.block('flash', 2 ** 21)
  const sram = ram.block('sram', 2 ** 18)
  const main = ram.block('main', 2 ** 21)
  const devices = Array.from({ length: 24 }, () => new Register())
  system.addSubregion(FLASH, MemoryRegion.rom('flash', flash))
  system.addSubregion(SRAM, MemoryRegion.ram('sram', sram))
  system.addSubregion(RAM, MemoryRegion.ram('main', main))
  system.addSubregion(HIGH, MemoryRegion.ram('high', ram.block('high', 2 ** 21)))
  system.addSubregion(AVR + 0x20, MemoryRegion.io('registers', new Register(), 0xe0))
  system.addSubregion(AVR + 0x100, MemoryRegion.ram('data', ram.block('data', 2048)))
  for (const [i, device] of devices.entries())
    system.addSubregion(DEVICES + i * 0x4000, MemoryRegion.io(`device ${i}`, device, 0x1000))
  const words = ({ offset, size }) => new Uint32Array(ram.buffer, offset, size / 4)
  return {
    memory: new AddressSpace('memory', system),
    flash: words(flash),
    sram: words(sram),
    main: words(main),
    devices,
  }
}

const any = below => Math.floor(Math.random() * below)
const inFlash = () => FLASH + 4 * any(2 ** 14)
const inSram = () => SRAM + 4 * any(2 ** 14)
const inRam = () => RAM + 4 * any(2 ** 14)
const inDevices = () => DEVICES + 0x4000 * any(24) + 4 * any(64)
const list = of => Float64Array.from({ length: COUNT }, of)
/** Addresses as a guest has them, in registers of 32 bits. */
const words = of => Uint32Array.from({ length: COUNT }, of)

/** Five ranges, as people write it. */
function byHand({ flash, sram, main, devices }) {
  return {
    load32(address) {
      switch (address >>> 28) {
        case 0:
          return 0
        case FLASH >>> 28:
          return flash[(address - FLASH) >>> 2]
        case SRAM >>> 28:
          return sram[(address - SRAM) >>> 2]
        case DEVICES >>> 28:
          return devices[(address >>> 14) & 31].read(address & 0x3fff, 4)
        case RAM >>> 28:
          return main[(address - RAM) >>> 2]
      }
      return 0
    },
    store32(address, value) {
      switch (address >>> 28) {
        case SRAM >>> 28:
          sram[(address - SRAM) >>> 2] = value
          break
        case DEVICES >>> 28:
          devices[(address >>> 14) & 31].write(address & 0x3fff, value, 4)
          break
        case RAM >>> 28:
          main[(address - RAM) >>> 2] = value
          break
      }
    },
  }
}

/** The accessors of v86's CPU for physical memory: exports of its module, without the rest of the machine. */
function v86() {
  const path = createRequire(import.meta.url).resolve('v86/build/v86.wasm')
  const module = new WebAssembly.Module(readFileSync(path))
  const imports = {}
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {}
    imports[from][name] =
      kind === 'memory'
        ? new WebAssembly.Memory({ initial: 1024 })
        : kind === 'table'
          ? new WebAssembly.Table({ initial: 2000, element: 'anyfunc' })
          : () => 0
  }
  const { exports } = new WebAssembly.Instance(module, imports)
  exports.allocate_memory(2 ** 22)
  return { load32: exports.read32s, store32: exports.write32 }
}

export function tlb(_sizes, smoke) {
  const here = machine()
  const { memory } = here
  const hand = byHand(here)
  const pico = new RP2040()
  const rows = []
  const fresh = () => machine().memory
  const limit = (name, method, addresses, ns, bytes = 4, space = fresh()) => {
    const ours = loop(CALLS[method], addresses, { memory: space, values: VALUES })
    rows.push({ case: `${method} ${name}`, bytes, align: '', rival: `${ns} ns`, ours, theirs: ns })
  }
  const against = (name, method, addresses, rival, body, names, theirs = addresses) => {
    const ours = loop(CALLS[method], addresses, { memory, values: VALUES })
    rows.push({ case: `${method} ${name}`, bytes: 4, align: '', rival, ours, theirs: loop(body, theirs, names) })
  }
  const mixed = words(() => (any(2) === 0 ? inFlash() : inSram()))
  const controller = words(() => {
    const way = any(100)
    return way < 55 ? inFlash() : way < 90 ? inSram() : inDevices()
  })
  const devices = words(inDevices)
  const ram = words(inRam)
  const ram8 = words(() => RAM + 8 * any(2 ** 13))
  const byHandLoad = 'sum ^= hand.load32(at)'

  // One RAM first, before the space knows of others.
  against('one RAM', 'load32', ram, 'a switch by hand', byHandLoad, { hand })
  against('one RAM', 'store32', ram, 'a switch by hand', 'hand.store32(at, i)', { hand })
  const { load32, store32 } = v86()
  const low = ram.map(address => address - RAM)
  against('one RAM', 'load32', ram, 'v86 0.5.462', 'sum ^= load32(at)', { load32 }, low)
  against('one RAM', 'store32', ram, 'v86 0.5.462', 'store32(at, i)', { store32 }, low)
  against('flash and SRAM', 'load32', mixed, 'a switch by hand', byHandLoad, { hand })
  against('flash and SRAM', 'load32', mixed, 'rp2040js 1.4.1', 'sum ^= pico.readUint32(at)', { pico })
  against('of a microcontroller', 'load32', controller, 'a switch by hand', byHandLoad, { hand })
  against('24 devices', 'load32', devices, 'a switch by hand', byHandLoad, { hand })
  against('24 devices', 'store32', devices, 'a switch by hand', 'hand.store32(at, i)', { hand })

  limit('flash and SRAM', 'load32', mixed, 3)
  limit('of a microcontroller', 'load32', controller, 4.5)
  limit('24 devices', 'load32', devices, 7)
  limit('24 devices', 'store32', devices, 7)
  const above = list(() => HIGH + 4 * any(2 ** 14))
  limit('above 2^32', 'load32', above, 4)
  limit('above 2^32', 'store32', above, 4)
  limit('one RAM', 'load64Pair', ram8, 4, 8)
  limit('one RAM', 'store64Pair', ram8, 4, 8)
  limit('one RAM', 'load64', ram8, 8, 8)
  limit('one RAM', 'store64', ram8, 8, 8)
  const unaligned = words(() => RAM + 8 * any(2 ** 13) + 1 + any(3))
  limit('unaligned', 'load32', unaligned, 5)
  limit('unaligned', 'store32', unaligned, 5)
  // Bytes and registers of one page.
  limit(
    'of a shared page',
    'load8',
    words(() => AVR + (any(10) > 0 ? 0x100 + any(2048) : 0x20 + any(0xe0))),
    4.5,
    1,
  )
  limit('language order, one RAM', 'load32', ram, 4, 4, machine('language').memory)
  const shared = new Int32Array(new SharedArrayBuffer(2 ** 16))
  const languageStores = loop(CALLS.store32, ram, { memory: machine('language').memory, values: VALUES })
  rows.push({
    case: 'store32 language order, one RAM',
    bytes: 4,
    align: '',
    rival: 'Atomics.store',
    ours: languageStores,
    theirs: loop('Atomics.store(shared, (at >>> 2) & 16383, i)', ram, { shared }),
  })
  const [many, count] = manyRanges(smoke ? 1000 : 10_000)
  const everywhere = words(() => FLASH + any(count) * 8192 + 4 * any(1024))
  limit(`${count} ranges at random`, 'load32', everywhere, 25, 4, many)
  return rows
}

const CALLS = {
  load8: 'sum ^= memory.load8(at)',
  load32: 'sum ^= memory.load32(at)',
  store32: 'memory.store32(at, i)',
  load64Pair: 'sum ^= memory.load64Pair(at)',
  store64Pair: 'memory.store64Pair(at, i, sum)',
  load64: 'if (memory.load64(at) === 77n) sum++',
  store64: 'memory.store64(at, values[i & 3])',
}

/** Half of them RAM and half devices. */
function manyRanges(count) {
  const ram = GuestRam.allocate((count / 2) * 4096)
  const system = MemoryRegion.container('system', 2 ** 40)
  MemoryRegion.transaction(() => {
    for (let i = 0; i < count; i++) {
      const name = `range ${i}`
      const region =
        i % 2 === 0 ? MemoryRegion.ram(name, ram.block(name, 4096)) : MemoryRegion.io(name, new Register(), 4096)
      system.addSubregion(FLASH + i * 8192, region)
    }
  })
  const memory = new AddressSpace('memory', system)
  for (let i = 0; i < count; i++) memory.load32(FLASH + i * 8192)
  return [memory, count]
}
