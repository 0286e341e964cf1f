import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { buildSync } from 'esbuild'
import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion, MemTxResult, memTxFault, ScatterGatherList } from 'guestmem'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import * as dma from '../../examples/devices/dma-engine.mjs'
import { runDma } from '../../examples/devices/dma-run.mjs'
import { LONG } from '../support/campaign.ts'

const ENGINE = 0x1000_0000
const RING = 0x1000
const SIZE = 8
const FROM = 0x4000
const TO = 0x8000

interface Piece {
  readonly address: number | bigint
  readonly length: number
  readonly flags?: number
}

function board() {
  const ram = GuestRam.allocate(2 ** 20)
  const system = MemoryRegion.container('system', 2 ** 64)
  const main = MemoryRegion.ram('ram', ram.block('ram', 0x10000))
  system.addSubregion(0, main)
  const memory = new AddressSpace('memory', system)
  const levels: boolean[] = []
  const engine = new dma.DmaEngine(memory, level => levels.push(level))
  system.addSubregion(ENGINE, engine.region)
  memory.write(
    FROM,
    Uint8Array.from({ length: 0x1000 }, (_, at) => (at * 3 + (at >> 8)) | 1),
  )
  return { ram, system, main, memory, levels }
}

let machine: ReturnType<typeof board>
beforeEach(() => {
  machine = board()
})

const load = (register: number) => machine.memory.load32(ENGINE + register)
const store = (register: number, value: number) => machine.memory.store32(ENGINE + register, value)

function run(address = RING, size = SIZE) {
  store(dma.CONTROL, 0)
  store(dma.RING_LOW, address % 2 ** 32)
  store(dma.RING_HIGH, Math.floor(address / 2 ** 32))
  store(dma.RING_SIZE, size)
  store(dma.CONTROL, dma.CONTROL_RUN)
}

/** Fills in descriptors from `first` on, all of one chain. @returns The address of the last. */
function fill(first: number, pieces: readonly Piece[], ring = RING): number {
  const { memory } = machine
  let at = 0
  for (const [index, { address, length, flags = 0 }] of pieces.entries()) {
    at = ring + ((first + index) % SIZE) * dma.DESCRIPTOR_BYTES
    memory.store64(at + dma.ADDRESS, BigInt(address))
    memory.store32(at + dma.LENGTH, length)
    memory.store32(at + dma.FLAGS, flags | (index + 1 < pieces.length ? dma.FLAG_NEXT : 0))
    memory.store32(at + dma.MOVED, 0)
    memory.store32(at + dma.COMPLETION, 0)
  }
  return at
}

const completion = (at: number) => [machine.memory.load32(at + dma.COMPLETION), machine.memory.load32(at + dma.MOVED)]
const to = (address: number | bigint, length: number, flags = 0): Piece => ({
  address,
  length,
  flags: flags | dma.FLAG_TO,
})
const from = (address: number | bigint, length: number): Piece => ({ address, length })

function bytes(address: number, length: number): Buffer {
  const into = new Uint8Array(length)
  machine.memory.read(address, into)
  return Buffer.from(into)
}

