import fc from 'fast-check'
import {
  AddressSpace,
  DirtyClient,
  GuestRam,
  MemoryRegion,
  MemTxAttrs,
  MemTxResult,
  snapshotAndClearDirty,
  startGlobalDirtyLog,
  stopGlobalDirtyLog,
  tap,
} from 'guestmem'
import { countAccesses } from 'guestmem/trace'
import { describe, expect, test } from 'vitest'
import { CASES_OF_A_JOB, LONG, runs } from '../support/campaign.ts'
import { collect } from '../support/collect.ts'

/** They say what is said where none are given, but are others: such a request goes the long way. */
const SAME = MemTxAttrs.of({})
const PAGE = 65_536
const SIZE = 0x300
const HIGH = 2 ** 33

/** Private RAM in a memory that can grow, seen twice, once above 2^32; a part of it read only; RAM beside it, a device and a ROM. */
function board(isGrowable: boolean) {
  const memory = isGrowable ? new WebAssembly.Memory({ initial: 1 }) : new ArrayBuffer(PAGE)
  const ram = GuestRam.wrap(memory)
  const [main, other, firmware] = [ram.block('main', 0x180), ram.block('other', 0x80), ram.block('firmware', 0x40)]
  const root = MemoryRegion.container('root', 2 ** 34)
  const region = MemoryRegion.ram('main', main)
  const view = MemoryRegion.alias('view', region, 0, 0x180)
  const rest = MemoryRegion.ram('other', other)
  const registers = new Uint8Array(0x40)
  const ops = {
    read: (offset: number) => registers[offset] as number,
    write: (offset: number, value: number) => {
      registers[offset] = value
    },
    impl: { maxSize: 1 as const },
  }
  root.addSubregion(0, view)
  root.addSubregion(0x180, rest)
  root.addSubregion(0x200, MemoryRegion.alias('again', region, 0x40, 0x80))
  root.addSubregion(0x280, MemoryRegion.io('io', ops, 0x40))
  root.addSubregion(0x2c0, MemoryRegion.rom('rom', firmware))
  root.addSubregion(HIGH, MemoryRegion.alias('high', region, 0, 0x180))
  const space = new AddressSpace('space', root)
  const arrays: Uint8Array[] = [3, 8, 24, 25, 64, 200].map(length => Uint8Array.from({ length }, (_, i) => length + i))
  // A part of the RAM itself, and what other threads see.
  arrays.push(new Uint8Array(new SharedArrayBuffer(40)))
  let seen = 0
  let tapped: { remove(): void } | undefined
  let counter: ReturnType<typeof countAccesses> | undefined
  const clients = [DirtyClient.VGA, DirtyClient.MIGRATION]
  /** Whatever a request may have changed. */
  const state = () => {
    const bytes = [main, other, firmware].map(block => Buffer.from(block.view()).toString('latin1'))
    const dirty = clients.map(client => [...snapshotAndClearDirty(main, 0, 0x180, client).ranges()].length)
    const counts = JSON.stringify(counter?.statistics())
    return [space.result, ...bytes, Buffer.from(registers).toString('latin1'), ...dirty, seen, counts].join('|')
  }
  const events = {
    grow: () => (memory instanceof ArrayBuffer ? 0 : memory.grow(1)),
    log: () => region.setLog(DirtyClient.VGA, (region.dirtyLogMask & (1 << DirtyClient.VGA)) === 0),
    readonly: () => view.setReadonly(!view.readonly),
    shift: () => view.setAliasOffset(view.targetOffset === 0 ? 0x20 : 0),
    unplug: () => (rest.container ? root.removeSubregion(rest) : root.addSubregion(0x180, rest)),
    tap: () => {
      if (tapped === undefined) tapped = tap(space, { start: 0x30, length: 0x20 }, {}, () => void seen++)
      else {
        tapped.remove()
        tapped = undefined
      }
    },
    count: () => {
      if (counter === undefined) counter = countAccesses(space)
      else {
        counter.remove()
        counter = undefined
      }
    },
    discard: () => ram.discard(main.offset, 0x40),
  }
  return { space, arrays, view: () => main.view(), state, events }
}

