import {
  CACHE_MODES,
  HOST_PROFILES,
  type HostName,
  MemoryRegionCache,
  MemTxAttrs,
  MemTxResult,
  type RamBlock,
  readb,
  readl,
  readq,
  readw,
  writeb,
  writel,
  writeq,
  writew,
} from 'guestmem'
import { describe, expect, test, vi } from 'vitest'
import { STEPPED_ATOMICS } from '../hazards/stepper.ts'
import { type Board, board, POLICIES } from './board.ts'
import { hasUnaligned, natural, oneAccess, opsAccesses, type Setting, wayOf } from './expected.ts'

vi.mock('../../src/ram/kernels/kernel.ts', async real =>
  (await import('../hazards/stepper.ts')).steppedKernels(await real()),
)
vi.mock('../../src/ram/access/views.ts', async real =>
  (await import('../hazards/stepper.ts')).steppedViews(await real()),
)
vi.mock('../../src/ram/access/section-views.ts', async real =>
  (await import('../hazards/stepper.ts')).steppedSectionViews(await real()),
)
vi.stubGlobal('Atomics', Object.assign(Object.create(Atomics), STEPPED_ATOMICS))

/** One access of 1, 2, 4 or 8 bytes; values are bigints, whatever the width. */
interface Ports {
  load(address: number, size: number): bigint
  store(address: number, size: number, value: bigint): void
  readonly result: number
  readonly high?: number
}

type Space = Pick<
  MemoryRegionCache,
  'load8' | 'load16' | 'load32' | 'load64' | 'store8' | 'store16' | 'store32' | 'store64' | 'result'
>

function ports(space: Space): Ports {
  return {
    load(address, size) {
      if (size === 8) return space.load64(address)
      return BigInt(size === 4 ? space.load32(address) : size === 2 ? space.load16(address) : space.load8(address))
    },
    store(address, size, value) {
      if (size === 8) space.store64(address, value)
      else if (size === 4) space.store32(address, Number(value))
      else if (size === 2) space.store16(address, Number(value))
      else space.store8(address, Number(value))
    },
    get result() {
      return space.result
    },
  }
}

const BLOCK_READS = { 1: readb, 2: readw, 4: readl, 8: readq } as const
const BLOCK_WRITES = {
  1: (block: RamBlock, at: number, value: bigint, mode: Setting['cacheMode']) => writeb(block, at, Number(value), mode),
  2: (block: RamBlock, at: number, value: bigint, mode: Setting['cacheMode']) => writew(block, at, Number(value), mode),
  4: (block: RamBlock, at: number, value: bigint, mode: Setting['cacheMode']) => writel(block, at, Number(value), mode),
  8: writeq,
} as const

/** Register accessors on the block, told how it is mapped; a refused access throws. */
function registers({ bar, setting: { cacheMode } }: Board): Ports {
  let result = 0
  const attempt = <T>(access: () => T, otherwise: T): T => {
    result = MemTxResult.OK
    try {
      return access()
    } catch (error) {
      expect((error as Error).message).toMatch(/^address must be a multiple of [248], got \d+: unaligned accesses/)
      result = MemTxResult.DECODE_ERROR
      return otherwise
    }
  }
  return {
    load: (at, size) => attempt(() => BigInt(BLOCK_READS[size as 1](bar, at, cacheMode)), 0n),
    store: (at, size, value) => attempt(() => BLOCK_WRITES[size as 1](bar, at, value, cacheMode), undefined),
    get result() {
      return result
    },
  }
}

const VALUE = 0x18f7_e6d5_c4b3_a291n
const SIZES = [1, 2, 4, 8] as const
const HOSTS = Object.keys(HOST_PROFILES) as HostName[]
const SETTINGS = CACHE_MODES.flatMap(cacheMode =>
  (['wasm', 'script'] as const).flatMap(lane =>
    (['host', 'language'] as const).flatMap(order =>
      (['split', 'refuse'] as const).map(unaligned => ({ cacheMode, lane, order, unaligned })),
    ),
  ),
)

const PATTERN = Uint8Array.from({ length: 64 }, (_, i) => 0x80 + i * 3)

function pattern(made: Board): void {
  made.device.set(PATTERN)
}

function numberAt(bytes: Uint8Array, address: number, size: number, big: boolean): bigint {
  let value = 0n
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(bytes[address + (big ? i : size - 1 - i)] as number)
  return value
}

/** An `expect` for each of so many would take longer than they do. */
function verify(
  what: string,
  problem: string | undefined,
  result: number,
  widths: readonly number[],
  expected: number,
  due: readonly number[] = [],
): void {
  const right = problem === undefined && result === expected && widths.length === due.length
  if (!right || !widths.every((width, i) => width === due[i]))
    expect.fail(`${what}: ${problem}, result ${result}, accesses of ${widths}, not of ${due} and ${expected}`)
}

