import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import {
  AddressSpace,
  addEventNotifier,
  GuestRam,
  IommuMemoryRegion,
  IommuPermissions,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxResult,
} from 'guestmem'
import { describe, expect, test } from 'vitest'

const { OK, ACCESS_ERROR, DECODE_ERROR } = MemTxResult
/** How many accesses an access may lead to, each out of a handler of the one before. */
const MOST = 64
const CHAIN = 700

type Access = readonly [name: string, run: (space: AddressSpace, at: number) => unknown]

const BY_TURNS: Access[1] = (space, at) => (at & 16 ? space.load32(at) : space.load16(at + 1))

const ACCESSES: readonly Access[] = [
  ['load8', (space, at) => space.load8(at)],
  ['load32', (space, at) => space.load32(at)],
  ['load64', (space, at) => space.load64(at)],
  ['store32', (space, at) => space.store32(at, 1)],
  ['store64', (space, at) => space.store64(at, 1n)],
  ['read', (space, at) => space.read(at, new Uint8Array(4))],
  ['write', (space, at) => space.write(at, new Uint8Array(4))],
  ['fill', (space, at) => space.fill(at, 1, 4)],
  ['copy', (space, at) => space.copy(0, space, at, 4)],
  ['map for reading', (space, at) => space.map(at, 4)?.unmap()],
  ['map for writing', (space, at) => space.map(at, 4, { write: true })?.unmap()],
  ['a whole and an unaligned access by turns', BY_TURNS],
]

/** Devices of which each, when it is accessed, accesses the next. */
function chain(length: number, access: Access[1], ops: Partial<MemoryRegionOps> = {}) {
  const entered: number[] = []
  const results: MemTxResult[] = []
  const root = MemoryRegion.container('root', 2 ** 32)
  const block = GuestRam.allocate(4096).block('ram', 4096)
  root.addSubregion(0, MemoryRegion.ram('ram', block))
  const space: AddressSpace = new AddressSpace('space', root)
  const link = { on: true }
  const isUnaligned = (i: number) => access === BY_TURNS && i % 2 === 0
  for (let i = 0; i < length; i++) {
    // An access that is made of several calls leads to one: each of them to one would be 4^64.
    const act = (offset: number) => {
      if (offset > 1 || (offset === 1 && !isUnaligned(i))) return
      if (offset === 0 && isUnaligned(i) && link.on) return
      entered.push(i)
      if (!link.on || i === length - 1) return
      access(space, 0x10000 + 16 * (i + 1))
      results[i] = space.result
    }
    root.addSubregion(
      0x10000 + 16 * i,
      MemoryRegion.io(
        `${i}`,
        {
          read: offset => [act(offset), 1][1] as number,
          write: act,
          read64: offset => [act(offset), 1n][1] as bigint,
          write64: act,
          valid: { unaligned: true, maxSize: 8 },
          ...ops,
        },
        16,
      ),
    )
  }
  return { space, entered, results, link }
}

/** Every device of a chain can be entered, one at a time. */
function expectIntact({ space, entered, link }: ReturnType<typeof chain>, length: number): void {
  link.on = false
  entered.length = 0
  for (let i = 0; i < length; i++) {
    expect(space.load8(0x10000 + 16 * i)).toBe(1)
    expect(space.result).toBe(OK)
  }
  expect(entered).toHaveLength(length)
  expect(space.bounceBytesLeft).toBe(4096)
}

describe.each([
  ['whole accesses', {}],
  ['accesses that are adapted', { impl: { maxSize: 1 } }],
  ['accesses that are asked for', { accepts: () => true }],
] as const)('a chain of devices, %s', (_, ops) => {
  test.each(ACCESSES)('%s: as long as may be, all are entered', (_name, access) => {
    const made = chain(MOST, access, ops)
    access(made.space, 0x10000)
    expect(new Set(made.entered).size).toBe(MOST)
    expectIntact(made, MOST)
  })

  test.each(ACCESSES)('%s: what is longer ends with ACCESS_ERROR, and all is given back', (name, access) => {
    const made = chain(CHAIN, access, ops)
    for (let turn = 0; turn < 3; turn++) {
      made.entered.length = 0
      access(made.space, 0x10000)
      const deepest = Math.max(...made.entered)
      expect(deepest).toBeGreaterThanOrEqual(MOST - 1)
      expect(deepest).toBeLessThanOrEqual(MOST + 1)
      if (name === 'load32' || name === 'store32') {
        expect(made.results[deepest]).toBe(ACCESS_ERROR)
        expect(made.results[deepest - 1]).toBe(OK)
      }
    }
    expectIntact(made, CHAIN)
  })
})