describe('a transfer', () => {
  test('goes from the pieces of one list to those of another, whatever their order in the chain', () => {
    run()
    const last = fill(0, [to(TO + 1, 100), from(FROM, 30), to(TO + 200, 50), from(FROM + 101, 120)])
    store(dma.TAIL, 4)
    expect(completion(last)).toEqual([dma.COMPLETION_DONE, 150])
    const source = Buffer.concat([bytes(FROM, 30), bytes(FROM + 101, 120)])
    expect(Buffer.compare(Buffer.concat([bytes(TO + 1, 100), bytes(TO + 200, 50)]), source)).toBe(0)
    expect([machine.memory.load8(TO), machine.memory.load8(TO + 101), load(dma.HEAD)]).toEqual([0, 0, 4])
    expect(machine.levels).toEqual([])
  })

  test('ends with the shorter list, and says how much it was', () => {
    run()
    const last = fill(0, [from(FROM, 100), to(TO, 40)])
    store(dma.TAIL, 2)
    expect(completion(last)).toEqual([dma.COMPLETION_DONE, 40])
    expect(machine.memory.load8(TO + 40)).toBe(0)
  })

  test('H13 may overlap itself', () => {
    run()
    const before = bytes(FROM, 1000)
    const last = fill(0, [from(FROM, 1000), to(FROM + 17, 1000)])
    store(dma.TAIL, 2)
    expect(completion(last)).toEqual([dma.COMPLETION_DONE, 1000])
    expect(Buffer.compare(bytes(FROM + 17, 1000), before)).toBe(0)
  })

  test('interrupts if asked to, once, until that is acknowledged', () => {
    run()
    fill(0, [from(FROM, 4), to(TO, 4, dma.FLAG_INTERRUPT)])
    store(dma.TAIL, 2)
    fill(2, [from(FROM, 4), to(TO, 4, dma.FLAG_INTERRUPT)])
    store(dma.TAIL, 4)
    expect([machine.levels, load(dma.INTERRUPT)]).toEqual([[true], 1])
    store(dma.INTERRUPT, 0)
    expect([machine.levels, load(dma.INTERRUPT)]).toEqual([[true, false], 0])
  })

  test('that the tail cuts off waits for the rest of its chain', () => {
    run()
    const last = fill(0, [from(FROM, 8), to(TO, 8)])
    store(dma.TAIL, 1)
    expect([completion(last), load(dma.HEAD)]).toEqual([[0, 0], 0])
    store(dma.TAIL, 2)
    expect([completion(last), load(dma.HEAD)]).toEqual([[dma.COMPLETION_DONE, 8], 2])
  })

  test('goes round the ring', () => {
    run()
    for (let round = 0; round < 20; round++) {
      const last = fill(3 * round, [from(FROM + round, 16), to(TO, 8), to(TO + 8, 8)])
      store(dma.TAIL, (3 * round + 3) % SIZE)
      expect(completion(last)).toEqual([dma.COMPLETION_DONE, 16])
      expect(Buffer.compare(bytes(TO, 16), bytes(FROM + round, 16))).toBe(0)
    }
  })

  test('stores the completion last, behind all bytes and their number', () => {
    const { memory, system } = machine
    const log: string[] = []
    const ops = {
      read: () => 0,
      write: (offset: number, _value: number, size: number) => void log.push(`${offset} ${size}`),
      valid: { maxSize: 8 },
      impl: { maxSize: 4 },
    } as const
    // A ring, and a destination, that tell what is stored to them.
    system.addSubregion(0x2000_0000, MemoryRegion.io('destination', ops, 8))
    run()
    const at = fill(0, [from(FROM, 8), to(0x2000_0000, 8)])
    const ring = MemoryRegion.io(
      'ring',
      {
        ...ops,
        read: (offset: number) => memory.load32(RING + offset),
        write: (offset: number) => void log.push(`ring ${offset}`),
      },
      SIZE * dma.DESCRIPTOR_BYTES,
    )
    system.addSubregion(0x3000_0000, ring)
    run(0x3000_0000)
    store(dma.TAIL, 2)
    const last = at - RING
    expect(log).toEqual(['0 4', '4 4', `ring ${last + dma.MOVED}`, `ring ${last + dma.COMPLETION}`])
  })
})

