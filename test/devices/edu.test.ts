import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  DMA_BUFFER,
  DMA_COMMAND,
  DMA_COUNT,
  DMA_DESTINATION,
  DMA_DONE,
  DMA_INTERRUPT,
  DMA_SOURCE,
  DMA_START,
  DMA_TO_RAM,
  Edu,
  FACTORIAL,
  FACTORIAL_DONE,
  IDENTIFICATION,
  INTERRUPT_ACKNOWLEDGE,
  INTERRUPT_RAISE,
  INTERRUPT_STATUS,
  LIVENESS,
  STATUS,
  STATUS_COMPUTING,
  STATUS_INTERRUPT,
} from '../../examples/devices/edu.mjs'
import { recordings } from '../qemu/corpus.ts'

const BAR = 0x0800_0000

function board(dmaMask?: number | bigint) {
  const ram = GuestRam.allocate(2 ** 20)
  const system = MemoryRegion.container('system', 2 ** 64)
  system.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', 0x10000)))
  const memory = new AddressSpace('memory', system)
  const work: (() => void)[] = []
  const levels: boolean[] = []
  const aborts: number[] = []
  const edu = new Edu(memory, {
    setInterrupt: level => levels.push(level),
    setMasterAbort: () => aborts.push(levels.length),
    schedule: job => work.push(job),
    ...(dmaMask !== undefined && { dmaMask }),
  })
  system.addSubregion(BAR, edu.region)
  const tick = () => {
    for (const job of work.splice(0)) job()
  }
  return { memory, system, work, levels, aborts, edu, tick }
}

let machine: ReturnType<typeof board>
beforeEach(() => {
  machine = board()
})

const load = (register: number) => machine.memory.load32(BAR + register)
const store = (register: number, value: number) => machine.memory.store32(BAR + register, value)

/** What a driver does, registers in the order of the specification's example. */
function startDma(source: bigint, destination: bigint, count: number, command: number): void {
  machine.memory.store64(BAR + DMA_SOURCE, source)
  machine.memory.store64(BAR + DMA_DESTINATION, destination)
  store(DMA_COUNT, count)
  store(DMA_COMMAND, command)
}

function bytesAt(address: number, length: number): number[] {
  const bytes = new Uint8Array(length)
  machine.memory.read(address, bytes)
  return [...bytes]
}

test('its BAR is the one that QEMU maps', () => {
  const { name, size } = machine.edu.region
  const recorded = recordings('changes', '.json')
    .filter(each => each.name.startsWith('x86_64-pc+dyn.'))
    .flatMap(({ text }) => (JSON.parse(text) as { regions: { name: string; size: string; type: string }[] }).regions)
    .filter(region => region.name === name)
  expect(recorded.length).toBeGreaterThan(0)
  for (const region of recorded) expect(region).toMatchObject({ size: `0x${size.toString(16)}`, type: 'i/o' })
})

describe('the registers', () => {
  test('identification, version 1.0, can only be read', () => {
    store(IDENTIFICATION, 1)
    expect(load(IDENTIFICATION)).toBe(0x010000ed)
  })

  test.each([0, 1, 0x1234_5678, 0xffff_ffff])('liveness inverts 0x%s', value => {
    store(LIVENESS, value)
    expect(load(LIVENESS)).toBe(~value >>> 0)
  })

  test.each([IDENTIFICATION, FACTORIAL, STATUS])('below 0x80 only accesses of 4 bytes: 0x%s', register => {
    const { memory } = machine
    expect([memory.load8(BAR + register), memory.result]).toEqual([0, MemTxResult.DECODE_ERROR])
    expect([memory.load16(BAR + register), memory.result]).toEqual([0, MemTxResult.DECODE_ERROR])
    expect(memory.load64(BAR + register)).toBe(0xffff_ffff_ffff_ffffn)
    memory.store64(BAR + register, 0x5555n)
    expect(load(register)).toBe(register === IDENTIFICATION ? 0x010000ed : 0)
  })

  test('from 0x80 on 4 bytes or 8; 4 set the whole register and read its low half', () => {
    const { memory } = machine
    memory.store64(BAR + DMA_SOURCE, 0x1122_3344_5566_7788n)
    expect([load(DMA_SOURCE), memory.load64(BAR + DMA_SOURCE)]).toEqual([0x5566_7788, 0x1122_3344_5566_7788n])
    store(DMA_SOURCE, 0x9abc_def0)
    expect(memory.load64(BAR + DMA_SOURCE)).toBe(0x9abc_def0n)
  })

  test.each([0x0c, 0x28, 0x84, 0xa0, DMA_BUFFER, 0xffffc])('nothing answers at 0x%s', offset => {
    store(offset, 7)
    expect([load(offset), machine.memory.result]).toEqual([0xffff_ffff, MemTxResult.OK])
  })
})

