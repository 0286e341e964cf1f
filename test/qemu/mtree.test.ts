import { formatFlatView, formatMtree, machineFromJson, machineFromMtree, parseMtree } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { type RecordedMachine, recordings } from './corpus.ts'
import { differences } from './parity.ts'

const texts = new Map(recordings('monitor', '.mtree.txt').map(({ name, text }) => [name, text]))
const machines = recordings('maps', '.json').map(({ name, text }) => {
  const recorded = JSON.parse(text) as RecordedMachine
  return { name, recorded, text: texts.get(name) ?? '', level: recorded.match.level }
})

describe('L a text that hides nothing that matters gives the machine', () => {
  test.each(machines.filter(({ level }) => level === 'A'))('$name', ({ recorded, text }) => {
    expect(differences(recorded, machineFromMtree(text))).toEqual([])
  })

  test.each(machines.filter(({ level }) => level === 'A'))('$name, with -D, as ours prints it', ({ recorded }) => {
    const text = formatMtree(machineFromJson(recorded).spaces, { disabled: true })
    expect(differences(recorded, machineFromMtree(text))).toEqual([])
  })
})

/** The lines of the spaces' trees: targets of aliases that are disabled are printed too, and nothing says what they are for. */
function trees(text: string): string[] {
  const blocks = text.replace(/\r/g, '').split(/\n\s*\n/)
  return blocks
    .filter(block => block.startsWith('address-space: '))
    .map(block => block.split('\n').sort().join('\n'))
    .sort()
}

describe('L3 any other gives one that prints the same, and says what it left open', () => {
  test.each(machines.filter(({ level }) => level !== 'A'))('$name', ({ recorded, text }) => {
    const machine = machineFromMtree(text)
    expect(machine.spaces.map(({ name }) => name)).toEqual(recorded.address_spaces.map(({ name }) => name))
    expect(machine.ignored).toEqual([])
    if (differences(recorded, machine).length > 0) expect(machine.questions.map(({ open }) => open)).not.toEqual([])
    expect(trees(formatMtree(machine.spaces))).toEqual(trees(text))
  })

  test('most of them show what QEMU showed', () => {
    const counts = new Map<string, [equal: number, all: number]>()
    for (const { recorded, text, level } of machines) {
      const [equal, all] = counts.get(level) ?? [0, 0]
      counts.set(level, [equal + (differences(recorded, machineFromMtree(text)).length === 0 ? 1 : 0), all + 1])
    }
    if (process.env.CORPUS !== undefined) console.log('equal from text alone, by level', Object.fromEntries(counts))
    const [equal, all] = [...counts.values()].reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0])
    expect(equal / all).toBeGreaterThan(0.7)
  })
})

const TEXT = `address-space: one
address-space: two
  0000000000000000-ffffffffffffffff (prio 0, i/o): system
    0000000000000000-0000000000000fff (prio 0, ram): alias low @ram 0000000000001000-0000000000001fff
    0000000000010000-0000000000010003 (prio -1, i/o): dev @ <1>

memory-region: ram
  0000000000000000-0000000000007fff (prio 0, ram): ram

`

