import { describe, expect, test } from 'vitest'
import { replayAccess } from '../../src/qemu/qemu.ts'
import type { AccessFile, Case, Event } from './access-files.ts'
import { machine } from './access-machine.ts'

const equal = (file: AccessFile) =>
  expect(replayAccess(file)).toMatchObject({ equal: file.cases.length, different: [] })

describe('what the recordings hold little of', () => {
  test('a ROM device reads as memory and writes to its handlers (RULES E2)', () => {
    equal(
      machine([
        ['m', 'r', '0x2000', 2, 'abcd', [], 'r'],
        ['m', 'w', '0x2000', 2, '1122', [['w', '0x2000', 2, '0x2211']], 'd'],
        ['m', 'r', '0x1ffe', 4, '0000abcd', [], 'r'],
      ]),
    )
  })

  test('a callback reaches over the end of its region, and the RAM behind it is not touched (RULES D4)', () => {
    equal(
      machine([
        ['m', 'w', '0x3006', 2, 'aabb', [], 'r'],
        ['m', 'w', '0x3004', 4, '11223344', [['w', '0x3004', 4, '0x44332211']], 'x'],
        ['m', 'r', '0x3004', 4, '55667788', [['r', '0x3004', 4, '0x88776655']], 'x'],
        ['m', 'r', '0x3006', 2, 'aabb', [], 'r'],
      ]),
    )
  })

  test('pieces where nothing is are of at most 4 bytes, aligned to the address (RULES E5)', () => {
    const nothing = (address: string, size: number): Event => ['!r', address, size, '(null)', 'rejected']
    equal(
      machine([
        [
          'm',
          'r',
          '0x9001',
          8,
          '0000000000000000',
          [nothing('0x9001', 1), nothing('0x9002', 2), nothing('0x9004', 4), nothing('0x9008', 1)],
          'd',
        ],
      ]),
    )
  })

  test('a smallest width over the largest wins (RULES G5)', () => {
    equal(machine([['m', 'r', '0x3001', 1, '77', [['r', '0x3001', 8, '0x6677']], 'd']], { impl: { min: 8, max: 2 } }))
  })

  test('a narrow access to a wide big-endian device has the high part, at the offset that it has (RULES G5)', () => {
    equal(
      machine(
        [
          ['m', 'w', '0x3001', 1, '77', [['w', '0x3001', 4, '0x77000000']], 'd'],
          ['m', 'r', '0x3001', 1, '12', [['r', '0x3001', 4, '0x12345678']], 'd'],
          ['m', 'w', '0x3000', 2, '7788', [['w', '0x3000', 4, '0x77880000']], 'd'],
        ],
        { endianness: 'big', impl: { min: 4 } },
      ),
    )
  })

  test('sizes that contradict are all refused; no largest size accepts any (RULES G2)', () => {
    equal(
      machine([['m', 'r', '0x3000', 2, '0000', [['!r', '0x0', 2, 'registers', 'invalid']], 'd']], {
        valid: { min: 4, max: 2 },
      }),
    )
    equal(machine([['m', 'r', '0x3000', 1, '12', [['r', '0x3000', 1, '0x12']], 'd']], { valid: { min: 4 } }))
  })

  test('unaligned pieces that impl lets through and valid refuses (RULES E4, G2)', () => {
    equal(
      machine([['m', 'r', '0x3001', 4, '00000000', [['!r', '0x1', 4, 'registers', 'unaligned']], 'd']], {
        impl: { unaligned: 1 },
      }),
    )
  })

  test('an accepts function that nobody knows is answered as it was recorded', () => {
    equal(
      machine(
        [
          ['m', 'r', '0x3000', 2, '0000', [['!r', '0x0', 2, 'registers', 'rejected']], 'd'],
          ['m', 'r', '0x3000', 1, '12', [['r', '0x3000', 1, '0x12']], 'd'],
        ],
        { valid: { accepts: 'a_device_of_its_own' } },
      ),
    )
  })

  test('RAM that a device was told the address of may change by itself; other RAM may not', () => {
    const write: Case = ['m', 'w', '0x1000', 2, '0102', [], 'r']
    const read: Case = ['m', 'r', '0x1000', 2, '0103', [], 'r']
    const told: Case = ['m', 'w', '0x3000', 4, '00120000', [['w', '0x3000', 4, '0x1200']], 'd']
    const other: Case = ['m', 'w', '0x3000', 4, '00500000', [['w', '0x3000', 4, '0x5000']], 'd']
    expect(replayAccess(machine([write, told, read, read]))).toMatchObject({ equal: 3, skipped: 1, different: [] })
    expect(replayAccess(machine([write, other, read, read]))).toMatchObject({ equal: 2, skipped: 0 })
    expect(replayAccess(machine([told, write, read, read]))).toMatchObject({ equal: 2, skipped: 0 })
  })

  test('what a case that is left out may have written is not known', () => {
    equal(
      machine([
        ['m', 'w', '0x1000', 2, '0102', [], 'r'],
        ['m', 'r', '0x1000', 2, '0102', [], 'r'],
      ]),
    )
    const file = machine([
      ['m', 'w', '0x1000', 2, '0102', [], 'r'],
      ['m', 'w', '0x1001', 2, '0909', [], 'u'],
      ['m', 'r', '0x1000', 2, '0109', [], 'r'],
    ])
    expect(replayAccess(file)).toMatchObject({ equal: 2, skipped: 1, different: [] })
  })

  test('addresses from 2^53 on are left out', () => {
    const file = machine([['m', 'r', '0x20000000000000', 1, '00', [], 'd']])
    file.flat.m?.push(['0x1fffffffffffff', '0xffffffffffffffff', 3, '0x0'])
    expect(replayAccess(file)).toMatchObject({ cases: 1, skipped: 1 })
  })
})
