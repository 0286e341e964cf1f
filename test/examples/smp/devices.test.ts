import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Clint } from '../../../examples/smp/devices/clint.mjs'
import { Plic } from '../../../examples/smp/devices/plic.mjs'
import { powerRegion } from '../../../examples/smp/devices/power.mjs'
import { Uart } from '../../../examples/smp/devices/uart.mjs'
import { VirtioMmio } from '../../../examples/smp/devices/virtio-mmio.mjs'
import { Wires } from '../../../examples/smp/devices/wires.mjs'
import { MIP } from '../../../examples/smp/hart/privileged.mjs'
import { hartOffset, linearMemory, STATE } from '../../../examples/smp/layout.mjs'

/** A device on a bus of its own, from 0 on. */
function bus(region: MemoryRegion): AddressSpace {
  const system = MemoryRegion.container('system', 2 ** 32)
  system.addSubregion(0, region)
  return new AddressSpace('bus', system)
}

/** Levels by hart, as the devices set them. */
class Levels {
  readonly of: number[] = [0, 0, 0, 0]
  set(hart: number, bit: number, level: boolean): void {
    this.of[hart] = level ? (this.of[hart] as number) | bit : (this.of[hart] as number) & ~bit
  }
}

describe('the CLINT', () => {
  let now = 0n
  let levels: Levels
  let clint: Clint
  let space: AddressSpace
  beforeEach(() => {
    now = 0n
    levels = new Levels()
    clint = new Clint({ harts: 2, wires: levels, time: () => now, hz: 10_000_000 })
    space = bus(clint.region)
  })
  afterEach(() => clint.close())

  test('has a software interrupt for each hart, and for no other', () => {
    space.store32(4, 0xffff_ffff)
    expect([levels.of, space.load32(4), space.load32(0)]).toEqual([[0, MIP.MSIP, 0, 0], 1, 0])
    space.store32(4, 0xffff_fffe)
    space.store32(8, 1)
    expect([levels.of, space.load32(8), space.result]).toEqual([[0, 0, 0, 0], 0, MemTxResult.OK])
    space.store64(0, 0x1_0000_0001n)
    expect([levels.of, space.load64(0)]).toEqual([[MIP.MSIP, MIP.MSIP, 0, 0], 0x1_0000_0001n])
  })

  test('tells the time, whole and in halves', () => {
    now = 0x1234_5678_9abc_def0n
    expect([space.load64(0xbff8), space.load32(0xbff8), space.load32(0xbffc)]).toEqual([now, 0x9abc_def0, 0x1234_5678])
    space.store64(0xbff8, 0n)
    expect(space.load64(0xbff8)).toBe(now)
  })

  test('raises the timer at once where it is late, and takes it back', () => {
    now = 100n
    space.store64(0x4008, 100n)
    expect(levels.of).toEqual([0, MIP.MTIP, 0, 0])
    space.store64(0x4008, 2n ** 63n)
    expect([levels.of, space.load64(0x4008)]).toEqual([[0, 0, 0, 0], 2n ** 63n])
    // In halves: all ones in the lower one, then the upper one, then the lower one.
    space.store32(0x4008, 0xffff_ffff)
    space.store32(0x400c, 0)
    expect(levels.of).toEqual([0, 0, 0, 0])
    space.store32(0x4008, 99)
    expect([levels.of, space.load64(0x4008)]).toEqual([[0, MIP.MTIP, 0, 0], 99n])
  })

  test('raises it when the time comes, not before', async () => {
    space.store64(0x4000, 20_000n)
    await sleep(20)
    expect(levels.of[0]).toBe(0)
    now = 20_000n
    while (levels.of[0] === 0) await sleep(1)
    expect(levels.of).toEqual([MIP.MTIP, 0, 0, 0])
  })

  test.each([
    [1, 0],
    [2, 0],
    [4, 2],
  ])('refuses accesses of %i bytes at %i', (size, offset) => {
    if (size === 1) space.store8(offset, 1)
    else if (size === 2) space.store16(offset, 1)
    else space.store32(offset, 1)
    expect([space.result, levels.of]).toEqual([MemTxResult.DECODE_ERROR, [0, 0, 0, 0]])
  })
})

