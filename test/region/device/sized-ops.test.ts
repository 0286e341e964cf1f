import {
  AddressSpace,
  atomicAdd32,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxAttrs,
  MemTxResult,
  type SizePolicy,
  sizedOps,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

/** Two registers of `width`, and what their handlers were asked. */
function board(width: 2 | 4, policy: SizePolicy, endianness: 'little' | 'big' = 'little') {
  const calls: string[] = []
  const registers = [0x4433_2211, 0x8877_6655]
  const ops: MemoryRegionOps = {
    read(offset, size) {
      calls.push(`r ${offset} ${size}`)
      return registers[Math.floor(offset / width)] as number
    },
    write(offset, value, size) {
      calls.push(`w ${offset} ${value.toString(16)} ${size}`)
    },
    endianness,
  }
  const region = MemoryRegion.io('device', sizedOps(ops, width, policy), 2 * width)
  return { calls, space: new AddressSpace('space', region, { endian: endianness }) }
}

/** What one narrow store and load at `offset` do. */
function narrow(width: 2 | 4, policy: SizePolicy, size: 1 | 2, offset: number, endianness?: 'little' | 'big') {
  const { calls, space } = board(width, policy, endianness)
  if (size === 1) space.store8(offset, 0xab)
  else space.store16(offset, 0xabcd)
  const stored = space.result
  const loaded = size === 1 ? space.load8(offset) : space.load16(offset)
  return [calls, stored, loaded.toString(16)]
}

const { OK, DECODE_ERROR } = MemTxResult

describe('the table of size policies (docs/EMULATORS.md)', () => {
  test.each<[SizePolicy, 2 | 4, 1 | 2, number, 'little' | 'big', unknown]>([
    ['pieces', 4, 1, 1, 'little', [['w 1 ab 4', 'r 1 4'], OK, '11']],
    ['pieces', 4, 2, 2, 'little', [['w 2 abcd 4', 'r 2 4'], OK, '2211']],
    ['zeroExtended', 4, 1, 1, 'little', [['w 0 ab 4', 'r 0 4'], OK, '22']],
    ['zeroExtended', 4, 2, 2, 'little', [['w 0 abcd 4', 'r 0 4'], OK, '4433']],
    ['zeroExtended', 4, 1, 5, 'big', [['w 4 ab 4', 'r 4 4'], OK, '77']],
    ['replicated', 4, 1, 3, 'little', [['w 0 abababab 4', 'r 0 4'], OK, '44']],
    ['replicated', 4, 2, 0, 'little', [['w 0 abcdabcd 4', 'r 0 4'], OK, '2211']],
    ['replicated', 2, 1, 1, 'little', [['w 0 abab 2', 'r 0 2'], OK, '22']],
    ['merged', 4, 1, 1, 'little', [['r 0 4', 'w 0 4433ab11 4', 'r 0 4'], OK, '22']],
    ['merged', 4, 2, 6, 'little', [['r 4 4', 'w 4 abcd6655 4', 'r 4 4'], OK, '8877']],
    ['merged', 4, 1, 1, 'big', [['r 0 4', 'w 0 44ab2211 4', 'r 0 4'], OK, '33']],
    ['merged', 2, 1, 3, 'little', [['r 2 2', 'w 2 ab55 2', 'r 2 2'], OK, '66']],
    ['refused', 4, 1, 1, 'little', [[], DECODE_ERROR, '0']],
    ['refused', 2, 1, 0, 'little', [[], DECODE_ERROR, '0']],
  ])('%s: registers of %i bytes, an access of %i at %i, %s', (policy, width, size, offset, endianness, due) => {
    expect(narrow(width, policy, size, offset, endianness)).toEqual(due)
  })

  test.each<[SizePolicy, string[], number]>([
    ['pieces', ['w 0 2211 2', 'w 2 4433 2'], OK],
    ['zeroExtended', ['w 0 2211 2', 'w 2 4433 2'], OK],
    ['replicated', ['w 0 2211 2', 'w 2 4433 2'], OK],
    ['merged', ['w 0 2211 2', 'w 2 4433 2'], OK],
    ['refused', [], DECODE_ERROR],
  ])('%s: a wider access', (policy, due, result) => {
    const { calls, space } = board(2, policy)
    space.store32(0, 0x4433_2211)
    expect([calls, space.result]).toEqual([due, result])
  })

  test.each<SizePolicy>(['pieces', 'zeroExtended', 'replicated', 'merged', 'refused'])(
    '%s: one of the width',
    policy => {
      const { calls, space } = board(4, policy)
      space.store32(4, 0x8765_4321)
      expect(space.load32(4)).toBe(0x8877_6655)
      expect(calls).toEqual(['w 4 87654321 4', 'r 4 4'])
    },
  )

  test.each(
    (['pieces', 'zeroExtended', 'replicated', 'merged', 'refused'] as const).flatMap(policy =>
      ([2, 4] as const).flatMap(width => (['little', 'big'] as const).map(endian => ({ policy, width, endian }))),
    ),
  )('$policy, $width bytes, native: in a $endian-endian space as a device that is so', ({ policy, width, endian }) => {
    const seen = (['native', endian] as const).map(endianness => {
      const calls: unknown[] = []
      const registers = [0x4433_2211, 0x8877_6655, 0x4321_1234, 0x5678_8765]
      const ops: MemoryRegionOps = {
        read: offset => registers[Math.floor(offset / width)] as number,
        write: (...call) => void calls.push(call.slice(0, 3)),
        peek: offset => registers[Math.floor(offset / width)] as number,
        endianness,
      }
      const region = MemoryRegion.io('device', sizedOps(ops, width, policy), 8)
      const space = new AddressSpace('space', region, { endian })
      const loads = Array.from({ length: 2 * width }, (_, at) => space.load8(at))
      for (let at = 0; at < 2 * width; at++) space.store8(at, 0xa0 + at)
      space.store16(width, 0x0102)
      const bytes = new Uint8Array(width)
      space.read(0, bytes, MemTxAttrs.DEBUG)
      return [loads, calls, bytes, space.load16(2), space.load32(0), space.load64(0)]
    })
    expect(seen[0]).toEqual(seen[1])
  })

  test.each<SizePolicy>(['pieces', 'zeroExtended', 'replicated', 'merged', 'refused'])(
    '%s: runs of bytes and atomic accesses are as the ops have them',
    policy => {
      const calls: unknown[] = []
      const ops: MemoryRegionOps = {
        read: () => 1,
        write: () => void calls.push('write'),
        readBytes: (offset, into) => void calls.push(['readBytes', offset, into.fill(7).length]),
        writeBytes: (offset, from) => void calls.push(['writeBytes', offset, from.length]),
        atomics: 'refuse',
      }
      const space = new AddressSpace('space', MemoryRegion.io('device', sizedOps(ops, 4, policy), 64))
      const bytes = new Uint8Array(20)
      space.read(4, bytes)
      space.write(8, bytes)
      expect([atomicAdd32(space, 0, 1), space.result]).toEqual([0, DECODE_ERROR])
      expect(calls).toEqual([
        ['readBytes', 4, 20],
        ['writeBytes', 8, 20],
      ])
      expect(bytes).toEqual(new Uint8Array(20).fill(7))
      const atomics = (offset: number, size: number, name: string) => {
        calls.push([name, offset, size])
        return 5
      }
      const own = new AddressSpace('own', MemoryRegion.io('device', sizedOps({ ...ops, atomics }, 4, policy), 64))
      expect([atomicAdd32(own, 8, 1), own.result]).toEqual([5, OK])
      expect(calls.at(-1)).toEqual(['add', 8, 4])
    },
  )

  test('a fault ends it', async () => {
    const { memTxFault } = await import('guestmem')
    const ops = { read: () => memTxFault(MemTxResult.ERROR), write: () => undefined }
    const space = new AddressSpace('space', MemoryRegion.io('device', sizedOps(ops, 4, 'merged'), 4))
    space.store8(1, 5)
    expect(space.result).toBe(MemTxResult.ERROR)
    expect([space.load8(1), space.result]).toEqual([0, MemTxResult.ERROR])
  })

  const ops = { read: () => 0, write: () => undefined }
  test.each<[RegExp, () => unknown]>([
    [/^ops must be an object/, () => sizedOps(undefined as unknown as MemoryRegionOps, 4, 'merged')],
    [/^width must be one of 2, 4, got 8$/, () => sizedOps(ops, 8 as 4, 'merged')],
    [/^policy must be one of pieces, .*got "wide"$/, () => sizedOps(ops, 4, 'wide' as 'merged')],
  ])('refuses %s', (message, call) => {
    expect(call).toThrow(message)
  })
})