/** Each width at each alignment: the accesses that are due and no other, and the value; or nothing, refused. */
function everyAccess(made: Board, to: Ports, big: boolean): void {
  const { bus, bar, device, setting } = made
  for (const size of SIZES)
    for (let address = 16; address < 32; address++) {
      const what = `${size} bytes at ${address}`
      const at = bar.offset + address
      const due = oneAccess(setting, at, size)
      const span = due && { address: at, length: size }
      const result = due === undefined ? MemTxResult.DECODE_ERROR : MemTxResult.OK
      pattern(made)
      const before = device.slice(0, 64)

      let value = 0n
      const loading = bus.run({ loads: span }, () => {
        value = to.load(address, size)
      })
      verify(what, loading, to.result, bus.widths('load'), result, due)
      const expected = due === undefined ? 0n : numberAt(before, address, size, big)
      if (value !== expected) expect.fail(`${what}: loads ${value}, not ${expected}`)

      const stored = BigInt.asUintN(8 * size, VALUE)
      const storing = bus.run({ stores: span }, () => to.store(address, size, stored))
      verify(what, storing, to.result, bus.widths('store'), result, due)
      if (due !== undefined) {
        const now = numberAt(device, address, size, big)
        if (now !== stored) expect.fail(`${what}: stores ${now}, not ${stored}`)
        device.set(before.subarray(address, address + size), address)
      }
      if (Buffer.compare(device.subarray(0, 64), before) !== 0) expect.fail(`${what}: other bytes have changed`)
    }
}

describe.each(HOSTS)('S5, S6, D, H3, H5: one access of 1, 2, 4 or 8 bytes, behind a bus of %s', host => {
  test.each(SETTINGS)('$cacheMode, $lane, $order order, $unaligned', options => {
    const made = board({ host, ...options })
    for (const policy of POLICIES)
      for (const [spaces, big] of [
        [made.spaces, false],
        [made.bigSpaces, true],
      ] as const) {
        const space = spaces[policy]
        everyAccess(made, ports(space), big)
        everyAccess(made, ports(new MemoryRegionCache(space, 0, 64, { write: true })), big)
        if (policy !== 'normal-or-writecombine') everyAccess(made, ports(pairs(space)), big)
      }
    everyAccess(made, registers(made), false)
  })
})

/** 64 bits as two numbers. */
function pairs(space: Board['other']): Space {
  return new Proxy(space, {
    get(target, key) {
      if (key === 'load64')
        return (address: number) => {
          const low = target.load64Pair(address)
          return (BigInt(target.high) << 32n) | BigInt(low)
        }
      if (key === 'store64')
        return (address: number, value: bigint) =>
          target.store64Pair(address, Number(value & 0xffff_ffffn), Number(value >> 32n))
      const found: unknown = Reflect.get(target, key, target)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

describe.each(HOSTS)('E4, G9, S6: blocks of 1 to 40 bytes by register accessors, behind a bus of %s', host => {
  test.each(SETTINGS)('$cacheMode, $lane, $order order, $unaligned', options => {
    const made = board({ host, ...options })
    const { bus, bar, device, setting } = made
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => 0x11 + 5 * i)
    for (const policy of POLICIES) {
      if (wayOf(setting, policy, true) !== 'ops') continue
      for (const space of [made.spaces[policy], made.bigSpaces[policy]])
        for (let length = 1; length <= 40; length += length < 12 ? 1 : 7)
          for (let address = 16; address < 32; address++) {
            const part = bytes.subarray(0, length)
            const span = { address: bar.offset + address, length }
            const due = opsAccesses(setting, span.address, length)
            let result = -1
            const writing = bus.run({ stores: span }, () => {
              result = space.write(address, part, address % 2 === 0 ? MemTxAttrs.UNSPECIFIED : MemTxAttrs.RELAXED)
            })
            const what = `${policy}: ${length} bytes at ${address}`
            verify(what, writing, result, bus.widths('store'), MemTxResult.OK, due)
            if (Buffer.compare(device.subarray(address, address + length), part) !== 0)
              expect.fail(`${what}: the bytes are wrong`)
            const got = new Uint8Array(length)
            const reading = bus.run({ loads: span }, () => {
              result = space.read(address, got)
            })
            verify(what, reading, result, bus.widths('load'), MemTxResult.OK, due)
            if (Buffer.compare(got, part) !== 0) expect.fail(`${what}: other bytes are read`)
          }
    }
  })
})

test('S6: the two ways of a block differ', () => {
  const setting: Setting = { host: 'x86-64', cacheMode: 'device', lane: 'wasm', order: 'host', unaligned: 'refuse' }
  expect(hasUnaligned(setting)).toBe(true)
  expect(opsAccesses(setting, 1, 17)).toEqual([8, 8, 1])
  expect(opsAccesses({ ...setting, host: 'ppc64' }, 1, 17)).toEqual(natural(1, 17, 8))
})