describe('the PLIC', () => {
  let levels: Levels
  let plic: Plic
  let space: AddressSpace
  const enable = (context: number, sources: number) => space.store32(0x2000 + 0x80 * context, sources)
  const threshold = (context: number) => 0x20_0000 + 0x1000 * context
  const claim = (context: number) => threshold(context) + 4
  beforeEach(() => {
    levels = new Levels()
    plic = new Plic(2, levels)
    space = bus(plic.region)
  })

  test('leads a source to the modes of the harts that enable it', () => {
    space.store32(4 * 3, 1)
    enable(0, 1 << 3)
    enable(3, 1 << 3)
    plic.set(3, true)
    expect(levels.of).toEqual([MIP.MEIP, MIP.SEIP, 0, 0])
    expect(space.load32(0x1000)).toBe(1 << 3)
    plic.set(3, false)
    expect([levels.of, space.load32(0x1000)]).toEqual([[0, 0, 0, 0], 0])
  })

  test('is claimed by one, and comes again when it is completed and still there', () => {
    space.store32(4 * 3, 1)
    enable(0, 1 << 3)
    enable(2, 1 << 3)
    plic.set(3, true)
    expect([space.load32(claim(2)), space.load32(claim(0))]).toEqual([3, 0])
    expect(levels.of).toEqual([0, 0, 0, 0])
    // By whom it is not enabled it can't be completed.
    space.store32(claim(1), 3)
    expect(levels.of).toEqual([0, 0, 0, 0])
    space.store32(claim(2), 3)
    expect(levels.of).toEqual([MIP.MEIP, MIP.MEIP, 0, 0])
    space.load32(claim(0))
    plic.set(3, false)
    space.store32(claim(0), 3)
    expect(levels.of).toEqual([0, 0, 0, 0])
  })

  test('gives the highest priority first, of equals the lowest number, and none of 0', () => {
    for (const [source, priority] of [
      [1, 2],
      [2, 7],
      [3, 7],
      [4, 0],
      [31, 1],
    ] as const)
      space.store32(4 * source, priority)
    enable(1, 0xffff_ffff)
    expect(space.load32(0x2080)).toBe(0xffff_fffe)
    for (const source of [1, 2, 3, 4, 31]) plic.set(source, true)
    expect(Array.from({ length: 5 }, () => space.load32(claim(1)))).toEqual([2, 3, 1, 31, 0])
  })

  test('has a threshold, below which is claimed what does not interrupt', () => {
    space.store32(4, 9)
    expect(space.load32(4)).toBe(9 & 7)
    space.store32(4, 3)
    enable(0, 2)
    space.store32(threshold(0), 3)
    plic.set(1, true)
    expect([levels.of[0], space.load32(threshold(0))]).toEqual([0, 3])
    expect(space.load32(claim(0))).toBe(1)
    space.store32(claim(0), 1)
    space.store32(threshold(0), 2)
    expect(levels.of[0]).toBe(MIP.MEIP)
  })

  test('has nothing at other places', () => {
    for (const offset of [0, 0x80, 0x1004, 0x2004, 0x2200, threshold(4), claim(4), claim(0) + 4, 0x5f_fffc]) {
      space.store32(offset, -1)
      expect([offset, space.load32(offset), space.result]).toEqual([offset, 0, MemTxResult.OK])
    }
  })
})

