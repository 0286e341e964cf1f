import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion, type MemoryRegionOps, MemTxResult, memTxFault } from 'guestmem'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { byMap, bySpace } from '../../examples/gh100/carry.mjs'
import { VirtioBlk } from '../../examples/gh100/virtio-blk.mjs'
import { later } from '../support/later.ts'

const folder = mkdtempSync(join(tmpdir(), 'virtio-blk-'))
const path = join(folder, 'disk.img')
afterAll(() => rmSync(folder, { recursive: true }))

const SECTORS = 64
const contents = Uint8Array.from({ length: SECTORS * 512 }, (_, at) => (at * 7) ^ (at >> 8))
const QUEUE = { desc: 0x1000, avail: 0x2000, used: 0x3000 }
const HEADER = 0x4000
const STATUS = 0x5000
const RAM = 0x8000
/** Noncached memory of a device, which is never lent under `normal-only`. */
const DEVICE = 0x10_0000

const soon = () => later(0)

interface Descriptor {
  readonly address: number | bigint
  readonly length: number
  readonly write?: boolean
  readonly next?: number
}

function machine(carry: unknown, bounceBytes = 4096) {
  writeFileSync(path, contents)
  const file = openSync(path, 'r+')
  const ram = GuestRam.allocate(2 ** 20)
  const system = MemoryRegion.container('system', 2 ** 32)
  system.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', 0x2_0000)))
  system.addSubregion(DEVICE, MemoryRegion.ramDevice('device', ram.block('device', 0x2_0000)))
  const memory = new AddressSpace('memory', system, { directAccess: 'normal-only', bounceBytes })
  let disk = new VirtioBlk(memory, file, QUEUE, { carry })
  let asked = 0
  const offer = (chain: readonly Descriptor[]) => {
    for (const [index, { address, length, write = false, next }] of chain.entries()) {
      const at = QUEUE.desc + 16 * index
      const last = index === chain.length - 1 && next === undefined
      memory.store64(at, BigInt(address))
      memory.store32(at + 8, length)
      memory.store16(at + 12, (write ? 2 : 0) | (last ? 0 : 1))
      memory.store16(at + 14, next ?? index + 1)
    }
    memory.store8(STATUS, 0xff)
    memory.store16(QUEUE.avail + 4 + 2 * (asked % 16), 0)
    memory.store16(QUEUE.avail + 2, ++asked)
    disk.kick()
  }
  const ask = (type: number, sector: number, data: readonly Descriptor[]) => {
    memory.store32(HEADER, type)
    memory.store64(HEADER + 8, BigInt(sector))
    offer([{ address: HEADER, length: 16 }, ...data, { address: STATUS, length: 1, write: true }])
  }
  const done = () => memory.load16(QUEUE.used + 2)
  const answer = () => [done(), memory.load8(STATUS), memory.load32(QUEUE.used + 4 + 8 * ((done() - 1) % 16) + 4)]
  const bytes = (address: number, length: number) => {
    const into = new Uint8Array(length)
    memory.read(address, into)
    return Buffer.from(into)
  }
  /** Another disk, that nothing was asked of yet. */
  const fresh = () => {
    memory.store64(QUEUE.avail, 0n)
    memory.store64(QUEUE.used, 0n)
    asked = 0
    disk = new VirtioBlk(memory, file, QUEUE, { carry })
    return { offer, disk }
  }
  return { system, memory, disk, file, offer, ask, done, answer, bytes, fresh }
}

