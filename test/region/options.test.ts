import {
  AddressSpace,
  addEventNotifier,
  GuestRam,
  IommuMemoryRegion,
  MemoryRegion,
  type MemoryRegionOps,
  MemTxResult,
  removeEventNotifier,
  resizableRam,
} from 'guestmem'
import { afterEach, describe, expect, test } from 'vitest'
import { QUIET } from '../support/board.ts'

// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value
const block = () => GuestRam.allocate(4096).block('block', 4096)
const translate = () => ({ target: bad(undefined), translated: 0, mask: 0, permissions: 0 as const })

/** Each way to make a region, with options of its own. */
const MAKERS: [string, readonly string[], (options: unknown) => MemoryRegion][] = [
  ['container', [], options => MemoryRegion.container('r', 16, bad(options))],
  ['reservation', [], options => MemoryRegion.reservation('r', 16, bad(options))],
  ['alias', [], options => MemoryRegion.alias('r', MemoryRegion.container('t', 16), 0, 16, bad(options))],
  ['iommu', [], options => new IommuMemoryRegion('r', { translate }, 16, bad(options))],
  ['ram', ['cacheMode'], options => MemoryRegion.ram('r', block(), bad(options))],
  ['rom', ['cacheMode'], options => MemoryRegion.rom('r', block(), bad(options))],
  ['ramDevice', ['cacheMode'], options => MemoryRegion.ramDevice('r', block(), bad(options))],
  ['io', ['owner', 'reentrancyGuard'], options => MemoryRegion.io('r', QUIET, 16, bad(options))],
  [
    'romDevice',
    ['cacheMode', 'owner', 'reentrancyGuard'],
    options => MemoryRegion.romDevice('r', QUIET, block(), bad(options)),
  ],
  ['resizableRam', ['cacheMode', 'resized'], options => resizableRam('r', block(), 4096, bad(options))],
]

const polluted: string[] = []
function pollute(key: string, value: unknown): void {
  Object.defineProperty(Object.prototype, key, { value, configurable: true, enumerable: false, writable: true })
  polluted.push(key)
}
afterEach(() => {
  for (const key of polluted.splice(0)) delete (Object.prototype as unknown as Record<string, unknown>)[key]
})

describe.each(MAKERS)('%s', (_, keys, make) => {
  test('takes an option that is undefined as one that is not there', () => {
    const plain = make(undefined)
    for (const options of [{}, Object.fromEntries(keys.map(key => [key, undefined]))]) {
      const made = make(options)
      expect([made.kind, made.cacheMode, made.size]).toEqual([plain.kind, plain.cacheMode, plain.size])
    }
  })

  test('refuses null, what is no object, and a key that it does not know', () => {
    for (const options of [null, 5, 'x', true, [], () => 1])
      expect(() => make(options)).toThrow(/^options must be an object/)
    expect(() => make({ cachemode: 'normal' })).toThrow(/^options must have keys among .*, got "cachemode"$/)
    for (const key of keys) expect(() => make({ [key]: null })).toThrow(TypeError)
  })

  test('looks at the object alone, not at what somebody has put on every object', () => {
    const plain = make(undefined)
    for (const [key, value] of [
      ['cacheMode', 'device'],
      ['owner', 5],
      ['reentrancyGuard', 'no'],
      ['resized', 5],
    ] as const)
      pollute(key, value)
    for (const options of [undefined, {}]) {
      const made = make(options)
      expect([made.kind, made.cacheMode]).toEqual([plain.kind, plain.cacheMode])
    }
  })

  if (keys.includes('cacheMode')) return
  test('has no cache mode (S1.1)', () => {
    expect(() => make({ cacheMode: 'normal' })).toThrow(
      /^options must have keys among (none|owner, reentrancyGuard), got "cacheMode"$/,
    )
    expect(make({ cacheMode: undefined }).cacheMode).toBeUndefined()
  })
})

