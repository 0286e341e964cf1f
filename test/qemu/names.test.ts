import fc from 'fast-check'
import { AddressSpace, MemoryRegion } from 'guestmem'
import { flatViewToSvg, formatFlatView, formatMtree, machineFromMtree } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'
import { isWellFormedXml } from './xml.ts'

const QUIET = { read: () => 0, write: () => undefined }

/** A space of this name, with a device, a disabled one, and an alias, all of this name. */
function named(name: string): AddressSpace {
  const root = MemoryRegion.container(name, 2 ** 40)
  const device = MemoryRegion.io(name, QUIET, 16)
  root.addSubregion(0, MemoryRegion.alias(name, device, 8, 8))
  root.addSubregion(0x100, device)
  const off = MemoryRegion.io(name, QUIET, 16)
  off.setEnabled(false)
  root.addSubregion(0x200, off)
  return new AddressSpace(name, root)
}

/** What each character that is not seen is printed as. */
const INVISIBLE: readonly (readonly [string, string])[] = [
  ['\0', '\\x00'],
  ['\t', '\\x09'],
  ['\n', '\\x0a'],
  ['\r', '\\x0d'],
  ['\x1b[31m', '\\x1b[31m'],
  ['\x7f', '\\x7f'],
  ['\x85', '\\x85'],
  ['\x9b', '\\x9b'],
  ['\xad', '\\xad'],
  ['\u061c', '\\u061c'],
  ['\u200b', '\\u200b'],
  ['\u200f', '\\u200f'],
  ['\u2028', '\\u2028'],
  ['\u2029', '\\u2029'],
  ['\u202e', '\\u202e'],
  ['\u2066', '\\u2066'],
  ['\ufeff', '\\ufeff'],
  ['\ufffe', '\\ufffe'],
  ['\uffff', '\\uffff'],
  ['\ud800', '\\ud800'],
  ['\udc00', '\\udc00'],
  ['\u{e0001}', '\\u{e0001}'],
  ['\u{1ffff}', '\\u{1ffff}'],
  // What would look like one of these is printed as none.
  ['\\x0a', '\\x5cx0a'],
  ['\\u202e', '\\x5cu202e'],
  ['\\u{e0001}', '\\x5cu{e0001}'],
]

const VISIBLE = [
  'a\\b',
  'C:\\dev',
  '\\xyz',
  'é',
  '日本',
  '\u{1f600}',
  'it\'s "quoted"',
  ']]>',
  '<b>&amp;',
  ' @x [y]',
  '-- > <!--',
]

describe('a name is printed on one line, and so that all of it is seen', () => {
  test.each(INVISIBLE)('%j', (name, printed) => {
    const space = named(`a${name}b`)
    expect(
      formatFlatView(space)
        .split('\n')
        .map(line => line.slice(line.indexOf(')') + 3)),
    ).toEqual([`a${printed}b @0000000000000008`, `a${printed}b`])
    expect(formatMtree(space, { disabled: true }).split('\n')).toEqual([
      `address-space: a${printed}b`,
      `  0000000000000000-000000ffffffffff (prio 0, i/o): a${printed}b`,
      `    0000000000000000-0000000000000007 (prio 0, i/o): alias a${printed}b @a${printed}b 0000000000000008-000000000000000f`,
      `    0000000000000100-000000000000010f (prio 0, i/o): a${printed}b`,
      `    0000000000000200-000000000000020f (prio 0, i/o): a${printed}b [disabled]`,
      '',
      `memory-region: a${printed}b`,
      `  0000000000000100-000000000000010f (prio 0, i/o): a${printed}b`,
      '',
      '',
    ])
    const svg = flatViewToSvg(space)
    expect(isWellFormedXml(svg)).toBe(true)
    expect(svg.split(`a${printed}b`).length - 1).toBe(6)
  })

  test.each(VISIBLE)('%j as it is', name => {
    const space = named(name)
    expect(formatFlatView(space)).toContain(`: ${name}\n`.slice(0, -1))
    expect(formatMtree(space)).toContain(`address-space: ${name}\n`)
    expect(isWellFormedXml(flatViewToSvg(space))).toBe(true)
  })

  test('whatever it is made of: as many lines as there are regions, and XML', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 30, ...LONG }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 12, ...LONG })
        .map(codes => String.fromCharCode(...codes)),
      fc
        .array(fc.constantFrom(...INVISIBLE.map(([text]) => text), ...VISIBLE), { minLength: 1, maxLength: 5 })
        .map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(name, text => {
        fc.pre(text.trim() !== '')
        const space = named(text)
        expect(formatFlatView(space).split(/[\n\r\u2028\u2029\x85\v\f]/)).toHaveLength(2)
        expect(formatMtree(space).split(/[\n\r\u2028\u2029\x85\v\f]/)).toHaveLength(9)
        expect(/[^\P{C}\n]/u.test(formatMtree(space).replace(/[\p{Cn}\p{Co}]/gu, ''))).toBe(false)
        expect(isWellFormedXml(flatViewToSvg(space))).toBe(true)
      }),
      runs(1000),
    )
  })

  test('two names look the same only where they are the same', () => {
    const parts = ['\n', '\\x0a', '\\', 'x0a', '\\x5cx0a', '\u202e', '\\u202e', 'u202e', '\u{e0001}', '\\u{e0001}', 'a']
    const name = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 6 }).map(all => all.join(''))
    fc.assert(
      fc.property(name, name, (a, b) => {
        fc.pre(a !== b && a.trim() !== '' && b.trim() !== '')
        expect(formatMtree(named(a))).not.toBe(formatMtree(named(b)))
      }),
      runs(1000),
    )
  })

  test('a long one is cut: one that 1000 ranges show takes no more room than they do', () => {
    const root = MemoryRegion.container('root', 2 ** 40)
    const device = MemoryRegion.io('n'.repeat(2 ** 20), QUIET, 16)
    for (let i = 0; i < 1000; i++) root.addSubregion(i * 32, MemoryRegion.alias('window', device, 0, 16))
    const space = new AddressSpace('space', root)
    for (const text of [formatFlatView(space), formatMtree(space), flatViewToSvg(space)]) {
      expect(text.length).toBeLessThan(4_000_000)
      expect(text).toContain(`${'n'.repeat(1024)}...`)
    }
  })
})

test('what is read from a text keeps its names as they are', () => {
  const name = `a \u202e\0\u2028b${'n'.repeat(5000)}`
  const { spaces, regions } = machineFromMtree(`address-space: ${name}
  0000000000000000-00000000000000ff (prio 0, i/o): ${name}
    0000000000000000-000000000000000f (prio 0, i/o): alias  @${name} 0000000000000000-000000000000000f
    0000000000000010-000000000000001f (prio 0, i/o):
`)
  expect(spaces[0]?.name).toBe(name)
  // A name that is not there is what C prints for it.
  expect(regions.map(region => region.name)).toEqual([name, '(null)', '(null)'])
})
