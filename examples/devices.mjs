// The devices of examples/devices, each asked what a guest's firmware or driver would ask it.

import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { formatFlatView } from 'guestmem/qemu'
import { asCpu } from './cpu.mjs'
import * as edu from './devices/edu.mjs'
import * as fwCfg from './devices/fw-cfg.mjs'
import { I440FX_PAM0, Pam } from './devices/pam.mjs'
import * as testdev from './devices/pci-testdev.mjs'
import { printTable } from './table.mjs'

const MIB = 2 ** 20
const RAM_BYTES = 2 * MIB
const FW_CFG = 0x0902_0000
const EDU = 0x0a00_0000
const TESTDEV = 0x0a10_0000

const guestRam = GuestRam.allocate(4 * MIB)
const ram = MemoryRegion.ram('ram', guestRam.block('ram', RAM_BYTES))
const system = MemoryRegion.container('system', 2 ** 32)
const pci = MemoryRegion.container('pci', 2 ** 32)
const memory = new AddressSpace('memory', system)
/** What the guest's firmware and drivers use. */
const cpu = asCpu(memory)
const tables = new fwCfg.FwCfg(memory)
const pam = new Pam(system, ram, pci)
/** Work that edu does later: here, when `tick` is called. @type {(() => void)[]} */
const later = []
const card = new edu.Edu(memory, {
  schedule: work => later.push(work),
  setInterrupt: level => console.log(`  edu's interrupt line goes ${level ? 'high' : 'low'}`),
})
tables.mapMemory(system, FW_CFG)
const counter = new testdev.PciTestdev()
MemoryRegion.transaction(() => {
  system.addSubregion(0, MemoryRegion.alias('low ram', ram, 0, RAM_BYTES))
  system.addSubregion(0, pci, -1)
  pci.addSubregion(0xc0000, MemoryRegion.rom('bios', guestRam.block('bios', 0x40000)))
  pci.addSubregion(EDU, card.region)
  pci.addSubregion(TESTDEV, counter.memory)
})

readFirmwareTables()
shadowTheBios()
driveEdu()
countWrites()

function readFirmwareTables() {
  tables.addFile('bootorder', new TextEncoder().encode('/pci@i0cf8/scsi@3\0'))
  tables.addFile('opt/greeting', new TextEncoder().encode('hello from the host'))

  // The registers are big-endian here, whatever the CPU is.
  cpu.store16be(FW_CFG + 8, fwCfg.FW_CFG_FILE_DIR)
  const count = cpu.load32be(FW_CFG)
  const files = Array.from({ length: count }, () => {
    const entry = Uint8Array.from({ length: 64 }, () => cpu.load8(FW_CFG))
    const { buffer } = entry
    const name = new TextDecoder().decode(entry.subarray(8)).replace(/\0.*/, '')
    return { name, key: new DataView(buffer).getUint16(4), size: new DataView(buffer).getUint32(0) }
  })
  printTable(
    ['fw_cfg item', 'key', 'bytes'],
    files.map(({ name, key, size }) => [name, hex(key), size]),
  )

  const greeting = files[1]
  printTable(
    ['DMA to', 'bytes', 'control word', 'what is there'],
    [
      ['RAM', 0x2000],
      ['nothing', 0x7000_0000],
      ["fw_cfg's own registers", FW_CFG],
    ].map(([place, address]) => {
      const control = fwCfgDma(fwCfg.FW_CFG_DMA_CTL_READ, greeting, address)
      const bytes = new Uint8Array(greeting.size)
      if (control === 0) cpu.read(address, bytes)
      return [
        place,
        greeting.size,
        control === 0 ? 'done' : 'error',
        control === 0 ? new TextDecoder().decode(bytes) : '',
      ]
    }),
  )
}

/** As firmware does it: fills in a FWCfgDmaAccess, writes its address, and looks at the control word. */
function fwCfgDma(operation, { key, size }, address) {
  const DESCRIPTOR = 0x1000
  cpu.store32be(DESCRIPTOR, (key << 16) | fwCfg.FW_CFG_DMA_CTL_SELECT | operation)
  cpu.store32be(DESCRIPTOR + 4, size)
  cpu.store64be(DESCRIPTOR + 8, BigInt(address))
  cpu.store32be(FW_CFG + 16 + 4, DESCRIPTOR)
  return cpu.load32be(DESCRIPTOR)
}

function shadowTheBios() {
  for (const [step, value] of [
    ['after reset, 0xf0000 is the BIOS', 0x00],
    ['to copy it there, RAM', 0x30],
    ['the copy, protected', 0x10],
  ]) {
    pam.writeConfig(I440FX_PAM0, value, 1)
    console.log(`  PAM0 = ${hex(value)}: ${step}`)
    console.log(formatFlatView(memory).split('\n').slice(0, 4).join('\n'))
  }
  console.log()
}

function driveEdu() {
  const load = register => cpu.load32(EDU + register)
  const store = (register, value) => cpu.store32(EDU + register, value)
  store(edu.LIVENESS, 0x1234_5678)
  console.log(`  edu: identification ${hex(load(edu.IDENTIFICATION))}, liveness ${hex(load(edu.LIVENESS))}`)
  store(edu.STATUS, edu.STATUS_INTERRUPT)
  store(edu.FACTORIAL, 10)
  tick()
  console.log(`  10! is ${load(edu.FACTORIAL).toLocaleString('en-US')}`)
  store(edu.INTERRUPT_ACKNOWLEDGE, load(edu.INTERRUPT_STATUS))

  cpu.write(0x3000, new TextEncoder().encode('moved by edu'))
  move(0x3000, edu.DMA_BUFFER, edu.DMA_START)
  move(edu.DMA_BUFFER, 0x3800, edu.DMA_START | edu.DMA_TO_RAM | edu.DMA_INTERRUPT)
  store(edu.INTERRUPT_ACKNOWLEDGE, edu.DMA_DONE)
  const bytes = new Uint8Array(12)
  cpu.read(0x3800, bytes)
  console.log(`  "${new TextDecoder().decode(bytes)}"\n`)

  function move(source, destination, command) {
    cpu.store64(EDU + edu.DMA_SOURCE, BigInt(source))
    cpu.store64(EDU + edu.DMA_DESTINATION, BigInt(destination))
    store(edu.DMA_COUNT, 12)
    store(edu.DMA_COMMAND, command)
    while (load(edu.DMA_COMMAND) & edu.DMA_START) tick()
  }
}

/** Scans the tests, as the specification says, until there is none of that number. */
function countWrites() {
  const rows = []
  for (let number = 0; ; number++) {
    cpu.store8(TESTDEV + testdev.TEST, number)
    if (cpu.load8(TESTDEV + testdev.WIDTH) === 0) break
    const at = TESTDEV + cpu.load32(TESTDEV + testdev.OFFSET)
    const data = cpu.load8(TESTDEV + testdev.DATA)
    const before = counter.notified
    for (const value of [data, data, data ^ 0xff]) cpu.store8(at, value)
    rows.push([cString(TESTDEV + testdev.NAME), cpu.load32(TESTDEV + testdev.COUNT), counter.notified - before])
  }
  printTable(['of 3 writes, 2 of them as expected', 'counted by the device', 'by its notifier'], rows)
}

/** @param {number} address */
function cString(address) {
  let text = ''
  for (let at = address; cpu.load8(at) !== 0; at++) text += String.fromCharCode(cpu.load8(at))
  return text
}

/** Time passes. */
function tick() {
  for (const work of later.splice(0)) work()
}

/** @param {number} value */
function hex(value) {
  return `0x${value.toString(16)}`
}
