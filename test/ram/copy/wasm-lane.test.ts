import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Cells } from '../../../src/ram/access/cells.ts'
import { viewsOf } from '../../../src/ram/access/views.ts'
import type { ScratchPolicy } from '../../../src/ram/copy/lane.ts'
import { ScriptLane } from '../../../src/ram/copy/script-lane.ts'
import { privateStage } from '../../../src/ram/copy/stage.ts'
import { UserBuffers } from '../../../src/ram/copy/user-buffer.ts'
import { WasmLane } from '../../../src/ram/copy/wasm-lane.ts'
import type { Kernel, KernelModule } from '../../../src/ram/kernels/kernel.ts'

/** What carried bytes, in order: a kernel's function with what it was given, or a method of the script lane. */
const { log } = vi.hoisted(() => ({ log: [] as string[] }))
/** Bytes of each scratch that was made for one move alone. */
const scratches: number[] = []

vi.mock('../../../src/ram/kernels/kernel.ts', async original => ({
  ...(await original<object>()),
  instantiate: (_module: KernelModule, ram: WebAssembly.Memory, tmp: WebAssembly.Memory) => {
    scratches.push(tmp.buffer.byteLength)
    return fakeKernel(ram, tmp)
  },
}))

const PAGE = 65536
const LARGE = 2 ** 23
const PAGES = 2 * (LARGE / PAGE) + 2
const RAM = PAGES * PAGE

/** Says what it is asked for, and moves the bytes in script; their order is another suite's matter. */
function fakeKernel(ram: WebAssembly.Memory, tmp: WebAssembly.Memory): Kernel {
  const bytes = (memory: WebAssembly.Memory) => new Uint8Array(memory.buffer)
  const calls: Record<string, (...given: number[]) => void> = {
    copy: (dst = 0, src = 0, n = 0) => bytes(ram).copyWithin(dst, src, src + n),
    copyIn: (dst = 0, at = 0, n = 0) => bytes(ram).set(bytes(tmp).slice(at, at + n), dst),
    copyOut: (at = 0, src = 0, n = 0) => bytes(tmp).set(bytes(ram).slice(src, src + n), at),
    bulk: (dst = 0, src = 0, n = 0) => bytes(ram).copyWithin(dst, src, src + n),
    bulkIn: (dst = 0, at = 0, n = 0) => bytes(ram).set(bytes(tmp).slice(at, at + n), dst),
    bulkOut: (at = 0, src = 0, n = 0) => bytes(tmp).set(bytes(ram).slice(src, src + n), at),
    fill: (dst = 0, byte = 0, n = 0) => bytes(ram).fill(byte, dst, dst + n),
    upSaved: (dst = 0, distance = 0, n = 0) => bytes(ram).copyWithin(dst, dst - distance, dst - distance + n),
    upRing: (dst = 0, distance = 0, n = 0) => bytes(ram).copyWithin(dst, dst - distance, dst - distance + n),
  }
  return new Proxy({} as Kernel, {
    get:
      (_, name: string) =>
      (...given: number[]) => {
        log.push([name, ...given].join(' '))
        return calls[name]?.(...given)
      },
  })
}

interface Setup {
  readonly privateScratch?: boolean
  readonly atomic?: boolean
  readonly scratch?: ScratchPolicy
  /** Pages that may be grown behind the guest RAM. */
  readonly room?: number
}

function make({ privateScratch = true, atomic = false, scratch, room = 16 }: Setup = {}) {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES + room, shared: true })
  const buffer = memory.buffer as unknown as SharedArrayBuffer
  const views = viewsOf(buffer)
  const kernel = fakeKernel(memory, privateScratch ? privateStage().memory : memory)
  const users = new UserBuffers(buffer)
  // No kernel for cells: they are script's here, and leave nothing in the log.
  const cells = new Cells(views, undefined, { atomic, oneAccess: false, unaligned: 'split' })
  const policy = scratch ?? { limit: 2 ** 32, beyond: 'refuse' }
  const real = new ScriptLane(views, cells, policy, users)
  const script = new Proxy(real, {
    get(target, name: keyof ScriptLane) {
      const value = target[name] as unknown
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        log.push(`script ${name}`)
        return value.apply(target, given)
      }
    },
  })
  const module = { privateScratch } as KernelModule
  const lane = new WasmLane(kernel, module, memory, script, views, cells, policy, users)
  const base = privateScratch ? 0 : RAM
  return { lane, bytes: new Uint8Array(buffer, 0, RAM), memory, base }
}

