import {
  AddressSpace,
  addEventNotifier,
  GuestRam,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxResult,
  memTxFault,
  setCoalescing,
} from 'guestmem'
import { Board, type BoardOptions } from 'guestmem/threads'
import { ADDRESS } from './addresses.ts'

/** What devices of the machine have seen. */
export interface Seen {
  /** Stores to the posted device, and those that did not come in order. */
  posted: number
  outOfOrder: number
  /** How often the doorbell's notifier was called, and how often the descriptor was not there. */
  rung: number
  early: number
  /** The sum of what was stored to the counter. */
  sum: number
  errors: unknown[]
  stalled: number[]
}

export interface Machine {
  readonly ram: GuestRam
  readonly system: MemoryRegion
  readonly memory: AddressSpace
  /** Of the RAM at 0. */
  readonly main: MemoryRegion
  readonly window: MemoryRegion
  readonly bar: MemoryRegion
  readonly flash: MemoryRegion
  readonly board: Board
  readonly seen: Seen
}

/** A machine with a device for each thing that a guest relies on. Its board is in this thread. */
export function machine(options: BoardOptions & { readonly endian?: 'little' | 'big' } = {}): Machine {
  const { endian = 'little', ...rest } = options
  const ram = GuestRam.allocate(16 * 2 ** 20)
  const vram = ram.block('vram', 2 ** 16)
  const rom = ram.block('flash', 2 ** 16)
  const seen: Seen = { posted: 0, outOfOrder: 0, rung: 0, early: 0, sum: 0, errors: [], stalled: [] }
  const system = MemoryRegion.container('system', 2 ** 40)
  const main = MemoryRegion.ram('ram', ram.block('ram', 2 ** 20))
  const window = MemoryRegion.ram('window', vram)
  const io = (name: string, ops: Partial<MemoryRegionOps>): MemoryRegion =>
    MemoryRegion.io(name, { read: () => 0, write: () => {}, ...ops }, 0x1000)
  let base = 0
  const bar = io('bar', { read: offset => (offset === 0 ? 0xba5 : base) })
  const flash = MemoryRegion.romDevice(
    'flash',
    {
      read: () => 0x80,
      write: (_, value) => flash.setRomdMode(value === 0xff),
    },
    rom,
  )
  const config = io('config', {
    write(offset, value) {
      if (offset === 0) {
        base = value
        bar.setAddress(value)
      } else if (offset === 4) window.setEnabled(value === 1)
      else if (offset === 8) board.stop()
      else if (offset === 12) {
        window.setEnabled(value % 2 === 1)
        board.raise(1, 1)
      } else throw new Error('no such register')
    },
  })
  let moved = 0
  const dma = io('dma', {
    write(_, value) {
      moved = value
      for (let i = 0; i < 16; i++) memory.store32(ADDRESS.buffer + 4 * i, value)
    },
    // The data is stored by the read itself, before it completes.
    read() {
      for (let i = 0; i < 16; i++) memory.store32(ADDRESS.buffer + 4 * i, ++moved)
      return moved
    },
  })
  const interrupts = io('interrupts', {
    write(offset, value) {
      memory.store32(ADDRESS.mailbox + offset, value)
      board.raise(offset / 4, 1)
    },
  })
  const latest: number[] = []
  const posted = io('posted', {
    write(offset, value) {
      seen.posted++
      if (value !== (latest[offset] ?? 0) + 1) seen.outOfOrder++
      latest[offset] = value
    },
    read: offset => latest[offset] ?? 0,
  })
  /** How far the device has come with the driver's descriptors: one for each ring. */
  const takeDescriptor = (isThere: boolean): void => {
    seen.rung++
    if (!isThere) seen.early++
    memory.store32(ADDRESS.acknowledged, memory.load32(ADDRESS.acknowledged) + 1)
  }
  const doorbell = io('doorbell', {
    write: (_, value) => takeDescriptor(memory.load32(ADDRESS.descriptor) === value),
  })
  const lines = io('lines', {
    write(offset, value) {
      board.raise(offset / 4, value)
    },
  })
  const counter = io('counter', {
    read: () => seen.sum,
    write(_, value) {
      seen.sum += value
    },
  })
  const picky = MemoryRegion.io(
    'picky',
    {
      read: offset => (offset === 8 ? memTxFault(MemTxResult.ERROR, 0x55) : offset),
      write: () => {},
      valid: { minSize: 2, maxSize: 4 },
    },
    0x10,
  )
  /** Registers that keep what is stored, and know what is made of it by how many requests. */
  const registers = new Uint8Array(0x1000)
  const words = new DataView(registers.buffer)
  const register = MemoryRegion.io(
    'register',
    {
      read: (offset, size) =>
        (size === 4 ? words.getUint32(offset) : size === 2 ? words.getUint16(offset) : registers[offset]) as number,
      write(offset, value, size) {
        if (size === 4) words.setUint32(offset, value)
        else if (size === 2) words.setUint16(offset, value)
        else registers[offset] = value
      },
      impl: { minSize: 1, maxSize: 4 },
    },
    0x100,
  )
  const places: [number, MemoryRegion][] = [
    [0, main],
    [ADDRESS.window, window],
    [ADDRESS.flash, flash],
    [ADDRESS.bars, bar],
    [ADDRESS.config, config],
    [ADDRESS.dma, dma],
    [ADDRESS.interrupts, interrupts],
    [ADDRESS.posted, posted],
    [ADDRESS.doorbell, doorbell],
    [ADDRESS.counter, counter],
    [ADDRESS.picky, picky],
    [ADDRESS.register, register],
    [ADDRESS.lines, lines],
  ]
  for (const [address, region] of places) system.addSubregion(address, region)
  setCoalescing(posted)
  const memory = new AddressSpace('memory', system, { endian })
  // Two notifiers: of a descriptor in RAM, and of one that was posted to a device.
  const next = (): number => memory.load32(ADDRESS.acknowledged) + 1
  addEventNotifier(doorbell, { offset: 4, size: 4 }, () => takeDescriptor(memory.load32(ADDRESS.descriptor) === next()))
  addEventNotifier(doorbell, { offset: 8, size: 4 }, () => takeDescriptor(latest[0] === next()))
  memory.writeRom(ADDRESS.flash, Uint8Array.of(0x11, 0x22, 0x33, 0x44))
  const board = new Board(memory, ram, {
    onError: error => seen.errors.push(error),
    onStall: id => seen.stalled.push(id),
    ...rest,
  })
  return { ram, system, memory, main, window, bar, flash, board, seen }
}
