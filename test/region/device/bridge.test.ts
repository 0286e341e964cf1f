import {
  AddressSpace,
  type AtomicsHandler,
  atomicAdd8,
  atomicCompareExchange64,
  atomicExchange16,
  atomicMinSigned32,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxAttrs,
  MemTxResult,
  memTxFault,
} from 'guestmem'
import { expect, test } from 'vitest'
import { board } from '../../support/actor.ts'

/** A bridge that says what came, and a space with it at 16, behind 16 bytes of nothing. */
function bridge(ops: Partial<MemoryRegionOps> = {}) {
  const said: string[] = []
  const all: MemoryRegionOps = {
    read: (offset, size) => {
      said.push(`load ${offset}+${size}`)
      return 0x11
    },
    write: (offset, value, size) => {
      said.push(`store ${offset}+${size} ${value.toString(16)}`)
    },
    readBytes: (offset, into) => {
      said.push(`read ${offset}+${into.length}`)
      into.fill(0x22)
    },
    writeBytes: (offset, from) => {
      said.push(`write ${offset}+${from.length} ${Array.from(from, each => each.toString(16)).join()}`)
    },
    bridge: true,
    ...ops,
  }
  const root = MemoryRegion.container('root', 4096)
  root.addSubregion(16, MemoryRegion.io('bridge', all, 1024))
  return { said, space: new AddressSpace('space', root) }
}

test.each([1, 2, 3, 4, 5, 7, 8, 9, 16, 100])('a request of %i bytes reaches a bridge whole', length => {
  const { said, space } = bridge()
  const bytes = new Uint8Array(length)
  expect(space.read(17, bytes)).toBe(MemTxResult.OK)
  expect(bytes).toEqual(new Uint8Array(length).fill(0x22))
  expect(
    space.write(
      17,
      Uint8Array.from(bytes, (_, i) => i),
    ),
  ).toBe(MemTxResult.OK)
  expect(said).toEqual([`read 1+${length}`, `write 1+${length} ${Array.from(bytes, (_, i) => i.toString(16)).join()}`])
})

test('loads and stores are single accesses', () => {
  const { said, space } = bridge()
  expect([space.load8(16), space.load16(18), space.load32(20)]).toEqual([0x11, 0x11, 0x11])
  space.store16(22, 0xabcd)
  expect(said).toEqual(['load 0+1', 'load 2+2', 'load 4+4', 'store 6+2 abcd'])
})

test.each([3, 8, 512, 513, 1000])('a fill of %i bytes is written in its patterns', length => {
  const { said, space } = bridge()
  expect(space.fill(16, 5, length)).toBe(MemTxResult.OK)
  const patterns: string[] = []
  for (let at = 0; at < length; at += 512) {
    const size = Math.min(512, length - at)
    patterns.push(`write ${at}+${size} ${Array.from({ length: size }, () => '5').join()}`)
  }
  expect(said).toEqual(patterns)
})

test('a request ends at the bridge, and its results are OR-ed', () => {
  const readBytes = (_: number, into: Uint8Array) => {
    into.fill(7)
    return memTxFault(MemTxResult.ERROR)
  }
  const { said, space } = bridge({ readBytes })
  const bytes = new Uint8Array(12).fill(1)
  expect(space.read(8, bytes)).toBe(MemTxResult.ERROR | MemTxResult.DECODE_ERROR)
  // What a bridge has read of a request that failed in part stays.
  expect(Array.from(bytes)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7])
  expect(space.write(1036, new Uint8Array(8), MemTxAttrs.RELAXED)).toBe(MemTxResult.DECODE_ERROR)
  expect(said).toEqual(['write 1020+4 0,0,0,0'])
})

test('what is no bridge still gets short requests in pieces', () => {
  const { said, space } = bridge({ bridge: false })
  space.write(17, new Uint8Array(3))
  space.fill(16, 1, 600)
  expect(said.length).toBe(2 + 150)
})

test('a bridge without the handlers, or that is none of true and false, is refused', () => {
  const ops = { read: () => 0, write: () => {} }
  expect(() => board([{ ...ops, bridge: true }])).toThrow(/^ops\.readBytes must be a function, got undefined$/)
  expect(() => board([{ ...ops, bridge: 1 as never }])).toThrow(/^ops\.bridge must be a boolean, got 1$/)
})

test('an atomic access reaches a bridge that has them as one request', () => {
  const seen: unknown[] = []
  const atomics: AtomicsHandler = (offset, size, operation, operand, expected, attrs) => {
    seen.push([offset, size, operation, operand, expected, attrs.secure])
    return size === 8 ? -1n : -1
  }
  const { said, space } = bridge({ atomics, valid: { minSize: 4, maxSize: 4 } })
  const secure = MemTxAttrs.of({ secure: true })
  expect([atomicAdd8(space, 16, -1), space.result]).toEqual([0xff, MemTxResult.OK])
  expect([atomicExchange16(space, 19, 5, secure), space.result]).toEqual([0xffff, MemTxResult.OK])
  expect([atomicMinSigned32(space, 20, -2), space.result]).toEqual([0xffff_ffff, MemTxResult.OK])
  expect(atomicCompareExchange64(space, 24, 1n, -1n)).toBe(2n ** 64n - 1n)
  expect(seen).toEqual([
    [0, 1, 'add', 0xff, 0, false],
    [3, 2, 'exchange', 5, 0, true],
    [4, 4, 'minSigned', 0xffff_fffe, 0, false],
    [8, 8, 'compareExchange', 2n ** 64n - 1n, 1n, false],
  ])
  // Over its end, and for memory alone: as without.
  seen.length = 0
  expect([atomicMinSigned32(space, 16 + 1022, 1), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
  expect([atomicAdd8(space, 16, 1, MemTxAttrs.of({ memory: true })), space.result]).toEqual([
    0,
    MemTxResult.ACCESS_ERROR,
  ])
  expect([seen, said]).toEqual([[], []])
})

test('a fault of such a bridge is the result, with its value; an answer that is none is refused by name', () => {
  const answers: unknown[] = [
    memTxFault(MemTxResult.ERROR, 0x1ff),
    memTxFault(MemTxResult.DECODE_ERROR, 3),
    'x',
    5n,
    undefined,
  ]
  const space = new AddressSpace(
    'space',
    MemoryRegion.io('b', { read: () => 0, write: () => {}, atomics: () => answers.shift() as number }, 64),
  )
  expect([atomicAdd8(space, 0, 1), space.result]).toEqual([0xff, MemTxResult.ERROR])
  expect([atomicCompareExchange64(space, 0, 0n, 1n), space.result]).toEqual([3n, MemTxResult.DECODE_ERROR])
  for (const shown of ['"x"', '5n', 'undefined'])
    expect(() => atomicAdd8(space, 0, 1)).toThrow(
      new TypeError(`ops.atomics must return a number or memTxFault(...), got ${shown}`),
    )
})