beforeEach(() => {
  log.length = 0
  scratches.length = 0
})

const noise = (bytes: Uint8Array, seed: number) => {
  for (let at = 0; at < bytes.length; at++) bytes[at] = at * 31 + (at >> 8) + seed
}
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

/** A user's array `skew` bytes into a buffer that the lane has seen twice, so that it knows its views; or once. */
function userArray(lane: WasmLane, skew: number, length: number, known: boolean): Uint8Array {
  const user = new Uint8Array(new ArrayBuffer(length + 64), skew, length)
  noise(user, 5)
  if (known) {
    lane.copyIn(0, user, 0, 1)
    lane.copyIn(0, user, 0, 1)
    log.length = 0
  }
  return user
}

describe.each([true, false])('the way of a user buffer (scratch in a memory of its own: %s)', privateScratch => {
  /** In and out; what carried the bytes. The rest of the memory and of the array stays as it is. */
  function ways(setup: Setup, known: boolean, ram: number, skew: number, length: number, at = 0, spare = 0) {
    const { lane, bytes, base } = make({ privateScratch, ...setup })
    noise(bytes.subarray(ram - 64, ram + length + 64), 1)
    const user = userArray(lane, skew, at + length + spare, known)
    const before = bytes.slice(ram - 64, ram + length + 64)
    lane.copyIn(ram, user, at, length)
    before.set(user.subarray(at, at + length), 64)
    expect(same(bytes.subarray(ram - 64, ram + length + 64), before)).toBe(true)
    const into = log.splice(0)
    noise(bytes.subarray(ram, ram + length), 9)
    const due = user.slice()
    due.set(bytes.subarray(ram, ram + length), at)
    lane.copyOut(user, at, ram, length)
    expect(same(user, due)).toBe(true)
    return { into, out: log.splice(0), base }
  }

  /**
   * Where in the stage bytes are: half a page from what they are stored to next. A view of the shared stage has to line
   * up with the array, one of a private stage with the guest RAM.
   */
  const skewIn = (ram: number, user: number) => ((ram + 2048) & 0xff0) | ((privateScratch ? ram : user) & 15)
  const skewOut = (user: number) => (~user & 2048) | (privateScratch ? 0 : user & 15)
  const shortIn = (ram: number, user: number) => ((ram + 2048) & 0xff8) | (user & 7)
  const shortOut = (user: number) => (user + 2048) & 0xfff

  test.each([1, 2, 4, 8, 16, 24, 255, 256])(
    '%i bytes that line up go straight across, once its views are known',
    size => {
      for (const at of [0, 16]) expect(ways({}, true, 4096, 0, size, at)).toMatchObject({ into: [], out: [] })
    },
  )

  test('bytes line up where their addresses are equal modulo 8', () => {
    expect(ways({}, true, 4099, 3, 100)).toMatchObject({ into: [], out: [] })
    expect(ways({}, true, 4099, 3, LARGE)).toMatchObject({ into: [], out: [] })
    const { into, out, base } = ways({}, true, 4097, 7, 100)
    expect({ into, out }).toEqual({
      into: [`copyIn 4097 ${base + shortIn(4097, 7)} 100`],
      out: [`copyOut ${base + shortOut(7)} 4097 100`],
    })
    expect(ways({}, true, 4097, 7, LARGE).into.length).toBeGreaterThan(500)
    expect(ways({}, true, 4097, 7, LARGE).out.length).toBeGreaterThan(500)
  })

  test.each([3, 5, 9, 17, 100, 255, 256])('%i bytes that do not are shifted by a kernel, from the stage', size => {
    const { into, out, base } = ways({}, true, 4096, 3, size, 2)
    expect({ into, out }).toEqual({
      into: [`copyIn 4096 ${base + shortIn(4096, 5)} ${size}`],
      out: [`copyOut ${base + shortOut(5)} 4096 ${size}`],
    })
  })

  test.each([1, 2, 4, 8])('%i bytes that are one access are one cell, wherever they come from', size => {
    expect(ways({}, true, 4096, 3, size)).toMatchObject({ into: [], out: [] })
    expect(ways({}, false, 4096, 3, size)).toMatchObject({ into: [], out: [] })
  })

  test('up to 768 bytes that line up go straight to guest RAM; from it, and more, through the stage', () => {
    const { into, out, base } = ways({}, true, 4096, 0, 768)
    expect({ into, out }).toEqual({ into: [], out: [`copyOut ${base + skewOut(0)} 4096 768`] })
    expect(ways({}, true, 4096, 0, 769).into).toEqual([`copyIn 4096 ${base + skewIn(4096, 0)} 769`])
    expect(ways({}, false, 4096, 0, 300).into).toEqual([`copyIn 4096 ${base + skewIn(4096, 0)} 300`])
  })

  test('in the language order what lines up is shifted too, and a cell is loaded as one', () => {
    const { into, out, base } = ways({ atomic: true }, true, 4096, 0, 24)
    expect({ into, out }).toEqual({ into: [`copyIn 4096 ${base + shortIn(4096, 0)} 24`], out: [] })
    expect(ways({ atomic: true }, true, 4096, 0, 8)).toMatchObject({ into: [], out: [] })
  })

  test("short ones of a buffer that was seen once are script's, up to 16 bytes", () => {
    expect(ways({}, false, 4097, 3, 16).into).toEqual(['script copyUserIn'])
    const { into, base } = ways({}, false, 4097, 3, 17)
    expect(into).toEqual([`copyIn 4097 ${base + skewIn(4097, 3)} 17`])
  })

  test.each([
    [257, 4096, 3],
    [257, 4101, 0],
    [8192, 4096, 0],
    [8193, 4101, 7],
    [20000, 4099, 2],
    [20000, 4096, 18],
  ])('%i bytes at %i, %i into their buffer, pass through the stage in chunks', (size, ram, skew) => {
    for (const [at, spare] of [
      [0, 0],
      [0, 5],
      [6, 0],
    ] as const) {
      const { into, out, base } = ways({}, true, ram, skew, size, at, spare)
      const first = privateScratch ? 8192 - (ram & 15) : 8192
      expect(into).toEqual(
        chunks(size, first).map(([done, n]) => `copyIn ${ram + done} ${base + skewIn(ram, skew + at)} ${n}`),
      )
      expect(out).toEqual(
        chunks(size, 8192).map(([done, n]) => `copyOut ${base + skewOut(skew + at)} ${ram + done} ${n}`),
      )
    }
  })

  test('4 MiB that line up are one loop; what does not, is less, or is in the language order, is not', () => {
    expect(ways({}, true, 4096, 8, LARGE)).toMatchObject({ into: [], out: [] })
    expect(ways({}, true, 4097, 8, LARGE).into.length).toBeGreaterThan(500)
    expect(ways({}, true, 4097, 8, LARGE).out.length).toBeGreaterThan(500)
    expect(ways({}, true, 4096, 8, LARGE - 1).into.length).toBeGreaterThan(500)
    expect(ways({}, true, 4096, 8, LARGE - 1).out.length).toBeGreaterThan(500)
    expect(ways({ atomic: true }, true, 4096, 8, LARGE).into.length).toBeGreaterThan(500)
    expect(ways({ atomic: true }, true, 4096, 8, LARGE).out.length).toBeGreaterThan(500)
  })

  test("an array that others may watch is script's; one of the guest RAM is RAM to RAM", () => {
    const { lane, bytes } = make({ privateScratch })
    noise(bytes.subarray(0, 1024), 3)
    const shared = new Uint8Array(new SharedArrayBuffer(512), 3, 300)
    const guest = bytes.subarray(100, 400)
    for (const size of [8, 300]) {
      lane.copyIn(4096, shared, 0, size)
      lane.copyOut(shared, 0, 4096, size)
      lane.bulkIn(4096, shared, 0, size)
      lane.bulkOut(shared, 0, 4096, size)
      expect(log.splice(0)).toEqual([
        'script copyUserIn',
        'script copyUserOut',
        'script copyUserIn',
        'script copyUserOut',
      ])
      lane.copyIn(4096, guest, 0, size)
      lane.copyOut(guest, 0, 8192, size)
      lane.bulkIn(4096, guest, 0, size)
      lane.bulkOut(guest, 0, 8192, size)
      lane.bulkIn(4096, guest, 2, 7)
      lane.bulkOut(guest, 2, 8192, 7)
      expect(log.splice(-2)).toEqual(['bulk 4096 102 7', 'bulk 102 8192 7'])
      expect(log.splice(0)).toEqual([
        `copy 4096 100 ${size}`,
        `copy 100 8192 ${size}`,
        `bulk 4096 100 ${size}`,
        `bulk 100 8192 ${size}`,
      ])
    }
  })

  test('bulk transfers take the stage and the bulk kernels', () => {
    const { lane, bytes, base } = make({ privateScratch })
    const user = userArray(lane, 3, 8200, true)
    lane.bulkIn(4096, user, 0, 8200)
    expect(log.splice(0)).toEqual(
      chunks(8200, 8192).map(([done, n]) => `bulkIn ${4096 + done} ${base + skewIn(4096, 3)} ${n}`),
    )
    expect(same(bytes.subarray(4096, 4096 + 8200), user)).toBe(true)
    noise(bytes.subarray(4096, 4096 + 8200), 77)
    lane.bulkOut(user, 0, 4096, 8200)
    expect(log.splice(0)).toEqual(
      chunks(8200, 8192).map(([done, n]) => `bulkOut ${base + skewOut(3)} ${4096 + done} ${n}`),
    )
    expect(same(bytes.subarray(4096, 4096 + 8200), user)).toBe(true)
    lane.bulkMove(10, 20, 30)
    lane.bulkFill(10, 1, 2)
    expect(log).toEqual(['bulk 10 20 30', 'script bulkFill'])
  })

  const chunks = (length: number, first: number): [done: number, size: number][] => {
    const list: [number, number][] = []
    for (let done = 0, size = first; done < length; done += size, size = 8192) {
      size = Math.min(size, length - done)
      list.push([done, size])
    }
    return list
  }
})