describe('what leads to itself', () => {
  test('a ROM device that is read through itself', () => {
    const root = MemoryRegion.container('root', 4096)
    const block = GuestRam.allocate(4096).block('flash', 4096)
    let reads = 0
    const flash = MemoryRegion.romDevice(
      'flash',
      {
        read(offset) {
          reads++
          return space.load32(offset) + 1
        },
        write: () => undefined,
      },
      block,
    )
    flash.setRomdMode(false)
    root.addSubregion(0, flash)
    const space: AddressSpace = new AddressSpace('space', root)
    expect(space.load32(0)).toBe(reads)
    expect([reads, space.result]).toEqual([MOST + 1, OK])
  })

  test.each([2, 3, 8])('a handler that makes %i accesses each time calls no handler 2^64 times', times => {
    for (const adapted of [false, true]) {
      let calls = 0
      const act = () => {
        calls++
        for (let i = 0; i < times; i++) space.load32(4 * i)
        return 1
      }
      const ops: MemoryRegionOps = {
        read: act,
        write: () => void act(),
        ...(adapted && { impl: { maxSize: 1 } }),
      }
      const region = MemoryRegion.io('device', ops, 64, { reentrancyGuard: false })
      const space: AddressSpace = new AddressSpace('space', region)
      for (let turn = 0; turn < 3; turn++) {
        calls = 0
        space.load32(0)
        expect(calls).toBeGreaterThan(MOST)
        expect(calls).toBeLessThan(8 * 4 * 4 * (MOST + 2) * times)
      }
    }
  })

  test('an event notifier that rings itself', () => {
    let rung = 0
    const region = MemoryRegion.io('device', { read: () => 0, write: () => undefined }, 16)
    const space = new AddressSpace('space', region)
    addEventNotifier(region, { offset: 0, size: 4 }, () => {
      rung++
      space.store32(0, 1)
    })
    space.store32(0, 1)
    expect([rung, space.result]).toEqual([MOST + 1, OK])
    space.store32(4, 1)
    expect(space.result).toBe(OK)
  })

  test('accepts that makes an access to its own device', () => {
    let asked = 0
    const ops: MemoryRegionOps = {
      read: () => 1,
      write: () => undefined,
      accepts() {
        asked++
        space.load32(0)
        return true
      },
    }
    const space: AddressSpace = new AddressSpace('space', MemoryRegion.io('device', ops, 16))
    expect(space.load32(0)).toBe(1)
    expect(asked).toBe(MOST + 1)
  })

  test.each([1, 2, 4])('an IOMMU whose tables are behind it, %i looks a translation: each look is a fault', looks => {
    const { BOTH } = IommuPermissions
    const root = MemoryRegion.container('root', 4096)
    root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 4096)))
    const memory = new AddressSpace('memory', root)
    const results: number[] = []
    const iommu = new IommuMemoryRegion(
      'iommu',
      {
        translate(address) {
          for (let i = 0; i < looks; i++) {
            bus.load32(address + 4 * i)
            results.push(bus.result)
          }
          return { target: memory, translated: address, mask: 4095, permissions: BOTH }
        },
      },
      2 ** 32,
    )
    const bus: AddressSpace = new AddressSpace('bus', iommu)
    memory.store32(0, 0x1234_5678)
    for (let turn = 0; turn < 3; turn++) {
      results.length = 0
      expect([bus.load32(0), bus.result]).toEqual([0x1234_5678, OK])
      expect(results).toEqual(new Array(looks).fill(DECODE_ERROR))
    }
  })

  test.each([1, 2])('a chain of 700 IOMMUs whose tables are each behind the next, %i devices between two', devices => {
    const { BOTH } = IommuPermissions
    const root = MemoryRegion.container('root', 4096)
    root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 4096)))
    const memory = new AddressSpace('memory', root)
    memory.store32(0, 0x1234_5678)
    const buses: AddressSpace[] = []
    const link = { on: true }
    let faults = 0
    for (let i = 0; i < CHAIN; i++) {
      const look = () => {
        const next = buses[i + 1]
        if (!link.on || next === undefined) return 0
        next.load32(0)
        if (next.result === DECODE_ERROR) faults++
        return 1
      }
      // Its handler looks; or the one of a device whose handler does.
      let board = new AddressSpace('board', MemoryRegion.io('device', { read: look, write: () => undefined }, 16))
      for (let more = 1; more < devices; more++) {
        const inner = board
        const read = () => inner.load32(0)
        board = new AddressSpace('board', MemoryRegion.io('device', { read, write: () => undefined }, 16))
      }
      const translate = (address: number) => {
        board.load32(0)
        return { target: memory, translated: address, mask: 4095, permissions: BOTH }
      }
      buses.push(new AddressSpace(`${i}`, new IommuMemoryRegion(`${i}`, { translate }, 4096)))
    }
    for (let turn = 0; turn < 3; turn++) {
      faults = 0
      expect(buses[0]?.load32(0)).toBe(0x1234_5678)
      expect(faults).toBe(1)
    }
    link.on = false
    for (const bus of buses) expect([bus.load32(0), bus.result]).toEqual([0x1234_5678, OK])
  })
})

