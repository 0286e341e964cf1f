import fc from 'fast-check'
import type { RP2040 } from 'rp2040js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Board } from '../../examples/emulators/rp2040-board.mjs'
import { assemble } from '../../examples/emulators/thumb.mjs'
import { runs } from '../support/campaign.ts'

// What the emulator prints when a program uses a register that SIO does not have.
beforeAll(() => void vi.spyOn(console, 'warn').mockReturnValue())
afterAll(() => void vi.restoreAllMocks())

test('the program ends the same on guestmem as alone, all along the way', () => {
  const alone = Board.alone()
  const board = Board.onGuestmem()
  for (let left = runs(20).numRuns; left > 0; left--) {
    alone.run(10_007)
    board.run(10_007)
    expect(board.state).toEqual(alone.state)
  }
  // It went all the way round, and by way of the space.
  expect(board.sent.length).toBeGreaterThan(100)
  expect(new Set(board.sent).size).toBeGreaterThan(20)
  expect(board.log).toContain('RP2040: Read from invalid memory address: 30000000')
  // Not written by its core: the DMA controller's copy.
  expect(board.memory.load32(0x2000_1800)).not.toBe(0)
})

type Access = readonly [kind: 'read' | 'write', size: 8 | 16 | 32, address: number, value: number]

/** Where something begins or ends, and peripherals at each of their four ways. */
const EDGES = [
  0x4000, 0x1000_0000, 0x1100_0000, 0x1200_0000, 0x1300_0000, 0x1400_0000, 0x1800_0000, 0x2000_0000,
].concat(
  [0x2004_2000, 0x4000_0000, 0x4006_8000, 0x5000_0000, 0x5010_0000, 0x5010_1000, 0x5011_0000, 0x5030_4000, 0xd000_0000],
  [0xe000_0000, 0xe000_e000, 0xe000_f000, 2 ** 32],
)
const PERIPHERALS = Object.keys(Board.alone().chip.peripherals).map(key => Number(key) * 0x1000)

const address: fc.Arbitrary<number> = fc.oneof(
  fc.tuple(fc.constantFrom(...EDGES), fc.integer({ min: -8, max: 8 })).map(([edge, by]) => edge + by),
  fc.tuple(fc.constantFrom(...PERIPHERALS), fc.nat(0x3fff)).map(([base, by]) => base + by),
  fc.tuple(fc.constantFrom(...PERIPHERALS), fc.nat(3), fc.nat(0x3f)).map(([base, way, by]) => base + way * 0x1000 + by),
  fc.nat(0x1ff).map(by => 0xd000_0000 + by),
  fc.nat(0xfff).map(by => 0xe000_e000 + by),
  fc.nat(0x1ff).map(by => 0x5010_0000 + by),
  fc.tuple(fc.constantFrom(0, 0x1000_0000, 0x1200_0000, 0x2000_0000), fc.nat(0x1ff)).map(([base, by]) => base + by),
  fc.nat(2 ** 32 - 1),
)

/** Naturally aligned: a Cortex-M0+ makes no others. */
const access: fc.Arbitrary<Access> = fc
  .tuple(fc.constantFrom('read', 'write'), fc.constantFrom(8, 16, 32), address, fc.nat(2 ** 32 - 1))
  .map(([kind, size, at, value]) => {
    const bytes = size / 8
    const word = size === 32 ? value : value % 2 ** size
    return [kind, size, ((Math.floor(at / bytes) * bytes) % 2 ** 32) >>> 0, word] as const
  })

function make({ chip }: Board, [kind, size, at, value]: Access): unknown {
  try {
    if (kind === 'read') return chip[`readUint${size}`](at) >>> 0
    chip[`writeUint${size}`](at, value)
    return 'written'
  } catch (error) {
    return String(error)
  }
}

test('accesses of all sizes to all places give the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(access, { minLength: 100, maxLength: 100 }), async accesses => {
      const alone = Board.alone()
      const board = Board.onGuestmem()
      for (const each of accesses) expect([each, make(board, each)]).toEqual([each, make(alone, each)])
      expect(board.state).toEqual(alone.state)
      // They run by timers of the host's.
      for (const { chip } of [alone, board]) for (const pio of chip.pio) pio.stop()
      // A chip has 16 MiB of flash, and what a space knows lives to the end of the job.
      await new Promise(resolve => setImmediate(resolve))
    }),
    runs(40),
  )
})

test('the memories are the arrays that the chip has, at all their addresses', () => {
  const { chip, memory } = Board.onGuestmem()
  chip.sram[5] = 0x5a
  chip.flash[0x12_3456] = 0xa5
  expect([memory.load8(0x2000_0005), memory.load8(0x1012_3456), memory.load8(0x1312_3456)]).toEqual([0x5a, 0xa5, 0xa5])
  memory.store32(0x5010_0010, 0x1234_5678)
  memory.store8(0x5010_0012, 0xab)
  expect(chip.usbDPRAMView.getUint32(0x10, true)).toBe(0x12ab_5678)
})

test('the bus is a map', () => {
  const { ranges } = Board.onGuestmem().memory.view
  const shown = ranges.map(
    ({ region, start, end }) => `${region.name} ${start.toString(16)} ${(end - start).toString(16)}`,
  )
  expect(shown.filter(line => /^(bootrom|flash|sram|usb|sio|ppb|UART)/.test(line))).toEqual([
    'bootrom 0 4000',
    'flash 10000000 1000000',
    'flash mirror 11000000 1000000',
    'flash mirror 12000000 1000000',
    'flash mirror 13000000 1000000',
    'sram 20000000 42000',
    'UART0 40034000 4000',
    'UART1 40038000 4000',
    'usb dpram 50100000 1000',
    'sio d0000000 10000000',
    'ppb e000e000 1000',
  ])
  expect(ranges.filter(({ region }) => region.kind === 'io' && region.size === 0x4000).length).toBe(PERIPHERALS.length)
})

test('a byte for a peripheral is in all lanes, and its four ways do what they say', () => {
  const { chip, memory } = Board.onGuestmem()
  const seen: unknown[] = []
  const uart = chip.uart[0] as RP2040['uart'][number]
  uart.writeUint32Atomic = (...given) => void seen.push(given)
  memory.store8(0x4003_4005, 0x12)
  memory.store16(0x4003_5006, 0x1234)
  memory.store32(0x4003_6008, 0x1234_5678)
  memory.store32(0x4003_7ffc, 1)
  expect(seen).toEqual([
    [4, 0x1212_1212, 0],
    [4, 0x1234_1234, 1],
    [8, 0x1234_5678, 2],
    [0xffc, 1, 3],
  ])
})

test.each<[string, (string | (string | number)[])[], number[]]>([
  ['adds r1, #2', [['adds', 1, 2]], [0x3102, 0]],
  ['str r1, [r2, #4]', [['str', 1, 2, 4]], [0x6051, 0]],
  ['ldrh r1, [r2, #6]', [['ldrh', 1, 2, 6]], [0x88d1, 0]],
  ['push {r0, lr}', [['push', 0x101]], [0xb501, 0]],
  ['bne back', ['back', ['cmp', 0, 1], ['bne', 'back']], [0x2801, 0xd1fd]],
  ['bl on', [['bl', 'on'], 'on'], [0xf000, 0xf800]],
  ['ldr r3, =0x12345678', [['ldr=', 3, 0x1234_5678]], [0x4b00, 0, 0x5678, 0x1234]],
])('assembles %s', (_, lines, opcodes) => {
  expect([...new Uint16Array(assemble(lines).buffer)]).toEqual(opcodes)
})