type Board = ReturnType<typeof board>

// Few, so that a request often goes on where the latest was.
const address = fc.oneof(
  fc
    .tuple(fc.constantFrom(0, 0x180, 0x200, 0x280, 0x2c0, HIGH), fc.constantFrom(0, 1, 0x10, 0x30))
    .map(([a, b]) => a + b),
  fc.nat(SIZE),
)
const array = fc.oneof(fc.nat(2), fc.nat(7))
const request = fc.oneof(
  fc.record({ what: fc.constantFrom('read' as const, 'write' as const), address, array, seed: fc.nat(255) }),
  fc.record({ what: fc.constant('copy' as const), address, from: address, length: fc.nat(0x100) }),
)
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never

const EVENTS = ['grow', 'log', 'readonly', 'shift', 'unplug', 'tap', 'count', 'discard'] as const
const step = fc.oneof(
  { weight: 30, arbitrary: request },
  { weight: 6, arbitrary: fc.record({ what: fc.constant('event' as const), event: fc.constantFrom(...EVENTS) }) },
  { weight: 1, arbitrary: fc.constant({ what: 'global' as const }) },
)

function carryOut({ space, arrays, view }: Board, one: Request, attrs: MemTxAttrs[]): string {
  if (one.what === 'copy') return `${space.copy(one.address, space, one.from, one.length, ...attrs)}`
  const { what, address: at, array, seed } = one
  const bytes = arrays[array] ?? view().subarray(0x10, 0x38)
  if (what === 'write') for (let i = 0; i < bytes.length; i++) bytes[i] = seed + 7 * i
  return `${space[what](at, bytes, ...attrs)} ${bytes.join()}`
}

