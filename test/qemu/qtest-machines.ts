import {
  AddressSpace,
  addEventNotifier,
  type EventNotifierMatch,
  GuestRam,
  MemoryRegion,
  removeEventNotifier,
} from 'guestmem'
import type { QtestMachine } from '../../src/qemu/qemu.ts'
import type { StandIns } from './qtest-transcript.ts'

const space = (name: string, size: number) => {
  const root = MemoryRegion.container(name, size)
  return { root, space: new AddressSpace(name, root) }
}

/** A PC as far as PCI's configuration ports go. @param configure Gets what is written to a register. */
function pc(stands: StandIns, configure: (address: number, value: number) => void) {
  const memory = space('system', 2 ** 32)
  const io = space('I/O', 65536)
  let selected = 0
  const index = stands.device('pci-conf-idx', 0xcf8, 4, { endianness: 'little' }, (_, value) => {
    selected = value
  })
  const data = stands.device('pci-conf-data', 0xcfc, 4, { endianness: 'little' }, (offset, value) => {
    configure(selected + offset, value)
  })
  io.root.addSubregion(0xcf8, index)
  io.root.addSubregion(0xcfc, data)
  return { memory, io, machine: { memory: memory.space, io: io.space } satisfies QtestMachine }
}

/** i440FX: register 0x5a (PAM1) says what is seen from 0xc0000 to 0xc7fff: PCI, or RAM that may be read, written, both. */
export function pamMachine(stands: StandIns): QtestMachine {
  const ram = GuestRam.allocate(2 ** 21)
  const pcRam = MemoryRegion.ram('pc.ram', ram.block('pc.ram', 2 ** 20))
  const shadow = MemoryRegion.alias('pam-ram', pcRam, 0xc0000, 0x8000)
  const { memory, machine } = pc(stands, (address, value) => {
    if (address !== 0x80000058 + 2) return
    MemoryRegion.transaction(() => {
      shadow.setEnabled((value & 3) !== 0)
      shadow.setReadonly((value & 3) === 1)
    })
  })
  memory.root.addSubregion(0, MemoryRegion.alias('ram-below-4g', pcRam, 0, 0xc0000))
  memory.root.addSubregion(0xc0000, MemoryRegion.rom('pc.rom', ram.block('pc.rom', 0x20000)), 1)
  memory.root.addSubregion(0xc0000, shadow, 2)
  shadow.setEnabled(false)
  return machine
}

/** What pci-testdev's memory tests have an event notifier take: nothing, every byte at 0x801, or the byte 0xfa at 0x802. */
const TESTS: readonly (EventNotifierMatch | undefined)[] = [
  undefined,
  { offset: 0x801, size: 1 },
  { offset: 0x802, size: 1, data: 0xfa },
]

/** pci-testdev, with its registers where the conversation maps them. A write to the first one begins a test. */
export function testdevMachine(stands: StandIns): QtestMachine {
  const { memory, io, machine } = pc(stands, () => {})
  const ops = { endianness: 'little', impl: { minSize: 1, maxSize: 1 } } as const
  const notify = () => {}
  let running: EventNotifierMatch | undefined
  const registers = stands.device('pci-testdev-mmio', 0xc2200000, 4096, ops, (offset, value) => {
    if (offset !== 0) return
    if (running !== undefined) removeEventNotifier(registers, running, notify)
    running = TESTS[value]
    if (running !== undefined) addEventNotifier(registers, running, notify)
  })
  memory.root.addSubregion(0xc2200000, registers)
  io.root.addSubregion(0xd000, stands.device('pci-testdev-portio', 0xd000, 256, ops))
  return machine
}

/** fw_cfg of the Arm virt machine. */
export function fwCfgMachine(stands: StandIns): QtestMachine {
  const { root, space: memory } = space('system', 2 ** 40)
  const wide = { minSize: 1, maxSize: 8 } as const
  const big = { endianness: 'big' } as const
  const data = stands.device('fwcfg.data', 0x9020000, 8, {
    ...big,
    valid: wide,
    impl: wide,
    accepts: offset => offset === 0,
  })
  const control = stands.device('fwcfg.ctl', 0x9020008, 2, {
    ...big,
    accepts: (_, size, isWrite) => isWrite && size === 2,
  })
  const dma = stands.device('fwcfg.dma', 0x9020010, 8, {
    ...big,
    valid: wide,
    impl: wide,
    accepts: (offset, size, isWrite) => !isWrite || (size === 4 && offset % 4 === 0) || (size === 8 && offset === 0),
  })
  root.addSubregion(0x9020000, data)
  root.addSubregion(0x9020008, control)
  root.addSubregion(0x9020010, dma)
  return { memory }
}