describe.each([
  ['by windows', byMap],
  ['by the space', bySpace],
])('a disk that moves data %s', (_name, carry) => {
  let board: ReturnType<typeof machine>
  beforeEach(() => {
    board = machine(carry)
    return () => closeSync(board.file)
  })

  test('reads sectors into the pieces of a request, and says how many bytes it wrote', () => {
    board.ask(0, 3, [
      { address: RAM + 1, length: 700, write: true },
      { address: DEVICE + 3, length: 324, write: true },
    ])
    expect(board.answer()).toEqual([1, 0, 1025])
    const got = Buffer.concat([board.bytes(RAM + 1, 700), board.bytes(DEVICE + 3, 324)])
    expect(Buffer.compare(got, contents.subarray(1536, 2560))).toBe(0)
    expect([board.memory.load8(RAM), board.memory.load8(RAM + 701)]).toEqual([0, 0])
  })

  test('writes sectors', () => {
    board.memory.write(DEVICE + 5, new Uint8Array(512).fill(0x5a))
    board.ask(1, 2, [{ address: DEVICE + 5, length: 512 }])
    expect(board.answer()).toEqual([1, 0, 1])
    const after = readFileSync(path)
    expect(Buffer.compare(after.subarray(1024, 1536), Buffer.alloc(512, 0x5a))).toBe(0)
    expect(Buffer.compare(after.subarray(1536), contents.subarray(1536))).toBe(0)
  })

  test('goes round its rings', () => {
    for (let round = 0; round < 40; round++) board.ask(0, round, [{ address: RAM, length: 512, write: true }])
    expect(board.answer()).toEqual([40, 0, 513])
    expect(Buffer.compare(board.bytes(RAM, 512), contents.subarray(39 * 512, 40 * 512))).toBe(0)
  })

  test.each<[string, number, number, Descriptor, number]>([
    ['a sector that the disk does not have', 0, SECTORS, { address: RAM, length: 512, write: true }, 1],
    ['more than is left of the disk', 0, SECTORS - 1, { address: RAM, length: 513, write: true }, 1],
    ['a request that it does not know', 8, 0, { address: RAM, length: 512, write: true }, 2],
    ['a read into what may only be read', 0, 0, { address: RAM, length: 512 }, 2],
  ])('answers %s with an error', (_what, type, sector, data, status) => {
    board.ask(type, sector, [data])
    expect(board.answer()).toEqual([1, status, 1])
    expect(board.memory.load8(RAM)).toBe(0)
  })

  test.each<[string, Descriptor[]]>([
    [
      'a chain that is a circle',
      [
        { address: HEADER, length: 16 },
        { address: RAM, length: 1, next: 0 },
      ],
    ],
    ['a link past the table', [{ address: HEADER, length: 16, next: 16 }]],
    ['no status', [{ address: HEADER, length: 16 }]],
    [
      'a header of another size',
      [
        { address: HEADER, length: 15 },
        { address: STATUS, length: 1, write: true },
      ],
    ],
  ])('needs a reset after %s, and does nothing more', (_what, chain) => {
    board.offer(chain)
    expect([board.disk.needsReset, board.done()]).toEqual(['a chain of descriptors that no request has', 0])
    board.ask(0, 0, [{ address: RAM, length: 512, write: true }])
    expect(board.done()).toBe(0)
  })
})

/** Where no access succeeds: nothing, the end of RAM, addresses of 64 bits, registers that answer with an error. */
const BROKEN = 0x20_0000
const NOWHERE: readonly (number | bigint)[] = [
  0x50_0000,
  0x2_0000 - 1,
  2n ** 53n - 4n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
  BROKEN,
]

/** As `machine`, with registers at BROKEN; what `fails` says of them does, and the rest is RAM. */
function broken(carry: unknown, fails: (offset: number, isWrite: boolean) => boolean = () => true) {
  const board = machine(carry)
  const stored = new Map<number, number>()
  const ops: MemoryRegionOps = {
    read: offset => (fails(offset, false) ? memTxFault(MemTxResult.ERROR) : (stored.get(offset) ?? 0)),
    write: (offset, value) => {
      if (fails(offset, true)) return MemTxResult.ERROR
      stored.set(offset, value)
    },
    impl: { maxSize: 1 },
    valid: { maxSize: 8, unaligned: true },
    endianness: 'little',
  }
  board.system.addSubregion(BROKEN, MemoryRegion.io('broken', ops, 0x1_0000))
  return board
}