describe('ops', () => {
  const OPTIONAL = ['read64', 'write64', 'accepts', 'valid', 'impl', 'endianness'] as const

  test('take a field that is undefined as one that is not there', () => {
    const ops: MemoryRegionOps = {
      ...QUIET,
      ...(Object.fromEntries(OPTIONAL.map(key => [key, undefined])) as object),
      valid: { minSize: undefined, maxSize: undefined, unaligned: undefined },
      impl: { minSize: undefined, maxSize: undefined, unaligned: undefined, aligned: undefined },
    }
    const space = new AddressSpace('space', MemoryRegion.io('r', ops, 16))
    expect([space.load32(0), space.result]).toEqual([0, MemTxResult.OK])
    expect([space.load64(8), space.result]).toEqual([0n, MemTxResult.OK])
    expect([space.load16(1), space.result]).toEqual([0, MemTxResult.DECODE_ERROR])
  })

  test.each([...OPTIONAL, 'valid.minSize', 'impl.aligned'])('refuse null in %s', path => {
    const [field = '', inner] = path.split('.')
    const ops = { ...QUIET, [field]: inner === undefined ? null : { [inner]: null } }
    expect(() => MemoryRegion.io('r', bad(ops), 16)).toThrow(TypeError)
  })

  test('are not changed by what somebody has put on every object, then or later', () => {
    const calls: string[] = []
    const intruder = (name: string) => () => {
      calls.push(name)
      return bad(5)
    }
    const used = () => {
      const space = new AddressSpace('space', MemoryRegion.io('r', { ...QUIET, valid: {}, impl: {} }, 16))
      return [space.load32(0), space.load64(8), space.load16(1), space.store64(0, 1n), space.result, space.endian]
    }
    const before = used()
    const early = new AddressSpace('early', MemoryRegion.io('r', QUIET, 16))
    for (const key of ['read64', 'write64', 'accepts']) pollute(key, intruder(key))
    for (const [key, value] of [
      ['valid', { maxSize: 1 }],
      ['impl', { maxSize: 1 }],
      ['endianness', 'big'],
      ['minSize', 8],
      ['maxSize', 1],
      ['unaligned', true],
      ['aligned', true],
    ] as const)
      pollute(key, value)
    expect(used()).toEqual(before)
    expect([early.load32(0), early.load64(0), early.result]).toEqual([0, 0n, MemTxResult.OK])
    expect(calls).toEqual([])
  })

  test('may be those of a class', () => {
    class Device {
      value = 7
      get valid() {
        return { maxSize: 8 } as const
      }
      read() {
        return this.value
      }
      write() {}
      read64() {
        return 9n
      }
      write64() {}
      accepts(_offset: number, size: number) {
        return size !== 2
      }
    }
    class Special extends Device {
      override value = 8
    }
    const space = new AddressSpace('space', MemoryRegion.io('r', new Special(), 16))
    expect([space.load32(0), space.load64(0), space.load16(0)]).toEqual([8, 9n, 0])
  })
})

test("an event notifier's match: undefined is not there, and only its own fields count", () => {
  const region = MemoryRegion.io('r', QUIET, 16)
  const space = new AddressSpace('space', region)
  let rung = 0
  const notify = () => {
    rung++
  }
  pollute('data', 5)
  pollute('endian', 'middle')
  addEventNotifier(region, { offset: 0, size: 4, data: undefined, endian: undefined }, notify)
  space.store32(0, 1)
  removeEventNotifier(region, { offset: 0, size: 4 }, notify)
  space.store32(0, 1)
  expect(rung).toBe(1)
  for (const match of [null, 5, { offset: 0 }, { offset: 0, size: 4, data: null }, { offset: 0, size: 4, dat: 1 }])
    expect(() => addEventNotifier(region, bad(match), notify)).toThrow(TypeError)
})

describe('a region that is posted to another thread', () => {
  const regions = (): MemoryRegion[] => [
    MemoryRegion.container('r', 16),
    MemoryRegion.ram('r', block()),
    MemoryRegion.io('r', QUIET, 16),
    MemoryRegion.alias('r', MemoryRegion.container('t', 16), 0, 16),
    new IommuMemoryRegion('r', { translate }, 16),
  ]
  const TEXT = /regions are not cloned: post ram.handle/

  test('is refused, and the error says what to post', () => {
    for (const region of regions())
      for (const post of [
        () => structuredClone(region),
        () => structuredClone({ in: [region] }),
        () => new MessageChannel().port1.postMessage(region),
        () => structuredClone(new Map([[1, region]])),
      ]) {
        expect(post).toThrow(TEXT)
        expect(post).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
      }
  })

  test('can be compared, listed and printed as ever', () => {
    for (const region of regions()) {
      expect({ region }).toMatchObject({ region })
      expect({ region }).toEqual({ region })
      expect(Object.keys({ ...region })).toContain('name')
      expect(Object.entries(region).length).toBeGreaterThan(3)
      expect(() => expect({ region }).toEqual({ region: 1 })).toThrow(/expected/)
      expect(String(region)).toBe('[object Object]')
    }
    expect(MemoryRegion.container('a', 16)).not.toEqual(MemoryRegion.container('b', 16))
  })
})

describe('what is handed out can not be changed', () => {
  test("a region's blocks", () => {
    const ram = MemoryRegion.ram('r', [block(), block()])
    const backing = ram.backing as unknown as { start: number }[]
    expect(() => backing.pop()).toThrow(TypeError)
    expect(() => {
      ;(backing[0] as { start: number }).start = 5
    }).toThrow(TypeError)
    expect(MemoryRegion.container('c', 16).backing).toEqual([])
    expect(() => (MemoryRegion.container('c', 16).backing as unknown[]).push(1)).toThrow(TypeError)
  })

  test("the caller's own array of blocks is left alone, and changes nothing later", () => {
    const blocks = [block(), block()]
    const ram = MemoryRegion.ram('r', blocks)
    blocks.pop()
    expect([ram.backing.length, ram.size]).toEqual([2, 8192])
  })

  test("a view's ranges", () => {
    const { view } = new AddressSpace('space', MemoryRegion.io('r', QUIET, 16))
    expect(() => (view.ranges as unknown[]).pop()).toThrow(TypeError)
    expect(view.ranges).toHaveLength(1)
  })
})