describe('what a guest gets wrong is a completion with an error, and throws nothing', () => {
  test.each<[string, Piece[], number]>([
    ['a source where nothing is', [from(0x5000_0000, 8), to(TO, 8)], 8],
    ['a destination where nothing is', [from(FROM, 8), to(0x5000_0000, 8)], 8],
    ['a source of 64 bits', [from(2n ** 64n - 1n, 1), to(TO, 1)], 1],
    ['a destination past 2^53', [from(FROM, 8), to(2n ** 53n - 7n, 8)], 8],
    ['a piece that ends where the memory does not', [from(0xfffc, 8), to(TO, 8)], 8],
    ['one piece of three', [from(FROM, 24), to(TO, 8), to(2n ** 63n, 8), to(TO + 8, 8)], 24],
    ['a length over 2^24', [from(FROM, 2 ** 24 + 1), to(TO, 8)], 0],
    ["G7 the engine's own registers", [from(ENGINE, 4), to(TO, 4)], 4],
  ])('%s', (_what, pieces, moved) => {
    run()
    const last = fill(0, pieces)
    store(dma.TAIL, pieces.length)
    expect(machine.memory.result).toBe(MemTxResult.OK)
    expect(completion(last)).toEqual([dma.COMPLETION_ERROR, moved])
    expect([load(dma.HEAD), load(dma.STATUS)]).toEqual([pieces.length, dma.STATUS_RUNNING])
  })

  test.each<[string, number, number]>([
    ['of no descriptors', RING, 0],
    ['of one', RING, 1],
    ['of no power of two', RING, 6],
    ['that is too large', RING, 8192],
    ['where nothing is', 0x5000_0000, SIZE],
    ['that ends where the memory does not', 0xfff0, SIZE],
    ['past 2^53', 2 ** 53 - 16, SIZE],
  ])('a ring %s stops it', (_what, address, size) => {
    run(address, size)
    expect([load(dma.STATUS), load(dma.CONTROL)]).toEqual([dma.STATUS_BAD_RING, 0])
    const last = fill(0, [from(FROM, 8), to(TO, 8)])
    store(dma.TAIL, 2)
    expect(completion(last)).toEqual([0, 0])
    // It can be started again.
    run()
    store(dma.TAIL, 2)
    expect(completion(last)).toEqual([dma.COMPLETION_DONE, 8])
  })
})

describe('a ring that is there, and fails', () => {
  /** Registers that hold descriptors, of which some accesses fail. */
  function failing(fails: (offset: number, isWrite: boolean) => boolean) {
    const { memory, system } = machine
    const ring = MemoryRegion.io(
      'ring',
      {
        read: offset => (fails(offset, false) ? memTxFault(MemTxResult.ERROR) : memory.load32(RING + offset)),
        write: (offset, value) => {
          if (fails(offset, true)) return MemTxResult.ERROR
          memory.store32(RING + offset, value)
        },
        valid: { maxSize: 8 },
        impl: { minSize: 4, maxSize: 4 },
      },
      SIZE * dma.DESCRIPTOR_BYTES,
    )
    system.addSubregion(0x3000_0000, ring)
    run(0x3000_0000)
  }

  test.each([dma.ADDRESS, dma.ADDRESS + 4, dma.LENGTH, dma.FLAGS])(
    'to be read at byte %i of its second descriptor: zero is no descriptor, and nothing is done',
    field => {
      failing((offset, isWrite) => !isWrite && offset === dma.DESCRIPTOR_BYTES + field)
      const last = fill(0, [from(FROM, 8), to(TO, 8, dma.FLAG_INTERRUPT)])
      store(dma.TAIL, 2)
      expect([load(dma.STATUS), load(dma.HEAD), machine.levels]).toEqual([dma.STATUS_BAD_RING, 0, []])
      expect([completion(last), machine.memory.load64(TO)]).toEqual([[0, 0], 0n])
    },
  )

  test.each([dma.MOVED, dma.COMPLETION])('to be written at byte %i: it stops, and interrupts for nothing', field => {
    failing((offset, isWrite) => isWrite && offset === dma.DESCRIPTOR_BYTES + field)
    const last = fill(0, [from(FROM, 8), to(TO, 8, dma.FLAG_INTERRUPT)])
    store(dma.TAIL, 2)
    expect([load(dma.STATUS), load(dma.HEAD), machine.levels]).toEqual([dma.STATUS_BAD_RING, 0, []])
    expect(machine.memory.load32(last + dma.COMPLETION)).toBe(0)
  })

  test('that is a ROM', () => {
    const { system, ram } = machine
    const rom = MemoryRegion.rom('rom', ram.block('rom', 0x1000))
    fill(0, [from(FROM, 8), to(TO, 8)])
    const descriptors = bytes(RING, SIZE * dma.DESCRIPTOR_BYTES)
    system.addSubregion(0x3000_0000, rom)
    machine.memory.writeRom(0x3000_0000, descriptors)
    run(0x3000_0000)
    store(dma.TAIL, 2)
    expect([load(dma.STATUS), load(dma.HEAD)]).toEqual([dma.STATUS_BAD_RING, 0])
  })
})