describe('the UART', () => {
  let sent: number[]
  let level: boolean
  let uart: Uart
  let space: AddressSpace
  beforeEach(() => {
    sent = []
    level = false
    uart = new Uart(
      byte => void sent.push(byte),
      to => {
        level = to
      },
    )
    space = bus(uart.region)
  })

  test('sends bytes, and is always ready to', () => {
    expect(space.load8(5)).toBe(0x60)
    for (const byte of [0x41, 0x80]) space.store8(0, byte)
    expect([sent, space.load8(5), level]).toEqual([[0x41, 0x80], 0x60, false])
  })

  test("has the divisor's registers in the place of the first two", () => {
    space.store8(3, 0x83)
    space.store8(0, 12)
    space.store8(1, 3)
    expect([space.load8(0), space.load8(1), sent, level]).toEqual([12, 3, [], false])
    space.store8(3, 3)
    space.store8(7, 0x5a)
    expect([space.load8(0), space.load8(1), space.load8(3), space.load8(7)]).toEqual([0, 0, 3, 0x5a])
  })

  test('gives what it has received, in order, and interrupts until it is read', () => {
    space.store8(1, 1)
    expect(space.load8(2)).toBe(0xc1)
    uart.receive([1, 2])
    expect([level, space.load8(2), space.load8(5)]).toEqual([true, 0xc4, 0x61])
    expect([space.load8(0), level, space.load8(0), level as boolean]).toEqual([1, true, 2, false])
    expect([space.load8(5), space.load8(0)]).toEqual([0x60, 0])
  })

  test('interrupts when it has sent, until it is asked why', () => {
    space.store8(1, 2)
    expect([level, space.load8(2), level as boolean, space.load8(2)]).toEqual([true, 0xc2, false, 0xc1])
    space.store8(0, 0x41)
    expect(level).toBe(true)
    space.store8(1, 0)
    expect(level).toBe(false)
  })

  test('takes bytes alone', () => {
    space.store16(0, 0x4142)
    expect([space.result, sent]).toEqual([MemTxResult.DECODE_ERROR, []])
  })
})

test.each([
  [0x5555, 0],
  [0x3_3333, 3],
  [0x3333, 1],
  [0x7777, undefined],
])('the power goes off by %i with %o', (value, code) => {
  let off: number | undefined
  const space = bus(
    powerRegion(told => {
      off = told
    }),
  )
  space.store32(0, value)
  expect([off, space.load32(0)]).toEqual([code, 0])
})

