import { rangeTypeWord } from '../qemu/qemu.ts'
import { type Colour, coloured } from './output.ts'
import type { Space } from './read-machine.ts'

type Range = Space['view']['ranges'][number]

const COLOURS: Readonly<Record<string, Colour>> = { ram: 'green', rom: 'yellow', romd: 'yellow', ramd: 'blue' }

/** Lines of `info mtree -f`, the type of each coloured. */
export function colouredRanges(lines: string): string {
  return lines.replace(/^( {2}[0-9a-f]+-[0-9a-f]+ \(prio -?\d+, )([^)]+)/gm, (_, before: string, type: string) => {
    const colour = COLOURS[type.replace(/^nv-/, '')] ?? 'magenta'
    return before + coloured(type, colour)
  })
}

/** A range of a view, as `--json` has it. */
export function rangeFields(range: Range): object {
  const { start, end, offset, region, readonly, nonvolatile } = range
  return {
    start: BigInt(start),
    end: BigInt(end - 1),
    type: rangeTypeWord(range),
    name: region.name,
    offset: BigInt(offset),
    priority: region.priority,
    readonly,
    nonvolatile,
  }
}