test('any descriptors, any ring: it ends with a status, and nothing is thrown', () => {
  const address = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.nat(0x10100).map(BigInt),
    fc.bigInt({ min: 2n ** 53n - 0x100n, max: 2n ** 53n + 0x100n }),
    fc.constantFrom(BigInt(ENGINE), BigInt(RING)),
  )
  const length = fc.oneof(fc.nat(64), fc.constantFrom(2 ** 24, 2 ** 24 + 1, 0xffff_ffff))
  const piece = fc.record({ address, length, flags: fc.nat(7) })
  const ring = fc.oneof(fc.constant(BigInt(RING)), address)
  fc.assert(
    fc.property(fc.array(piece, { maxLength: SIZE - 1, ...LONG }), ring, (pieces, at) => {
      const { memory } = machine
      for (const [i, { address, length, flags }] of pieces.entries()) {
        const descriptor = RING + i * dma.DESCRIPTOR_BYTES
        memory.store64(descriptor + dma.ADDRESS, address)
        memory.store32(descriptor + dma.LENGTH, length > 2 ** 24 ? length : length % 4096)
        memory.store32(descriptor + dma.FLAGS, flags)
      }
      store(dma.CONTROL, 0)
      store(dma.RING_LOW, Number(at % 2n ** 32n))
      store(dma.RING_HIGH, Number(at / 2n ** 32n))
      store(dma.RING_SIZE, SIZE)
      store(dma.CONTROL, dma.CONTROL_RUN)
      store(dma.TAIL, pieces.length)
      expect(memory.result).toBe(MemTxResult.OK)
      expect([dma.STATUS_RUNNING, dma.STATUS_BAD_RING]).toContain(load(dma.STATUS))
    }),
    { numRuns: 500 },
  )
})

describe('the ring', () => {
  test('J5 is found again where the map has changed', () => {
    const { system, main, memory, ram } = machine
    run()
    const other = MemoryRegion.ram('other', ram.block('other', 0x1000))
    system.addSubregion(RING, other, 1)
    const last = fill(0, [from(FROM, 8), to(TO, 8)])
    store(dma.TAIL, 2)
    expect(completion(last)).toEqual([dma.COMPLETION_DONE, 8])
    MemoryRegion.transaction(() => {
      system.removeSubregion(other)
      system.removeSubregion(main)
    })
    store(dma.TAIL, 4)
    expect([load(dma.STATUS), memory.result]).toEqual([dma.STATUS_BAD_RING, MemTxResult.OK])
  })

  test('stays where it is while the engine runs', () => {
    run()
    store(dma.RING_LOW, 0x9000)
    store(dma.RING_SIZE, 2)
    expect([load(dma.RING_LOW), load(dma.RING_HIGH), load(dma.RING_SIZE)]).toEqual([RING, 0, SIZE])
    store(dma.CONTROL, 0)
    store(dma.RING_LOW, 0x9000)
    expect([load(dma.RING_LOW), load(dma.CONTROL), load(dma.TAIL)]).toEqual([0x9000, 0, 0])
  })
})

describe('with its driver in another thread', () => {
  // vitest does not transform what runs in a worker.
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('../../examples/devices/dma-guest.mjs', import.meta.url))],
    alias: { guestmem: fileURLToPath(new URL('../../src/index.ts', import.meta.url)) },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
  })
  const start = (workerData: object) => new Worker(outputFiles[0]?.text ?? '', { eval: true, workerData })

  test('H12 all bytes are there the moment that the completion is seen', async () => {
    expect(await runDma(300, start)).toEqual({ transfers: 300, early: 0 })
  })

  test('a copy that comes after its completion is caught', async () => {
    const copy = vi.spyOn(ScatterGatherList.prototype, 'copyFrom').mockImplementation(() => 0)
    try {
      expect(await runDma(20, start)).toEqual({ transfers: 20, early: 20 })
    } finally {
      copy.mockRestore()
    }
  })

  test('a driver that dies fails the run', async () => {
    const dies = () => new Worker('process.exit(3)', { eval: true })
    await expect(runDma(1, dies)).rejects.toThrow(/exit code 3/)
  })
})