describe('without room for a stage', () => {
  test('script carries what would pass through it; room is looked for once', () => {
    const { lane, memory, bytes } = make({ privateScratch: false, room: 0 })
    const grow = vi.spyOn(memory, 'grow')
    const user = userArray(lane, 3, 300, true)
    noise(bytes.subarray(0, 1024), 8)
    lane.copyIn(4096, user, 0, 100)
    lane.copyOut(user, 0, 4096, 100)
    lane.copyIn(4096, user, 0, 300)
    lane.copyOut(user, 0, 4096, 300)
    expect(log.splice(0)).toEqual([
      'script copyUserIn',
      'script copyUserOut',
      'script copyUserIn',
      'script copyUserOut',
    ])
    const due = bytes.slice(0, 1024)
    due.copyWithin(240, 200, 300)
    lane.move(240, 200, 100)
    expect(log).toEqual(['script move'])
    expect(same(bytes.subarray(0, 1024), due)).toBe(true)
    expect(grow).toHaveBeenCalledTimes(1)
  })
})

describe('H13: a move up', () => {
  test.each([
    ['down', 0, 50, 100, 'copy 0 50 100'],
    ['by nothing', 50, 50, 100, 'copy 50 50 100'],
    ['by all its length', 150, 50, 100, 'copy 150 50 100'],
    ['as one access', 4, 0, 8, 'upSaved 4 4 8 0'],
    ['as one aligned access', 8, 4, 8, 'copy 8 4 8'],
    ['by less than half', 49, 0, 100, 'upRing 49 49 100 0'],
    ['by half', 50, 0, 100, 'upSaved 50 50 100 0'],
    ['by more than half', 51, 0, 100, 'upSaved 51 51 100 0'],
  ])('%s', (_how, dst, src, length, line) => {
    const { lane, bytes } = make()
    noise(bytes.subarray(0, 1024), 2)
    const due = bytes.slice(0, 1024)
    due.copyWithin(dst, src, src + length)
    lane.move(dst, src, length)
    expect(log).toEqual([line])
    expect(same(bytes.subarray(0, 1024), due)).toBe(true)
  })

  test('a fill is one call', () => {
    make().lane.fill(10, 0x123, 20)
    expect(log).toEqual(['fill 10 291 20'])
  })

  test('one of 2^32 bytes, which a kernel can not count, is two', () => {
    make().lane.fill(0, 7, 2 ** 32)
    expect(log.splice(0)).toEqual([`fill 0 7 ${2 ** 31}`, `fill ${2 ** 31} 7 ${2 ** 31}`])
    make().lane.fill(1, 7, 2 ** 32 - 1)
    expect(log).toEqual([`fill 1 7 ${2 ** 32 - 1}`])
  })

  test('over the limit of scratch is refused, or done backwards by script', () => {
    const refused = make({ scratch: { limit: 40, beyond: 'refuse' } })
    refused.lane.move(40, 0, 100)
    expect(log.splice(0)).toEqual(['upRing 40 40 100 0'])
    expect(() => refused.lane.move(41, 0, 100)).toThrow(/need 41 bytes of scratch, over the limit of 40/)
    expect(log).toEqual([])
    const { lane, bytes } = make({ scratch: { limit: 40, beyond: 'backwards' } })
    noise(bytes.subarray(0, 1024), 4)
    const due = bytes.slice(0, 1024)
    due.copyWithin(141, 100, 200)
    lane.move(141, 100, 100)
    expect(log).toEqual(['script move'])
    expect(same(bytes.subarray(0, 1024), due)).toBe(true)
  })

  test('the stage grows to what it needs, and is kept up to 16 MiB', () => {
    const big = 3 * PAGE
    const { lane } = make({ privateScratch: false, room: 16 })
    lane.move(PAGE, 0, big)
    expect(log.splice(0)).toEqual([`upRing ${PAGE} ${PAGE} ${big} ${RAM}`])
    // One byte more than the first page holds: a stage of twice as much, behind it.
    lane.move(PAGE + 1, 0, big)
    expect(log).toEqual([`upRing ${PAGE + 1} ${PAGE + 1} ${big} ${RAM + PAGE}`])
  })

  test.each([true, false])(
    'bytes come off the stage that is, after it has grown too (of its own: %s)',
    privateScratch => {
      const { lane, bytes } = make({ privateScratch, room: 100 })
      const user = new Uint8Array(1000)
      for (const [round, scratch] of [10, PAGE, 2 * PAGE, 5 * PAGE].entries()) {
        lane.move(scratch, 0, 3 * scratch)
        noise(bytes.subarray(0, 4096), round)
        lane.copyOut(user, 0, 501, 1000)
        expect(same(user, bytes.slice(501, 1501))).toBe(true)
        lane.bulkOut(user, 0, 502, 1000)
        expect(same(user, bytes.slice(502, 1502))).toBe(true)
      }
    },
  )

  test('beyond what is kept, a private scratch is made for the move alone; without one, script moves', () => {
    const keep = 16 * 2 ** 20
    const memory = (privateScratch: boolean) => {
      const ram = new WebAssembly.Memory({ initial: 700, maximum: 2000, shared: true })
      const buffer = ram.buffer as unknown as SharedArrayBuffer
      const views = viewsOf(buffer)
      const cells = new Cells(views, undefined, { atomic: false, oneAccess: false, unaligned: 'split' })
      const users = new UserBuffers(buffer)
      const script = { move: () => log.push('script move') } as unknown as ScriptLane
      const policy: ScratchPolicy = { limit: 2 ** 32, beyond: 'refuse' }
      const kernel = fakeKernel(ram, privateStage().memory)
      return new WasmLane(kernel, { privateScratch } as KernelModule, ram, script, views, cells, policy, users)
    }
    const length = 2 * keep + 64
    const own = memory(true)
    own.move(keep, 0, length)
    expect(scratches).toEqual([])
    own.move(keep + 1, 0, length)
    expect(scratches).toEqual([keep + PAGE])
    expect(log.splice(0)).toEqual([`upRing ${keep} ${keep} ${length} 0`, `upRing ${keep + 1} ${keep + 1} ${length} 0`])
    memory(false).move(keep + 1, 0, length)
    expect(log).toEqual(['script move'])
  })
})

test('it says what it is', () => {
  expect(make().lane.name).toBe('wasm')
})
