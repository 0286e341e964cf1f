import { runInNewContext } from 'node:vm'
import { GuestRam, type GuestRamHandle, ramCopy, SparseRam } from 'guestmem'
import { afterEach, describe, expect, test, vi } from 'vitest'

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

const PAGE = 4096
const BYTES = 10 * PAGE + 100

function make(bytes = BYTES) {
  const ram = GuestRam.allocate(bytes)
  ram.block('a', 5000)
  ram.block('b', PAGE)
  return ram
}
function grown(ram: GuestRam): GuestRam {
  ram.handle.memory?.grow(1)
  return ram
}
const blocksOf = ({ blocks }: GuestRam) => blocks.map(({ name, offset, size }) => [name, offset, size])
const placed = (name: unknown, offset: unknown, size: unknown) => ({ name, offset, size })
/** A cut of its own with these pages, of the same memory. */
function cutOf({ cut }: GuestRamHandle, pages: number): SharedArrayBuffer {
  const copy = new SharedArrayBuffer(cut.byteLength)
  new Int32Array(copy).set(new Int32Array(cut))
  new Int32Array(copy)[0] = pages
  return copy
}

afterEach(() => vi.restoreAllMocks())

describe('a handle is taken', () => {
  test.each<[string, (ram: GuestRam) => GuestRamHandle]>([
    ['as it is', ram => ram.handle],
    ['cloned', ram => structuredClone(ram.handle)],
    ['cloned twice', ram => structuredClone(structuredClone(ram.handle))],
    ['after its memory grew', ram => grown(ram).handle],
    ['cloned after its memory grew', ram => structuredClone(grown(ram).handle)],
    ['of the clone of its parts', ram => ({ ...structuredClone(ram.handle), buffer: ram.buffer })],
    ['of who attached', ram => GuestRam.attach(structuredClone(ram.handle)).handle],
    ['frozen', ram => Object.freeze({ ...ram.handle, blocks: Object.freeze([...ram.handle.blocks]) })],
    ['without a prototype', ram => Object.assign(Object.create(null), ram.handle)],
    ['in another order of blocks', ram => ({ ...ram.handle, blocks: [...ram.handle.blocks].reverse() })],
    [
      'with blocks of another realm',
      ram => ({ ...ram.handle, blocks: runInNewContext('b => b.map(x => ({...x}))')(ram.handle.blocks) }),
    ],
  ])('%s', (_how, handleOf) => {
    const ram = make()
    const there = GuestRam.attach(handleOf(ram))
    expect([there.bytes, blocksOf(there).sort()]).toEqual([ram.bytes, blocksOf(ram).sort()])
    const [a] = there.blocks
    ramCopy(bad(a), 3, Uint8Array.of(1, 2, 3), 0, 3)
    expect([...(ram.blocks.find(({ name }) => name === a?.name)?.view(3, 3) ?? [])]).toEqual([1, 2, 3])
    // Cut by all of them from one store.
    expect(there.block('c', 1).offset).toBe(3 * PAGE)
    expect(ram.block('d', 1).offset).toBe(4 * PAGE)
  })

  test('of wrapped memory, and of sparse RAM', () => {
    const wrapped = GuestRam.wrap(new SharedArrayBuffer(5000))
    wrapped.block('all', 5000)
    expect(blocksOf(GuestRam.attach(structuredClone(wrapped.handle)))).toEqual([['all', 0, 5000]])
    const sparse = new SparseRam({ memoryBytes: 4 * PAGE })
    const [block] = sparse.blocks('s', 5000)
    expect(blocksOf(GuestRam.attach(structuredClone(sparse.handleOf(bad(block)))))).toEqual([['s', 0, 5000]])
    // Wrapped by one, known by its number to another: still one memory.
    const ram = make()
    expect(GuestRam.attach(GuestRam.wrap(ram.buffer).handle).bytes).toBe(ram.buffer.byteLength)
    expect(GuestRam.attach(structuredClone(GuestRam.wrap(ram.buffer).handle)).bytes).toBe(ram.buffer.byteLength)
    const clone = structuredClone(ram.handle)
    const early = GuestRam.wrap(clone.buffer).handle
    GuestRam.attach(clone)
    expect(GuestRam.attach(early).bytes).toBe(ram.buffer.byteLength)
  })

  test('each of its fields is read once', () => {
    const { handle } = make()
    const asked: string[] = []
    const watched = (of: object, at: string): object =>
      Object.defineProperties(
        {},
        Object.fromEntries(
          Object.entries(of).map(([key, value]) => [
            key,
            {
              enumerable: true,
              get() {
                asked.push(`${at}${key}`)
                return value
              },
            },
          ]),
        ),
      )
    const blocks = handle.blocks.map((block, i) => watched(block, `${i}.`))
    expect(GuestRam.attach(bad(watched({ ...handle, blocks }, ''))).bytes).toBe(BYTES)
    expect(asked.sort()).toEqual([...new Set(asked)].sort())
    expect(asked).toHaveLength(13)
  })

  test('and nothing that changes in it later changes the guest RAM', () => {
    const blocks = [placed('a', 0, 5000)]
    const handle = bad({ ...make().handle, blocks })
    const there = GuestRam.attach(handle)
    blocks[0] = placed('evil', 0, 2 ** 40)
    handle.bytes = 2 ** 40
    expect(blocksOf(there)).toEqual([['a', 0, 5000]])
    expect(there.bytes).toBe(BYTES)
  })

  test('without the means to see whether two buffers are one memory, by its own fields', () => {
    vi.stubGlobal('Atomics', Object.assign(Object.create(Atomics), { waitAsync: undefined }))
    const ram = make()
    expect(blocksOf(GuestRam.attach(structuredClone(ram.handle)))).toEqual(blocksOf(ram))
    vi.unstubAllGlobals()
  })

  test('nothing is stored to its memory, and who waits at another place of it goes on waiting', async () => {
    const ram = make()
    const words = new Int32Array(ram.buffer)
    const before = words.slice()
    const waiting = Atomics.waitAsync(words, 5, 0, 200)
    GuestRam.attach(structuredClone(ram.handle))
    expect(Buffer.compare(new Uint8Array(before.buffer), new Uint8Array(words.slice().buffer))).toBe(0)
    expect(await waiting.value).toBe('timed-out')
  })
})