describe('requests to private guest RAM', () => {
  test('E1, E2, F2: a request without attributes does what one does that says the same, whatever happens between', async () => {
    const { numRuns } = runs(450)
    for (let left = numRuns; left > 0; left -= CASES_OF_A_JOB) {
      fc.assert(
        fc.property(fc.boolean(), fc.array(step, { minLength: 2, maxLength: 30, ...LONG }), (isGrowable, steps) => {
          const boards = [board(isGrowable), board(isGrowable)] as const
          let isLogged = false
          try {
            for (const one of steps) {
              if (one.what === 'global') {
                isLogged = !isLogged
                if (isLogged) startGlobalDirtyLog()
                else stopGlobalDirtyLog()
              } else if (one.what === 'event') for (const { events } of boards) events[one.event]()
              else {
                const ends = boards.map((each, i) => carryOut(each, one, i === 0 ? [] : [SAME]))
                expect(ends[0]).toBe(ends[1])
              }
              expect(boards[0].state()).toBe(boards[1].state())
            }
          } finally {
            if (isLogged) stopGlobalDirtyLog()
            for (const { events } of boards) {
              events.tap()
              events.tap()
            }
          }
        }),
        { numRuns: Math.min(left, CASES_OF_A_JOB) },
      )
      await collect([])
    }
  })

  test('what is wrong is refused after any number of good ones, before anything is done', () => {
    const ram = GuestRam.allocate(0x1000, { shared: false })
    const space = new AddressSpace('space', MemoryRegion.ram('ram', ram.block('ram', 0x1000)))
    for (const length of [1, 8, 24, 25, 100]) {
      const bytes = new Uint8Array(length).fill(length)
      const wrong = [null, -1, 0.5, Number.NaN, '0', undefined] as unknown as number[]
      for (const method of ['read', 'write'] as const) {
        for (let time = 0; time < 3; time++) expect(space[method](0x10, bytes)).toBe(MemTxResult.OK)
        for (const address of wrong) expect(() => space[method](address, bytes)).toThrow(/^address must be /)
        for (const attrs of [null, {}, 0, 'RELAXED'] as unknown as MemTxAttrs[])
          expect(() => space[method](0x10, bytes, attrs)).toThrow(/^attrs must be /)
        expect(space[method](0x1000 - length + 1, bytes)).toBe(MemTxResult.DECODE_ERROR)
        expect(space[method](0x10, bytes)).toBe(MemTxResult.OK)
      }
      for (let time = 0; time < 3; time++) expect(space.copy(0x200, space, 0x10, length)).toBe(MemTxResult.OK)
      for (const value of wrong) {
        expect(() => space.copy(value, space, 0, length)).toThrow(/^address must be /)
        expect(() => space.copy(0, space, value, length)).toThrow(/^sourceAddress must be /)
        expect(() => space.copy(0, space, 0, value)).toThrow(/^length must be /)
      }
      expect(() => space.copy(0, space, 8, length, null as unknown as MemTxAttrs)).toThrow(/^attrs must be /)
      expect(() => space.copy(0, {} as AddressSpace, 8, length)).toThrow(/^source must be /)
      expect(space.copy(0, space, 0x1000 - length + 1, length)).toBe(MemTxResult.DECODE_ERROR)
    }
  })

  test('an array that was detached, or says another length by now, is what the engine says it is', () => {
    const ram = GuestRam.allocate(0x2000, { shared: false })
    const [low, high] = [ram.block('low', 0x1000), ram.block('high', 0x1000)]
    const root = MemoryRegion.container('root', 0x2000)
    root.addSubregion(0, MemoryRegion.ram('low', low))
    root.addSubregion(0x1000, MemoryRegion.ram('high', high))
    const space = new AddressSpace('space', root)
    for (const length of [4, 16, 40, 64]) {
      for (const said of [0, 1, length - 1, length + 1, 2 ** 20, -1, 0.5, 'x']) {
        for (const address of [0x100, 0x1000 - length, 0x1000 - 2, 0x1000 - length + 1]) {
          const bytes = Uint8Array.from({ length }, (_, i) => i + 1)
          for (let time = 0; time < 3; time++) space.write(address, bytes)
          Object.defineProperty(bytes, 'length', { value: said, configurable: true })
          low.view().fill(0)
          high.view().fill(0)
          expect(space.write(address, bytes)).toBe(MemTxResult.OK)
          const got = Uint8Array.from([...low.view(), ...high.view()].slice(address, address + length))
          expect(got.every((value, i) => value === i + 1)).toBe(true)
          expect(
            low.view().reduce((sum, value) => sum + value, 0) + high.view().reduce((sum, value) => sum + value, 0),
          ).toBe((length * (length + 1)) / 2)
          Uint8Array.prototype.fill.call(bytes, 0)
          expect(space.read(address, bytes)).toBe(MemTxResult.OK)
          delete (bytes as { length?: unknown }).length
          expect(bytes.every((value, i) => value === i + 1)).toBe(true)
        }
      }
      const bytes = new Uint8Array(length)
      for (let time = 0; time < 3; time++) space.read(0x100, bytes)
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
      for (const method of ['read', 'write'] as const)
        expect(() => space[method](0x100, bytes)).toThrow(/^bytes is a Uint8Array whose buffer was detached/)
    }
  })

  test('they go on where the memory has grown, and where another space sees the bytes at other addresses', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const block = GuestRam.wrap(memory).block('ram', 0x1000)
    const region = MemoryRegion.ram('ram', block)
    const root = MemoryRegion.container('root', 0x8000)
    root.addSubregion(0x4000, MemoryRegion.alias('alias', region, 0, 0x1000))
    const spaces = [new AddressSpace('one', region), new AddressSpace('two', root)] as const
    const bytes = new Uint8Array(32)
    for (let round = 0; round < 20; round++) {
      for (const [i, space] of spaces.entries()) {
        const at = 0x4000 * i + 8 * round
        bytes.fill(round + i + 1)
        expect(space.write(at, bytes)).toBe(MemTxResult.OK)
        expect(space.copy(at + 0x800, space, at, 32)).toBe(MemTxResult.OK)
        bytes.fill(0)
        expect(space.read(at + 0x800, bytes)).toBe(MemTxResult.OK)
        expect(bytes.every(value => value === round + i + 1)).toBe(true)
      }
      expect(block.view()[8 * round]).toBe(round + 2)
      if (round % 3 === 2) memory.grow(1)
    }
  })
})
