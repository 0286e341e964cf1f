import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { byMap, bySpace } from '../../examples/gh100/carry.mjs'
import { VirtioBlk } from '../../examples/gh100/virtio-blk.mjs'

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

const soon = () => new Promise(resolve => setTimeout(resolve))

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
  const disk = new VirtioBlk(memory, file, QUEUE, { carry })
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
  return { memory, disk, file, offer, ask, done, answer, bytes }
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
    [
      'an address of 64 bits',
      [
        { address: HEADER, length: 16 },
        { address: 2n ** 63n, length: 512, write: true },
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