test('handlers that throw, out of any depth, leave no level taken', () => {
  const error = new Error('at the end')
  const made = chain(MOST, (space, at) => {
    space.load32(at)
    if (at === 0x10000 + 16 * (MOST - 1)) throw error
  })
  for (let i = 0; i < 3 * MOST; i++) expect(() => made.space.load32(0x10000)).toThrow(error)
  expectIntact(made, MOST)
})

// The JIT's interpreter has the largest frames, and what runs for the first time runs in it.
const PROGRAM = `
import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from './guestmem.mjs'

const root = MemoryRegion.container('root', 2 ** 32)
const space = new AddressSpace('space', root)
root.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(4096).block('ram', 4096)))
let link = true
const act = i => {
  if (!link) return
  const at = 0x10000 + 16 * (i + 1)
  if (i % 5 === 0) space.copy(8, space, at, 4)
  else if (i % 5 === 1) space.map(at, 4)?.unmap()
  else if (i % 5 === 2) space.read(at, new Uint8Array(4))
  else space.load32(at)
}
for (let i = 0; i < ${CHAIN}; i++)
  root.addSubregion(0x10000 + 16 * i, MemoryRegion.io(String(i), { read: () => (act(i), 1), write: () => act(i) }, 16))
let deep = 0
// As little of the stack as there is left, and less each time.
const from = frames => {
  deep++
  if (frames > 0) from(frames - 1)
  else space.load32(0x10000)
}
from(0)
const first = space.result
let overflows = 0
for (let frames = 2000; frames < 40000; frames += 40) {
  try {
    from(frames)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    overflows++
  }
}
link = false
let wrong = 0
for (let i = 0; i < ${CHAIN}; i++) if (space.load32(0x10000 + 16 * i) !== 1 || space.result !== MemTxResult.OK) wrong++
console.log(JSON.stringify({ first, wrong, overflowed: overflows > 0 }))
`

test.each([
  ['as it comes', []],
  ['in the interpreter alone', ['--no-opt', '--no-sparkplug', '--max-lazy']],
])('the first accesses of a process, also where there is little of the stack left: %s', async (_, flags) => {
  const folder = mkdtempSync(join(tmpdir(), 'guestmem-'))
  try {
    await build({
      entryPoints: [fileURLToPath(new URL('../../../src/index.ts', import.meta.url))],
      outfile: join(folder, 'guestmem.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    })
    writeFileSync(join(folder, 'program.mjs'), PROGRAM)
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, join(folder, 'program.mjs')], {
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({ first: OK, wrong: 0, overflowed: true })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