describe('the factorial', () => {
  test.each([
    [0, 1],
    [1, 1],
    [5, 120],
    [12, 479_001_600],
    [13, 1_932_053_504],
    [34, 0],
    [0xffff_ffff, 0],
  ])('%i! is %i, modulo 2^32, when the status bit is clear', (value, result) => {
    store(FACTORIAL, value)
    expect([load(STATUS), load(FACTORIAL)]).toEqual([STATUS_COMPUTING, value])
    // Busy: a second one is not begun.
    store(FACTORIAL, 3)
    machine.tick()
    expect([load(STATUS), load(FACTORIAL), machine.work]).toEqual([0, result, []])
    expect(machine.levels).toEqual([])
  })

  test('interrupts where the status register says so; its computing bit can only be read', () => {
    store(STATUS, 0xff)
    expect(load(STATUS)).toBe(STATUS_INTERRUPT)
    store(FACTORIAL, 4)
    store(STATUS, STATUS_INTERRUPT)
    expect(load(STATUS)).toBe(STATUS_INTERRUPT | STATUS_COMPUTING)
    machine.tick()
    expect([load(FACTORIAL), load(INTERRUPT_STATUS), machine.levels]).toEqual([24, FACTORIAL_DONE, [true]])
  })
})

test('interrupts are raised and acknowledged bit by bit', () => {
  const { levels } = machine
  store(INTERRUPT_RAISE, 0)
  expect(levels).toEqual([])
  store(INTERRUPT_RAISE, 0x8000_0001)
  store(INTERRUPT_RAISE, 0x10)
  expect([load(INTERRUPT_STATUS), levels]).toEqual([0x8000_0011, [true, true]])
  store(INTERRUPT_ACKNOWLEDGE, 0x11)
  expect([load(INTERRUPT_STATUS), levels]).toEqual([0x8000_0000, [true, true]])
  store(INTERRUPT_ACKNOWLEDGE, 0x8000_0000)
  expect([load(INTERRUPT_STATUS), levels]).toEqual([0, [true, true, false]])
})