describe('a text as people paste it', () => {
  const wanted = '  0000000000000000-0000000000000fff (prio 0, ram): ram @0000000000001000'
  const pastes: [string, (text: string) => string][] = [
    ['as it is', text => text],
    ['with the prompt, and what follows', text => `(qemu) info mtree\n${text}(qemu) quit\n`],
    ['with the line ends of Windows', text => text.replace(/\n/g, '\r\n')],
    ['quoted', text => text.replace(/^/gm, '> ')],
    ['indented', text => text.replace(/^/gm, '    ')],
    ['with owners', text => text.replace(/(@ <1>|: ram)$/gm, '$1 owner:{dev id=net0}')],
  ]
  test.each(pastes)('%s', (_, change) => {
    const machine = machineFromMtree(change(TEXT))
    expect(machine.spaces.map(({ name }) => name)).toEqual(['one', 'two'])
    expect(machine.spaces[0] && formatFlatView(machine.spaces[0]).split('\n')).toEqual([
      wanted,
      '  0000000000010000-0000000000010003 (prio -1, i/o): dev @ <1>',
    ])
  })

  test('is read line by line', () => {
    const { blocks, ignored, disabled } = parseMtree(`(qemu) info mtree\n${TEXT}`)
    expect(ignored).toEqual(['1: (qemu) info mtree'])
    expect(disabled).toBe(false)
    expect(blocks.map(({ kind, names }) => [kind, names])).toEqual([
      ['address-space', ['one', 'two']],
      ['memory-region', ['ram']],
    ])
    expect(blocks[0]?.root.children[0]).toMatchObject({
      name: 'low',
      type: 'ram',
      start: 0n,
      end: 0xfffn,
      alias: { name: 'ram', offset: 0x1000n },
      line: 5,
    })
  })

  test('that ends too early has the region by its name, or nothing, and says so', () => {
    const { spaces, questions } = machineFromMtree(TEXT.slice(0, TEXT.indexOf('memory-region')))
    expect(spaces[0]?.view.ranges.map(({ region }) => region.name)).toEqual(['dev @ <1>'])
    expect(questions).toContainEqual({
      open: 'what ram is, which has no "memory-region:" in the text',
      assumed: 'nothing is there',
      regions: ['4: low'],
    })
  })

  test('L1 what is in a disabled region that is not printed is not shown', () => {
    const system = TEXT.split('\n').slice(0, 3).join('\n')
    const lines = [
      '    0000000000000100-00000000000001ff (prio 0, i/o): dev',
      '      0000000000000200-0000000000000203 (prio 0, i/o): in',
    ]
    const deeper = ['      0000000000000000-0000000000000003 (prio 0, i/o): in']
    for (const text of [
      [system, ...lines],
      [system, ...deeper, lines[0]],
    ]) {
      const names = machineFromMtree(text.join('\n')).spaces[0]?.view.ranges.map(({ region }) => region.name)
      expect(names).toEqual(['dev'])
    }
    const marked = `${system}\n${lines[0]} [disabled]\n`
    expect(parseMtree(marked).disabled).toBe(true)
    expect(machineFromMtree(marked).spaces[0]?.view.ranges).toEqual([])
    expect(
      machineFromMtree(
        'address-space: none\n\naddress-space: some\n  0000000000000000-0000000000000000 (prio 0, ram): r\n',
      ).spaces.map(({ view }) => view.ranges.length),
    ).toEqual([0, 1])
  })

  test('L2 which names the same region twice, or leaves an order open, asks', () => {
    const overlap = `${TEXT.split('\n').slice(0, 3).join('\n')}
    0000000000000000-0000000000000fff (prio 0, i/o): a
    0000000000000800-00000000000017ff (prio 0, i/o): b
`
    const { spaces, questions } = machineFromMtree(overlap)
    expect(spaces[0]?.view.ranges.map(({ region, start }) => [region.name, start])).toEqual([
      ['a', 0],
      ['b', 0x800],
    ])
    expect(questions.find(({ open }) => /overlapping/.test(open))?.regions).toEqual(['4: a', '5: b'])
  })

  test('A6 whose alias would show itself without end has nothing there, and says so', () => {
    const loop = `address-space: memory
  0000000000000000-000000000000ffff (prio 0, i/o): system
    0000000000000000-0000000000000fff (prio 0, i/o): alias loop @system 0000000000000000-0000000000000fff
    0000000000000800-00000000000008ff (prio 0, i/o): dev
`
    const { spaces, questions } = machineFromMtree(loop)
    expect(spaces[0]?.view.ranges.map(({ start }) => start)).toEqual([0x800])
    expect(questions.some(({ open, regions }) => /without end/.test(open) && regions[0] === 'loop')).toBe(true)
  })

  test('that is none is refused', () => {
    expect(() => parseMtree(7 as unknown as string)).toThrow(/^text must be a string, got 7$/)
    expect(() => machineFromMtree('hello')).toThrow(RangeError)
  })
})

describe('an alias of a region that is printed on its own', () => {
  const at = (aliases: string, regions: string) => {
    const text = `address-space: memory
  0000000000000000-ffffffffffffffff (prio 0, i/o): system
${aliases}

${regions}
`
    const [space] = machineFromMtree(text).spaces
    return space === undefined
      ? []
      : formatFlatView(space)
          .split('\n')
          .map(line => line.trim())
  }

  test('L4 is of the nth such region, where names repeat', () => {
    const lines = at(
      `    0000000000000000-0000000000000fff (prio 0, ram): alias one @pc.ram 0000000000000000-0000000000000fff
    0000000000001000-0000000000001fff (prio 0, rom): alias two @pc.ram 0000000000000000-0000000000000fff`,
      `memory-region: pc.ram
  0000000000000000-0000000000000fff (prio 0, ram): pc.ram

memory-region: pc.ram
  0000000000000000-0000000000000fff (prio 0, rom): pc.ram`,
    )
    expect(lines).toEqual([
      '0000000000000000-0000000000000fff (prio 0, ram): pc.ram',
      '0000000000001000-0000000000001fff (prio 0, rom): pc.ram',
    ])
  })

  test('L6 begins at its address in a container that is not printed', () => {
    const lines = at(
      '    0000000000000000-0000000000000fff (prio 0, ram): alias one @bar 0000000000000000-0000000000000fff',
      `memory-region: bar
  0000000000004000-0000000000004fff (prio 0, ram): bar`,
    )
    expect(lines).toEqual(['0000000000000000-0000000000000fff (prio 0, ram): bar'])
  })

  test('L5 may be a container by the word of newer versions', () => {
    const lines = at(
      '    0000000000000000-0000000000000fff (prio 0, i/o): alias one @pci 0000000000001000-0000000000001fff',
      `memory-region: pci
  0000000000000000-0000000000001fff (prio 0, container): pci
    0000000000001800-00000000000018ff (prio 0, ram): vram`,
    )
    expect(lines).toEqual(['0000000000000800-00000000000008ff (prio 0, ram): vram'])
  })
})