describe('virtio in memory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-smp-disk-'))
  const path = join(folder, 'disk')
  const file = openSync(path, 'w+')
  afterAll(() => {
    closeSync(file)
    rmSync(folder, { recursive: true })
  })
  const SECTORS = 16
  const DEVICE = 0x1000_0000
  let level: boolean
  let device: VirtioMmio
  let space: AddressSpace
  const register = (offset: number) => space.load32(DEVICE + offset)
  const set = (offset: number, value: number) => space.store32(DEVICE + offset, value)
  beforeEach(() => {
    ftruncateSync(file, 0)
    writeSync(
      file,
      Uint8Array.from({ length: 512 * SECTORS }, (_, index) => (index >> 9) + index),
      0,
      512 * SECTORS,
      0,
    )
    level = false
    const ram = GuestRam.allocate(0x1_0000)
    const system = MemoryRegion.container('system', 2 ** 32)
    system.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', 0x8000)))
    space = new AddressSpace('bus', system)
    device = new VirtioMmio(space, file, to => {
      level = to
    })
    system.addSubregion(DEVICE, device.region)
  })

  function start(): void {
    for (const status of [0, 1, 3]) set(0x70, status)
    set(0x24, 1)
    set(0x20, 1)
    set(0x70, 11)
    set(0x30, 0)
    set(0x38, 16)
    for (const [at, address] of [
      [0x80, 0x1000],
      [0x90, 0x1100],
      [0xa0, 0x1200],
    ] as const) {
      set(at, address)
      set(at + 4, 0)
    }
    set(0x44, 1)
    set(0x70, 15)
  }

  /** A request, in the ring's next entry. */
  function request(index: number, type: number, sector: number): void {
    space.store32(0x2000, type)
    space.store64(0x2008, BigInt(sector))
    const [next, write] = [1, 2]
    for (const [entry, address, length, flags] of [
      [0, 0x2000, 16, next],
      [1, 0x3000, 512, next | (type === 0 ? write : 0)],
      [2, 0x2010, 1, write],
    ] as const) {
      space.store64(0x1000 + 16 * entry, BigInt(address))
      space.store32(0x1008 + 16 * entry, length)
      space.store16(0x100c + 16 * entry, flags)
      space.store16(0x100e + 16 * entry, entry + 1)
    }
    space.store8(0x2010, 0xff)
    space.store16(0x1104 + 2 * (index % 16), 0)
    space.store16(0x1102, index + 1)
  }

  test('says what it is', () => {
    expect([0, 4, 8].map(register)).toEqual([0x7472_6976, 2, 2])
    set(0x14, 0)
    expect(register(0x10)).toBe(4)
    set(0x14, 1)
    expect(register(0x10)).toBe(1)
    set(0x14, 2)
    expect(register(0x10)).toBe(0)
    expect([register(0x34), register(0x100), register(0x104), register(0xfc)]).toEqual([16, SECTORS, 0, 0])
    expect([space.load8(DEVICE + 0x100), space.load16(DEVICE + 0x10c)]).toEqual([SECTORS, 14])
    set(0x30, 1)
    expect(register(0x34)).toBe(0)
  })

  test('reads and writes, when its doorbell is rung, and interrupts until that is acknowledged', () => {
    start()
    request(0, 0, 5)
    expect([level, device.kicks, register(0x60)]).toEqual([false, 0, 0])
    set(0x50, 0)
    expect([level, device.kicks, register(0x60), space.load8(0x2010)]).toEqual([true, 1, 1, 0])
    expect(space.load8(0x3001)).toBe(6)
    expect([space.load16(0x1202), space.load32(0x1208)]).toEqual([1, 513])
    set(0x64, 1)
    expect([level, register(0x60)]).toEqual([false, 0])
    space.write(0x3000, new Uint8Array(512).fill(0x77))
    request(1, 1, 9)
    set(0x50, 0)
    expect(space.load8(0x2010)).toBe(0)
    const written = readFileSync(path).subarray(512 * 9 - 1, 512 * 10 + 1)
    expect(written.filter(byte => byte === 0x77)).toHaveLength(512)
    expect([written[0], written.at(-1)]).not.toContain(0x77)
  })

  test('takes nothing where it was not started, after a reset, and for other queues', () => {
    request(0, 0, 5)
    set(0x50, 0)
    expect([level, device.kicks, space.load8(0x2010)]).toEqual([false, 0, 0xff])
    start()
    set(0x50, 1)
    expect([level, device.kicks]).toEqual([false, 0])
    set(0x50, 0)
    expect(level).toBe(true)
    set(0x70, 0)
    expect([level, register(0x60), register(0x44), register(0x70)]).toEqual([false, 0, 0, 0])
    request(1, 0, 5)
    set(0x50, 0)
    expect([device.kicks, space.load8(0x2010)]).toEqual([1, 0xff])
    // It begins anew.
    start()
    request(0, 0, 5)
    set(0x50, 0)
    expect(space.load8(0x2010)).toBe(0)
  })

  test('needs a reset where the queue is nowhere', () => {
    for (const high of [0x1234, 0x8000_0000]) {
      start()
      set(0x44, 0)
      set(0x84, high)
      set(0x44, 1)
      request(0, 0, 5)
      set(0x50, 0)
      expect([register(0x70) & 0x40, register(0x60) & 2, level]).toEqual([0x40, 2, true])
      set(0x70, 15)
      expect(register(0x70)).toBe(0x4f)
    }
  })
})

test('wires are stored in order with what the board tells the harts, and raise when they go up', () => {
  const memory = linearMemory(2 ** 20)
  const told: string[] = []
  const waiting: (() => void)[] = []
  const board = {
    afterSettled: (callback: () => void) => void waiting.push(callback),
    raise: (id: number, bits: number) => void told.push(`raise ${id} ${bits}`),
  }
  const wires = new Wires(board, memory, 2)
  const words = new Int32Array(memory.buffer)
  const level = (hart: number) => words[(hartOffset(hart) + STATE.wires) / 4]
  wires.set(1, MIP.MTIP, true)
  wires.set(1, MIP.MTIP, true)
  wires.set(1, MIP.MEIP, true)
  wires.set(1, MIP.MTIP, false)
  expect([told, level(1)]).toEqual([['raise 1 1', 'raise 1 1'], 0])
  const seen = waiting.map(callback => {
    callback()
    return level(1)
  })
  expect([seen, level(0)]).toEqual([[MIP.MTIP, MIP.MTIP | MIP.MEIP, MIP.MEIP], 0])
})