describe('the DMA engine', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, index) => index + 1)

  test("runs the specification's example: 100 bytes to the card, and from it", () => {
    const { memory, tick, levels } = machine
    memory.write(0x1000, bytes)
    startDma(0x1000n, BigInt(DMA_BUFFER), 100, DMA_START)
    expect(load(DMA_COMMAND)).toBe(DMA_START)
    tick()
    expect(load(DMA_COMMAND)).toBe(0)
    startDma(BigInt(DMA_BUFFER), 0x1064n, 100, DMA_START | DMA_TO_RAM)
    expect(bytesAt(0x1064, 100)).toEqual(new Array(100).fill(0))
    tick()
    expect(bytesAt(0x1064, 101)).toEqual([...bytes, 0])
    expect(levels).toEqual([])
  })

  test('interrupts when the data is there and the command register says so', () => {
    const { memory, tick, levels } = machine
    startDma(BigInt(DMA_BUFFER + 4095), 0x1000n, 1, DMA_START | DMA_TO_RAM | DMA_INTERRUPT)
    memory.store8(0x1000, 0xcc)
    levels.push = () => {
      expect([memory.load8(0x1000), load(DMA_COMMAND) & DMA_START, load(INTERRUPT_STATUS)]).toEqual([0, 0, DMA_DONE])
      return 0
    }
    const push = vi.spyOn(levels, 'push')
    tick()
    expect(push).toHaveBeenCalledOnce()
  })

  test('while it runs its registers stay as they are; a command without the start bit is none', () => {
    const { work } = machine
    startDma(0n, BigInt(DMA_BUFFER), 4, DMA_TO_RAM | DMA_INTERRUPT)
    expect([load(DMA_COMMAND), work]).toEqual([0, []])
    startDma(1n, BigInt(DMA_BUFFER), 4, DMA_START)
    startDma(2n, 3n, 5, DMA_START | DMA_TO_RAM)
    expect([DMA_SOURCE, DMA_DESTINATION, DMA_COUNT, DMA_COMMAND].map(load)).toEqual([1, DMA_BUFFER, 4, DMA_START])
    expect(work).toHaveLength(1)
  })

  test('has 28 address bits, or as many as it is given', () => {
    machine.memory.write(0x1000, bytes)
    startDma(0xffff_ffff_f000_1000n, BigInt(DMA_BUFFER), 4, DMA_START)
    machine.tick()
    startDma(BigInt(DMA_BUFFER), 0x7000_2000n, 4, DMA_START | DMA_TO_RAM)
    machine.tick()
    expect(bytesAt(0x2000, 4)).toEqual([1, 2, 3, 4])
    machine = board(2 ** 53 - 1)
    startDma(BigInt(DMA_BUFFER), 0xffff_ffff_ffff_ffffn, 4, DMA_START | DMA_TO_RAM)
    machine.tick()
    expect([load(DMA_COMMAND) & DMA_START, machine.memory.result]).toEqual([0, MemTxResult.OK])
  })

  test.each([
    [DMA_BUFFER, 4097n],
    [DMA_BUFFER + 1, 4096n],
    [DMA_BUFFER - 1, 1n],
    [DMA_BUFFER - 20, 10n],
    [DMA_BUFFER + 4096, 1n],
    [DMA_BUFFER, 0xffff_ffff_ffff_ffffn],
  ])('a transfer that is not all in the buffer, from 0x%s of %s bytes, moves nothing and ends', (place, count) => {
    const { memory, tick } = machine
    memory.store32(0x1000, 0xcccc_cccc)
    memory.store64(BAR + DMA_SOURCE, BigInt(place))
    memory.store64(BAR + DMA_DESTINATION, 0x1000n)
    memory.store64(BAR + DMA_COUNT, count)
    store(DMA_COMMAND, DMA_START | DMA_TO_RAM)
    tick()
    expect([load(DMA_COMMAND) & DMA_START, memory.load32(0x1000)]).toEqual([0, 0xcccc_cccc])
  })

  test.each([0x5000_0000n, 0xfffcn, 2n ** 53n - 2n, 2n ** 53n, 2n ** 64n - 1n])(
    'a read of what is not there, at 0x%s, leaves the buffer as it is; the board is told of a master abort',
    address => {
      machine = board(2n ** 64n - 1n)
      const { memory, aborts, levels, tick } = machine
      memory.write(0x1000, bytes)
      startDma(0x1000n, BigInt(DMA_BUFFER), 8, DMA_START)
      tick()
      expect(aborts).toEqual([])
      startDma(address, BigInt(DMA_BUFFER), 8, DMA_START | DMA_INTERRUPT)
      tick()
      // It is done, with an error that the card itself has no bit for.
      expect([load(DMA_COMMAND) & DMA_START, load(INTERRUPT_STATUS), levels, aborts]).toEqual([
        0,
        DMA_DONE,
        [true],
        [0],
      ])
      startDma(BigInt(DMA_BUFFER), 0x2000n, 8, DMA_START | DMA_TO_RAM)
      tick()
      expect(bytesAt(0x2000, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      expect(aborts).toEqual([0])
      startDma(BigInt(DMA_BUFFER), address, 8, DMA_START | DMA_TO_RAM)
      tick()
      expect([aborts, load(DMA_COMMAND) & DMA_START]).toEqual([[0, 1], 0])
    },
  )

  test('may reach its own registers, as it runs from a timer (RULES G7)', () => {
    const { memory, tick, levels } = machine
    memory.store32(0x1000, 0x1234_5678)
    startDma(0x1000n, BigInt(DMA_BUFFER), 4, DMA_START)
    tick()
    startDma(BigInt(DMA_BUFFER), BigInt(BAR + INTERRUPT_RAISE), 4, DMA_START | DMA_TO_RAM)
    tick()
    expect([load(INTERRUPT_STATUS), levels]).toEqual([0x1234_5678, [true]])
  })

  test('and may not, were it run from the access that starts it (RULES G7)', () => {
    const { memory, system } = machine
    const edu = new Edu(memory, { schedule: job => job() })
    system.addSubregion(BAR + 0x10_0000, edu.region)
    const at = BAR + 0x10_0000
    memory.store64(at + DMA_SOURCE, BigInt(DMA_BUFFER))
    memory.store64(at + DMA_DESTINATION, BigInt(at + LIVENESS))
    memory.store32(at + DMA_COUNT, 4)
    memory.store32(at + DMA_COMMAND, DMA_START | DMA_TO_RAM)
    expect([memory.load32(at + LIVENESS), memory.load32(at + DMA_COMMAND) & DMA_START]).toEqual([0, 0])
  })

  test('waits 100 ms where nobody schedules it', () => {
    vi.useFakeTimers()
    try {
      const { memory, system } = machine
      const edu = new Edu(memory)
      system.addSubregion(BAR + 0x10_0000, edu.region)
      memory.store32(BAR + 0x10_0000 + FACTORIAL, 3)
      vi.advanceTimersByTime(99)
      expect(memory.load32(BAR + 0x10_0000 + STATUS)).toBe(STATUS_COMPUTING)
      vi.advanceTimersByTime(1)
      expect(memory.load32(BAR + 0x10_0000 + FACTORIAL)).toBe(6)
    } finally {
      vi.useRealTimers()
    }
  })
})
