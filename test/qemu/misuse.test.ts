import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import {
  flatViewToSvg,
  formatFlatView,
  formatMtree,
  machineFromJson,
  machineFromMtree,
  rangeTypeWord,
  replayAccess,
} from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { machine as accessMachine } from './access-machine.ts'

/** Anything, given where a type forbids it. */
// biome-ignore lint/suspicious/noExplicitAny: what is tested is what types would forbid
const bad = (value: unknown): any => value

const ram = GuestRam.allocate(8192)
const block = ram.block('block', 4096)
const region = MemoryRegion.ram('region', block)
const space = new AddressSpace('space', region)
const MTREE = formatMtree(space)
const JSON_MACHINE = {
  format: 'qemu-mtree-corpus/1',
  address_spaces: [{ name: 'memory', root: 0 }],
  regions: [{ id: 0, name: 'system', type: 'i/o', addr: '0x0', size: '0x1000', priority: 0, terminates: true }],
}

/** What is given in place of a space, and what the error says of it. */
const NO_SPACES: [unknown, string][] = [
  [region, 'a MemoryRegion: make a space that shows it, new AddressSpace(name, region)'],
  [ram, 'a GuestRam: make a region of a block of it, MemoryRegion.ram(name, ram.block(name, bytes))'],
  [block, 'a RamBlock: make a region of it, MemoryRegion.ram(name, block)'],
  [space.view, 'a FlatView: give the space that it is the view of'],
  [machineFromJson(JSON_MACHINE), 'an object: of a machine give one of its spaces, machine.spaces[0]'],
  [new (class AddressSpace {})(), 'an AddressSpace of another copy of guestmem'],
  [undefined, 'undefined'],
  [null, 'null'],
  [5, '5'],
  ['space', 'space'],
  [() => space, 'a function'],
  [{}, 'an object'],
  [Object.create(null), 'an object'],
  [Symbol('space'), 'Symbol(space)'],
]

describe('what is no space is refused, with what to give', () => {
  test.each(NO_SPACES)('%o', (value, text) => {
    for (const [call, argument] of [
      [formatFlatView, 'space must be an AddressSpace'],
      [flatViewToSvg, 'space must be an AddressSpace'],
      [formatMtree, 'spaces must be an AddressSpace or an array of them'],
      [(each: unknown) => formatMtree(bad([space, each])), 'spaces[1] must be an AddressSpace'],
    ] as const) {
      expect(() => call(bad(value))).toThrow(TypeError)
      expect(() => call(bad(value))).toThrow(`${argument}, got ${text}`)
    }
  })

  test('an array is one for formatMtree alone, and a hole in it is none', () => {
    expect(formatMtree([])).toBe('')
    expect(formatMtree([space, space])).toBe(`address-space: space\n${formatMtree(space)}`)
    expect(() => formatMtree(new Array(2))).toThrow('spaces[0] must be an AddressSpace, got undefined')
    expect(() => formatFlatView(bad([space]))).toThrow('space must be an AddressSpace, got an array: give one of its')
  })

  test('a range is one of a flat view', () => {
    for (const value of [undefined, null, 5, {}, region, space, space.view, { region: space }])
      expect(() => rangeTypeWord(bad(value))).toThrow(
        /^range must be a range of a flat view, such as space.view.ranges/,
      )
    expect(rangeTypeWord({ region, readonly: false, nonvolatile: true })).toBe('nv-ram')
  })
})

