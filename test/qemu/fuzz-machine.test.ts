import fc from 'fast-check'
import {
  flatViewToSvg,
  formatFlatView,
  formatMtree,
  machineFromJson,
  machineFromMtree,
  type QemuMachine,
} from 'guestmem/qemu'
import { expect, test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { jsonMutations, textMutations } from '../support/mutations.ts'
import { recordings } from './corpus.ts'
import { isWellFormedXml } from './xml.ts'

/** The recordings that are quickest to read: thousands of cases are made of them. */
const small = (folder: string, ending: string, most: number) =>
  recordings(folder, ending)
    .map(({ text }) => text)
    .filter(text => text.length < most)

const texts = small('monitor', '.mtree.txt', 4000)
const machines = small('maps', '.json', 20_000).map(text => JSON.parse(text) as unknown)

const MTREE_LINE = /^(?:| *[0-9a-f]{16}-[0-9a-f]{16} \(prio .*|(?:address-space|memory-region): .*)$/

/** Most of them cost little, and each costs no more than what described it. */
function checkMachine({ spaces, regions }: QemuMachine, length: number): void {
  expect(regions.length).toBeLessThan(1000 + length)
  const blocks = regions.reduce((sum, { backing }) => sum + backing.length, 0)
  expect(blocks).toBeLessThan(regions.length + 2 ** 15)
  expect(
    formatMtree(spaces)
      .split('\n')
      .find(line => !MTREE_LINE.test(line)),
  ).toBeUndefined()
  for (const space of spaces) {
    const { ranges } = space.view
    const lines = formatFlatView(space).split('\n')
    expect(lines.length).toBeGreaterThanOrEqual(ranges.length)
    expect(lines.every(line => line.startsWith('  '))).toBe(true)
    expect(isWellFormedXml(flatViewToSvg(space))).toBe(true)
  }
}

/** What an error's text begins with: where the file is wrong. */
const PLACE = /^(?:line \d+ of text|text must|a region that the text|the spaces must|what the root)/
const FIELD = /^(?:json|the spaces must|what the root)/

function builtOrRefused(build: () => QemuMachine, length: number, place: RegExp): 'built' | 'refused' {
  let machine: QemuMachine
  try {
    machine = build()
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    expect(error.message).toMatch(place)
    expect(error.message.length).toBeLessThan(400)
    return 'refused'
  }
  checkMachine(machine, length)
  return 'built'
}

test('a changed text of `info mtree` is a machine, or refused by its line', async () => {
  const ends = { built: 0, refused: 0 }
  await pursue({
    name: 'mtree',
    count: 800,
    property: fc.property(fc.nat(texts.length - 1), textMutations, (index, mutate) => {
      const changed = mutate(texts[index] as string)
      ends[builtOrRefused(() => machineFromMtree(changed), changed.length, PLACE)]++
    }),
  })
  expect(ends.built).toBeGreaterThan(10)
  expect(ends.refused).toBeGreaterThan(10)
})

test('a changed machine of JSON is a machine, or refused by its field', async () => {
  const ends = { built: 0, refused: 0 }
  await pursue({
    name: 'json',
    count: 1500,
    property: fc.property(fc.nat(machines.length - 1), jsonMutations, (index, mutate) => {
      const changed = mutate(machines[index])
      ends[builtOrRefused(() => machineFromJson(changed), 20_000, FIELD)]++
    }),
  })
  expect(ends.built).toBeGreaterThan(10)
  expect(ends.refused).toBeGreaterThan(10)
})