describe.each([
  ['by windows', byMap],
  ['by the space', bySpace],
])('what a disk that moves data %s finds broken', (_name, carry) => {
  const data: Descriptor = { address: RAM, length: 512, write: true }
  const status: Descriptor = { address: STATUS, length: 1, write: true }

  test.each(NOWHERE)('a header at %s is an error: no sector is served for the zeros that are read', header => {
    const { disk, memory, file, offer, answer } = broken(carry)
    memory.fill(RAM, 0xee, 512)
    offer([{ address: header, length: 16 }, data, status])
    expect([answer(), disk.needsReset]).toEqual([[1, 1, 1], undefined])
    expect(memory.load32(RAM)).toBe(0xeeee_eeee)
    closeSync(file)
  })

  test.each(NOWHERE)('data that go to %s, whole or in part, are an error', address => {
    const { disk, file, ask, answer } = broken(carry)
    ask(0, 0, [{ address, length: 512, write: true }])
    expect([answer(), disk.needsReset]).toEqual([[1, 1, 1], undefined])
    ask(0, 0, [data, { address, length: 512, write: true }])
    expect(answer()).toEqual([2, 1, 1])
    ask(0, 1, [data])
    expect(answer()).toEqual([3, 0, 513])
    closeSync(file)
  })

  test.each(NOWHERE)('data that come from %s, whole or in part, are not written to the file', address => {
    const { disk, file, ask, answer } = broken(carry)
    for (const segments of [
      [{ address, length: 512 }],
      [
        { address: RAM, length: 512 },
        { address, length: 512 },
      ],
    ]) {
      ask(1, 0, segments)
      expect([answer().slice(1), disk.needsReset]).toEqual([[1, 1], undefined])
      expect(Buffer.compare(readFileSync(path), contents)).toBe(0)
    }
    closeSync(file)
  })

  test.each(NOWHERE.filter(address => address !== 0x2_0000 - 1))('a status at %s can not be told in it', address => {
    const { disk, file, offer, memory, done } = broken(carry)
    memory.store32(HEADER, 0)
    memory.store64(HEADER + 8, 0n)
    offer([{ address: HEADER, length: 16 }, data, { address, length: 1, write: true }])
    expect([disk.needsReset, done()]).toEqual(['no memory for the status of a request', 0])
    closeSync(file)
  })

  // The queue, byte by byte of its parts: the available ring's index and entry, the descriptors, the used ring.
  test.each([
    ['the available index', { avail: BROKEN }, 2, false],
    ['an entry of the available ring', { avail: BROKEN }, 4, false],
    ['the first descriptor', { desc: BROKEN }, 0, false],
    ['the last field of a descriptor', { desc: BROKEN }, 16 + 15, false],
    ['the status descriptor', { desc: BROKEN }, 32, false],
    ['the used index', { used: BROKEN }, 2, false],
    ['an entry of the used ring', { used: BROKEN }, 4, true],
    ["an entry's length", { used: BROKEN }, 8, true],
    ['the used index, to be stored', { used: BROKEN }, 3, true],
  ])('%s is a reset, and no request is done', (_what, moved, byte, isWrite) => {
    let fails = false
    const board = broken(carry, (offset, write) => fails && offset === byte && write === isWrite)
    const queue = { ...QUEUE, ...moved }
    const disk = new VirtioBlk(board.memory, board.file, queue, { carry })
    // Both: what the driver fills in is where the queue is said to be, and where this test's own disk finds none.
    board.memory.store32(HEADER, 0)
    board.memory.store64(HEADER + 8, 0n)
    const chain = [{ address: HEADER, length: 16 }, data, status]
    for (const [index, { address, length, write = false }] of chain.entries()) {
      const at = queue.desc + 16 * index
      board.memory.store64(at, BigInt(address))
      board.memory.store32(at + 8, length)
      board.memory.store16(at + 12, (write ? 2 : 0) | (index === 2 ? 0 : 1))
      board.memory.store16(at + 14, index + 1)
    }
    board.memory.store16(queue.avail + 2, 1)
    fails = true
    disk.kick()
    fails = false
    expect(disk.needsReset).toBe('no memory where the queue is said to be')
    expect(board.memory.load8(queue.used + 2)).toBe(byte === 3 ? 1 : 0)
    closeSync(board.file)
  })

  test('any chain ends with an answer, or with a reset; nothing is thrown, and no byte of the file is changed', () => {
    const address = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.constantFrom(...NOWHERE, HEADER, STATUS, RAM, DEVICE, QUEUE.desc, QUEUE.used).map(BigInt),
    )
    const length = fc.oneof(fc.constantFrom(0, 1, 16, 512, 1024, 0xffff_ffff), fc.nat(5000))
    const link = fc.record({ address, length, write: fc.boolean(), next: fc.option(fc.nat(20), { nil: undefined }) })
    const board = broken(carry)
    fc.assert(
      fc.property(fc.array(link, { minLength: 1, maxLength: 6 }), fc.boolean(), fc.nat(3), (chain, framed, sector) => {
        board.memory.store32(HEADER, 0)
        board.memory.store64(HEADER + 8, BigInt(sector))
        const links = chain.map(({ next, ...rest }) => (next === undefined || framed ? rest : { ...rest, next }))
        board.fresh().offer(framed ? [{ address: HEADER, length: 16 }, ...links, status] : links)
      }),
      { numRuns: 300 },
    )
    expect(Buffer.compare(readFileSync(path), contents)).toBe(0)
    closeSync(board.file)
  })
})

describe('J2, J4 bounce buffers', () => {
  const request: Descriptor[] = [{ address: DEVICE, length: 1024, write: true }]

  test('that others hold are waited for', async () => {
    const board = machine(byMap, 1024)
    const other = board.memory.map(DEVICE + 0x1000, 1)
    board.ask(0, 0, request)
    expect([board.disk.waiting, board.done(), board.memory.bounceBytesLeft]).toEqual([true, 0, 1023])
    other?.unmap()
    await soon()
    expect([board.disk.waiting, board.disk.needsReset]).toEqual([false, undefined])
    expect(board.answer()).toEqual([1, 0, 1025])
    expect(board.disk.counts).toEqual({ directBytes: 0, bouncedBytes: 1024, mapFailures: 1 })
    closeSync(board.file)
  })

  test('that nobody holds, and are too few, are not', () => {
    const board = machine(byMap, 1023)
    board.ask(0, 0, request)
    expect([board.disk.waiting, board.disk.needsReset]).toEqual([false, 'virtio: bogus descriptor or out of resources'])
    expect([board.done(), board.memory.load8(STATUS), board.memory.bounceBytesLeft]).toEqual([0, 0xff, 1023])
    closeSync(board.file)
  })

  test('are none of the space: what goes through it needs no budget', () => {
    const board = machine(bySpace, 0)
    board.ask(0, 0, request)
    expect(board.answer()).toEqual([1, 0, 1025])
    closeSync(board.file)
  })
})