describe('options', () => {
  const calls: [string, (options: unknown) => unknown][] = [
    ['machineFromMtree', options => machineFromMtree(MTREE, bad(options))],
    ['machineFromJson', options => machineFromJson(JSON_MACHINE, bad(options))],
    ['formatMtree', options => formatMtree(space, bad(options))],
  ]

  test.each(calls)('of %s are an object with the keys that there are', (_, call) => {
    for (const value of [null, 5, 'big', true, [], () => ({})])
      expect(() => call(value)).toThrow(/^options must be an object, got /)
    expect(() => call({ endianness: 'big' })).toThrow(/^options must have keys among .*, got "endianness"$/)
    call(undefined)
    call({})
    call(Object.create(null))
  })

  test('have the types that they have, and undefined is as nothing', () => {
    for (const build of [
      (options: unknown) => machineFromMtree(MTREE, bad(options)),
      (options: unknown) => machineFromJson(JSON_MACHINE, bad(options)),
    ]) {
      for (const endian of ['Little', 'native', null, 1, true])
        expect(() => build({ endian })).toThrow(/^options\.endian must be one of little, big, got /)
      for (const ops of [null, {}, 'ops', 1])
        expect(() => build({ ops })).toThrow(/^options\.ops must be a function, got /)
      expect(build({ endian: undefined, ops: undefined }).spaces[0]?.endian).toBe('little')
      expect(build({ endian: 'big' }).spaces[0]?.endian).toBe('big')
    }
    for (const disabled of [null, 0, 'yes'])
      expect(() => formatMtree(space, bad({ disabled }))).toThrow(/^options\.disabled must be a boolean, got /)
    expect(formatMtree(space, { disabled: undefined })).toBe(MTREE)
  })

  test('are read once', () => {
    let reads = 0
    const options = {
      get endian() {
        return reads++ === 0 ? 'big' : 'neither'
      },
    }
    expect(machineFromJson(JSON_MACHINE, bad(options)).spaces[0]?.endian).toBe('big')
  })
})

describe('what is put on Object.prototype changes nothing', () => {
  const trace = accessMachine([
    ['m', 'w', '0x3000', 1, '07', [['w', '0x3000', 1, '0x7']], 'd'],
    ['m', 'r', '0x1000', 2, '0102', [], 'r'],
  ])
  const results = () => ({
    json: formatMtree(machineFromJson(JSON_MACHINE).spaces, {}),
    options: machineFromJson(JSON_MACHINE, {}).spaces[0]?.endian,
    mtree: formatMtree(machineFromMtree(MTREE, {}).spaces),
    questions: machineFromMtree(MTREE).questions,
    svg: flatViewToSvg(space),
    replay: replayAccess(trace),
  })
  const before = results()
  /** Keys of files and of options, and of what the door makes of them. */
  const keys = `endian ops disabled enabled readonly nonvolatile terminates subregions alias id type addr priority valid
    impl accepts min max endianness regions format address_spaces cases flat m i abs target_big_endian standsFor start
    end kind text container directAccess cacheMode owner`.split(/\s+/)
  /** Those that are fields of the library's classes too: they are assigned, which a setter of every object catches. */
  const fields = ['size', 'name', 'root', 'offset', 'address', 'region']

  const POLLUTIONS: [string, PropertyDescriptor, readonly string[]][] = [
    ['a string', { value: 'x', writable: true }, [...keys, ...fields]],
    ['a number', { value: 7, writable: true }, [...keys, ...fields]],
    ['an object', { value: { offset: '0x0', target: 0 }, writable: true }, [...keys, ...fields]],
    [
      'a setter',
      { get: () => 'x', set() {} },
      keys.filter(key => !['start', 'end', 'kind', 'regions', 'container'].includes(key)),
    ],
  ]

  test.each(POLLUTIONS)('%s', (_, descriptor, polluted) => {
    for (const key of polluted) {
      let after: unknown
      Object.defineProperty(Object.prototype, key, { ...descriptor, configurable: true, enumerable: false })
      try {
        after = results()
      } catch (error) {
        after = error
      } finally {
        delete (Object.prototype as Record<string, unknown>)[key]
      }
      expect([key, after]).toEqual([key, before])
    }
  })

  test('and names of its own members are names as others', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const file = accessMachine([['m', 'r', '0x3000', 1, '07', [['r', '0x3000', 1, '0x7']], 'd']], {
        valid: { accepts: name },
      })
      expect(replayAccess(file)).toMatchObject({ equal: 1, different: [] })
      expect(
        machineFromJson({
          ...JSON_MACHINE,
          regions: [{ ...JSON_MACHINE.regions[0], id: name }],
          address_spaces: [{ name, root: name }],
        }).spaces[0]?.name,
      ).toBe(name)
      expect(() => machineFromJson({ ...JSON_MACHINE, regions: [{ ...JSON_MACHINE.regions[0], type: name }] })).toThrow(
        /^json\.regions\[0\]\.type must be one of/,
      )
    }
  })
})