describe('a handle is refused, with its field and value', () => {
  const notOne =
    /^handle must be a GuestRam's handle, got one whose memory, buffer, cut, dirty and blocks do not belong/
  const none = /^handle must be a GuestRam's handle, got an object$/
  const lookalike = (of: object) => Object.create(Object.getPrototypeOf(of), { byteLength: { value: 2 ** 20 } })
  test.each<[string, RegExp, (handle: GuestRamHandle) => unknown]>([
    ['nothing', /^handle must be a GuestRam's handle, got undefined$/, () => undefined],
    ['a number', /^handle .*got 7$/, () => 7],
    ['a bigint', /^handle .*got 7n$/, () => 7n],
    ['text', /^handle .*got "handle"$/, () => 'handle'],
    ['an array', /^handle .*got an array$/, handle => [handle]],
    ['a GuestRam', /^handle .*got an object: pass its handle$/, () => make()],
    ['inherited fields', none, handle => Object.create(handle)],
    ['no buffer', none, ({ buffer, ...rest }) => ({ ...rest, memory: undefined })],
    ['an ArrayBuffer', none, handle => ({ ...handle, buffer: new ArrayBuffer(2 ** 20) })],
    ['what looks like a buffer', none, handle => ({ ...handle, memory: undefined, buffer: lookalike(handle.buffer) })],
    ['what looks like a cut', none, handle => ({ ...handle, cut: lookalike(handle.cut) })],
    ['no blocks', none, ({ blocks, ...rest }) => rest],
    ['blocks that are no array', none, handle => ({ ...handle, blocks: { length: 0 } })],
    ['a memory that is none', none, handle => ({ ...handle, memory: {} })],
    ['a memory that is null', none, handle => ({ ...handle, memory: null })],
    ['what looks like a memory', none, ({ buffer, ...rest }) => ({ ...rest, buffer, memory: { buffer } })],
    ['the prototype of memories', none, handle => ({ ...handle, memory: WebAssembly.Memory.prototype })],
    ['a memory that nobody shares', none, handle => ({ ...handle, memory: new WebAssembly.Memory({ initial: 1 }) })],
    ["another's memory", notOne, handle => ({ ...handle, memory: make().handle.memory })],
    ["another's memory, cloned", notOne, handle => structuredClone({ ...handle, memory: make().handle.memory })],
    ["another's buffer", notOne, handle => ({ ...handle, buffer: make().buffer })],
    ["another's buffer, cloned", notOne, handle => structuredClone({ ...handle, buffer: make().buffer })],
    [
      "another's buffer, of another size",
      notOne,
      handle => ({ ...handle, buffer: new SharedArrayBuffer(2 ** 20 + 3) }),
    ],
    ["another's cut", notOne, handle => ({ ...handle, cut: make().handle.cut })],
    ["another's dirty bitmaps", notOne, handle => ({ ...handle, dirty: make().handle.dirty })],
    [
      "another's tables",
      notOne,
      ({ memory, buffer, ...rest }) => ({ ...make().handle, ...rest, memory, buffer, ...tables() }),
    ],
    ['a cut that is too short', notOne, handle => ({ ...handle, cut: new SharedArrayBuffer(3) })],
    ['a cut that is too long', notOne, handle => ({ ...handle, cut: new SharedArrayBuffer(12) })],
    ['dirty bitmaps that are too short', notOne, handle => ({ ...handle, dirty: new SharedArrayBuffer(8) })],
    ['dirty bitmaps of more memory', notOne, handle => ({ ...handle, dirty: make(2 ** 24).handle.dirty })],
    ['fewer pages than blocks', notOne, handle => ({ ...handle, cut: cutOf(handle, 1) })],
    ['more pages than there are', notOne, handle => ({ ...handle, cut: cutOf(handle, 12) })],
    ['pages below 0', notOne, handle => ({ ...handle, blocks: [], cut: cutOf(handle, -1) })],
    ['a list of more blocks than pages', notOne, handle => ({ ...handle, blocks: new Array(2 ** 32 - 1) })],
    ['no bytes', /^handle\.bytes .*got 0$/, handle => ({ ...handle, bytes: 0 })],
    ['bytes that are none', /^handle\.bytes .*got NaN$/, handle => ({ ...handle, bytes: Number.NaN })],
    ['a bigint of bytes', /^handle\.bytes .*got 8n$/, handle => ({ ...handle, bytes: 8n })],
    ['more bytes than its buffer has', /^handle\.bytes .*got 65537$/, handle => ({ ...handle, bytes: 65537 })],
    ['fewer bytes than its bitmaps are for', notOne, h => ({ ...make(2 ** 24).handle, bytes: h.bytes })],
    ['a block that is none', /^handle\.blocks\[0\] must be an object, got 3$/, h => ({ ...h, blocks: [3] })],
    ['a hole among the blocks', /^handle\.blocks\[0\] .*got undefined$/, h => ({ ...h, blocks: new Array(1) })],
    ['no name', /^handle\.blocks\[1\]\.name .*got ""$/, h => ({ ...h, blocks: [h.blocks[0], placed('', 8192, 1)] })],
    [
      'an offset below 0',
      /^handle\.blocks\[0\]\.offset .*got -4096$/,
      h => ({ ...h, blocks: [placed('x', -PAGE, 1)] }),
    ],
    [
      'an offset that is text',
      /^handle\.blocks\[0\]\.offset .*got "0"$/,
      h => ({ ...h, blocks: [placed('x', '0', 1)] }),
    ],
    [
      'an offset of no page',
      /^handle\.blocks must have pages of their own, got one at 8$/,
      h => ({ ...h, blocks: [placed('x', 8, 1)] }),
    ],
    [
      'an offset behind what is cut',
      /^handle\.blocks must have pages of their own, got one at 12288$/,
      h => ({ ...h, blocks: [placed('x', 3 * PAGE, 1)] }),
    ],
    ['a size of 0', /^handle\.blocks\[0\]\.size .*got 0$/, h => ({ ...h, blocks: [placed('x', 0, 0)] })],
    ['a size of a half', /^handle\.blocks\[0\]\.size .*got 0.5$/, h => ({ ...h, blocks: [placed('x', 0, 0.5)] })],
    [
      'a size beyond what is cut',
      /^handle\.blocks must have pages of their own, got one at 0$/,
      h => ({ ...h, blocks: [placed('x', 0, 3 * PAGE + 1)] }),
    ],
    [
      'a block twice',
      /^handle\.blocks must have pages of their own, got one at 0$/,
      h => ({ ...h, blocks: [h.blocks[0], h.blocks[0]] }),
    ],
    [
      'blocks that overlap',
      /^handle\.blocks must .*got one at 4096$/,
      h => ({ ...h, blocks: [placed('x', PAGE, 1), placed('y', 0, 5000)] }),
    ],
  ])('%s', (_what, text, change) => {
    const ram = make()
    const before = Buffer.from(new Uint8Array(ram.buffer))
    const handle = change(ram.handle)
    expect(() => GuestRam.attach(bad(handle))).toThrow(text)
    expect(Buffer.compare(before, new Uint8Array(ram.buffer))).toBe(0)
    expect(blocksOf(ram)).toHaveLength(2)
    expect(blocksOf(GuestRam.attach(ram.handle))).toEqual(blocksOf(ram))
  })

  test('options are checked as allocate checks them', () => {
    expect(() => GuestRam.attach(make().handle, bad({ lane: 'fast' }))).toThrow(/^options\.lane .*got "fast"$/)
  })

  test('by the numbers that are known alone, where an engine can not wait without blocking', () => {
    vi.stubGlobal('Atomics', Object.assign(Object.create(Atomics), { waitAsync: undefined }))
    const { handle } = make()
    expect(() => GuestRam.attach({ ...handle, memory: make().handle.memory })).toThrow(notOne)
    expect(() => GuestRam.attach({ ...handle, dirty: make().handle.dirty })).toThrow(notOne)
    vi.unstubAllGlobals()
  })
})

function tables() {
  const { cut, dirty, blocks } = make().handle
  return { cut, dirty, blocks }
}
