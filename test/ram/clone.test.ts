import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { MessageChannel, Worker } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion, RamBlock, SparseRam } from 'guestmem'
import { describe, expect, test } from 'vitest'

const PAGE = 4096
const ram = GuestRam.allocate(4 * PAGE)
const block = ram.block('block', PAGE)
const sparse = new SparseRam({ memoryBytes: 4 * PAGE })
const [lazy] = sparse.blocks('lazy', PAGE) as [RamBlock]
const things: [string, object][] = [
  ['a GuestRam', ram],
  ['one that was attached', GuestRam.attach(ram.handle)],
  ['wrapped memory', GuestRam.wrap(new SharedArrayBuffer(PAGE))],
  ['a block', block],
  ['sparse RAM', sparse],
  ['a block of sparse RAM', lazy],
]

describe.each(things)('%s', (_name, thing) => {
  const refusal = /guest RAM and regions are not cloned: post ram.handle, or sparse.handleOf\(block\)/

  test('is not cloned, alone or within something: what to post instead is said', () => {
    const { port1, port2 } = new MessageChannel()
    for (const value of [thing, { at: thing }, [1, thing], new Map([[1, thing]])]) {
      expect(() => structuredClone(value)).toThrow(refusal)
      expect(() => port1.postMessage(value)).toThrow(refusal)
      expect(() => new Worker('', { eval: true, workerData: value })).toThrow(refusal)
    }
    port1.close()
    port2.close()
    expect(sparse.allocatedBytes).toBe(0)
  })

  test('is compared, copied by spread, shown and turned to text as any object is', () => {
    expect(thing).toEqual(thing)
    expect({ thing }).toEqual({ thing })
    expect(thing).not.toEqual({})
    expect(Object.keys({ ...thing })).toEqual(Object.keys(thing))
    for (const key of Object.keys(thing)) expect(Reflect.get({ ...thing }, key)).toBe(Reflect.get(thing, key))
    expect(inspect(thing)).toMatch(/^(GuestRam|RamBlock|SparseRam) \{/)
    expect(inspect(thing, { getters: true })).toMatch(/^(GuestRam|RamBlock|SparseRam) \{/)
    expect(String(thing)).toBe('[object Object]')
  })
})

test('two are compared without a word of cloning, and what differs is told', () => {
  const other = GuestRam.allocate(PAGE)
  expect(other).not.toEqual(ram)
  let text = ''
  try {
    expect(other).toEqual(ram)
  } catch (error) {
    text = String(error)
  }
  expect(text).toMatch(/to deeply equal/)
  expect(text).not.toMatch(/not cloned/)
})

test('handles are cloned', () => {
  expect(GuestRam.attach(structuredClone(ram.handle)).blocks).toHaveLength(1)
})

describe('there is no other way to make them', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
  const bad = (value: unknown): any => value

  test.each<[string, unknown, RegExp]>([
    ['GuestRam', GuestRam, /^GuestRam has no public constructor: use GuestRam\.allocate, attach or wrap$/],
    ['RamBlock', RamBlock, /^RamBlock has no public constructor: cut one with ram\.block\(name, bytes\)$/],
  ])('new %s', (_name, Kind, text) => {
    class Own extends bad(Kind) {}
    const given = [
      [],
      [ram, 'name', 0, 2 ** 40],
      [undefined, ram, 'name', 0, 1],
      [Symbol(), ram.handle, {}],
      [ram.handle, {}],
    ]
    for (const values of given) {
      expect(() => new (bad(Kind))(...(values as []))).toThrow(TypeError)
      expect(() => new (bad(Kind))(...(values as []))).toThrow(text)
      expect(() => new Own(...(values as []))).toThrow(text)
      expect(() => Reflect.construct(bad(Kind), values, Object)).toThrow(text)
    }
    expect(ram.blocks).toHaveLength(1)
  })

  test('what they are does not change from outside', () => {
    for (const [thing, key] of [
      [block, 'offset'],
      [block, 'size'],
      [block, 'ram'],
      [ram, 'bytes'],
      [ram, 'lane'],
      [ram, 'clone'],
    ] as const) {
      const before = Reflect.get(thing, key)
      expect(() => {
        bad(thing)[key] = 2 ** 40
      }).toThrow(TypeError)
      expect(() => Object.defineProperty(thing, key, { value: 1 })).toThrow(TypeError)
      expect(Reflect.get(thing, key)).toBe(before)
    }
    expect(() => bad(ram.blocks).push(block)).toThrow(TypeError)
    expect(() => bad(ram.blocks).pop()).toThrow(TypeError)
    expect(ram.blocks).toEqual([block])
    expect(ram.blocks).toBe(ram.blocks)
    const before = ram.blocks
    const next = ram.block('next', 1)
    expect(before).toEqual([block])
    expect(ram.blocks).toEqual([block, next])
    bad(sparse.blocks('more', PAGE)).length = 0
    bad(ram.handle.blocks).length = 0
    expect(ram.handle.blocks).toHaveLength(2)
  })
})

test('a wrap takes the shared buffer of another realm', () => {
  const wrapped = GuestRam.wrap(runInNewContext('new SharedArrayBuffer(8192)'))
  const space = new AddressSpace('space', MemoryRegion.ram('ram', wrapped.block('all', 8192)))
  space.store32(4096, 0x1234)
  expect(space.load32(4096)).toBe(0x1234)
})
