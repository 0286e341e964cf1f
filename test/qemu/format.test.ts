import { formatFlatView, formatMtree, machineFromJson } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { recordings } from './corpus.ts'

const machines = recordings('maps', '.json')
const mtree = new Map(recordings('monitor', '.mtree.txt').map(({ name, text }) => [name, text]))
const flatViews = new Map(recordings('monitor', '.flatview.txt').map(({ name, text }) => [name, text]))

/** The monitor's text in blocks, sorted: it prints what hangs on a hash table in no order that means anything. */
function blocks(text: string): string[] {
  return text
    .replace(/\r/g, '')
    .split(/\n\s*\n/)
    .map(block => block.replace(/^\n+|\s+$/g, ''))
    .filter(block => block !== '')
    .sort()
}

/** The range lines of the views that spaces of this name show. */
function recordedLines(text: string, name: string): string[] {
  return blocks(text)
    .map(block => block.split('\n'))
    .filter(lines => lines.some(line => line.startsWith(` AS "${name}", root: `)))
    .map(lines => lines.filter(line => /^ {2}\S/.test(line)).join('\n'))
}

describe('as the monitor prints it', () => {
  test.each(machines)('$name', ({ name, text }) => {
    const { spaces } = machineFromJson(text)
    const recorded = flatViews.get(name) ?? ''
    for (const space of spaces) expect(recordedLines(recorded, space.name)).toContain(formatFlatView(space))
    expect(blocks(formatMtree(spaces))).toEqual(blocks(mtree.get(name) ?? ''))
  })
})
