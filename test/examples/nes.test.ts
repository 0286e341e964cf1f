import { expect, test } from 'vitest'
import { assemble } from '../../examples/emulators/mos6502.mjs'
import { putOnGuestmem } from '../../examples/emulators/nes-bus.mjs'
import { Console } from '../../examples/emulators/nes-console.mjs'
import { makeRom } from '../../examples/emulators/nes-rom.mjs'

const FRAMES = 30

test.each<['NROM' | 'UxROM' | 'MMC3' | 'AxROM', 0 | 2 | 4 | 7, number]>([
  ['NROM', 0, 2],
  ['UxROM', 2, 8],
  ['MMC3', 4, 8],
  ['AxROM', 7, 16],
])('a cartridge of the kind %s shows the same on guestmem as alone, frame by frame', (kind, mapper, banks) => {
  const rom = makeRom(mapper, banks)
  const alone = Console.alone(rom)
  const guest = Console.onGuestmem(rom)
  const shown = new Set<string>()
  for (let frame = 0; frame < FRAMES; frame++) {
    alone.run(1)
    guest.run(1)
    expect(guest.state).toEqual(alone.state)
    shown.add(guest.state.prg)
  }
  expect(new Set(guest.pictures).size).toBeGreaterThan(FRAMES - 5)
  expect(guest.saves).toBeGreaterThan(1000)
  // Eight banks in turn, of which a cartridge has half as many where they are of 32 KiB; or it shows one all the time.
  expect(shown.size).toBe(kind === 'NROM' ? 1 : 8)
})

test('the space shows the RAM at all four places, as the CPU has it', () => {
  const { nes, memory } = Console.onGuestmem(makeRom(2, 8))
  const { cpu } = nes
  const read = cpu.read.bind(cpu)
  const seen = new Map([0, 1, 2, 3].map(place => [place, 0]))
  cpu.read = address => {
    const value = read(address)
    if (address < 0x2000) {
      seen.set(address >> 11, 1 + (seen.get(address >> 11) ?? 0))
      if (memory.load8(address) !== value) throw new Error(`${address} reads as ${memory.load8(address)}, not ${value}`)
    }
    return value
  }
  for (let frame = 0; frame < FRAMES; frame++) nes.frame()
  expect(Math.min(...seen.values())).toBeGreaterThan(5)
  memory.store8(0x1c34, 0x5a)
  expect([cpu.mem[0x434], memory.load8(0x0434), memory.load8(0x0c34), memory.load8(0x1434)]).toEqual([90, 90, 90, 90])
})

test('the picture registers are one range of the view, and all mirrors of them work', () => {
  const { nes, memory } = Console.onGuestmem(makeRom(0, 2))
  expect(memory.view.ranges.filter(({ start }) => start >= 0x2000 && start < 0x4000).length).toBe(1)
  // The address of video RAM, then data, in one mirror after the other.
  const alone = Console.alone(makeRom(0, 2))
  const { mmap } = alone.nes as unknown as { mmap: { write(address: number, value: number): void } }
  for (const [index, register] of [6, 6, 7, 7, 3, 4, 5, 5, 0].entries()) {
    const at = 0x2000 + 8 * 113 * index + register
    memory.store8(at, (37 * index) % 64)
    mmap.write(at, (37 * index) % 64)
  }
  expect((nes.toJSON() as { ppu: object }).ppu).toEqual((alone.nes.toJSON() as { ppu: object }).ppu)
})

test('a mapper that reads more than its banks is refused', () => {
  const { nes } = Console.alone(makeRom(0, 2))
  nes.mmap.readsPrgFromCpuMem = () => false
  expect(() => putOnGuestmem(nes)).toThrow(/^mapper 0 does more than to show banks of its ROM$/)
})

test.each<[string, (string | (string | number)[])[], number[]]>([
  ['lda #$12', [['lda#', 0x12]], [0xa9, 0x12]],
  ['sta $1234,x', [['sta,x', 0x1234]], [0x9d, 0x34, 0x12]],
  ['bne back', ['back', ['inx'], ['bne', 'back']], [0xe8, 0xd0, 0xfd]],
  ['jmp on', [['jmp', 'on'], 'on'], [0x4c, 0x03, 0xe0]],
])('assembles %s', (_, lines, bytes) => {
  expect([...assemble(0xe000, lines).bytes]).toEqual(bytes)
})
