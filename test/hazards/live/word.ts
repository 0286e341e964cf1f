import { AddressSpace, MemoryRegion, type RamBlock, ramCopy } from 'guestmem'
import { goesOn, type Meeting } from './meeting.ts'
import type { Seen } from './race.ts'

/** An aligned 4-byte word that changes between 0 and 0xffffffff; anything else is torn (H1, H2). */
const WORD = 64
/** Where its two values lie, four bytes each. */
const VALUES = 128

type Write = (turn: 0 | 1) => void

/** How the device writes the word. */
export const WORD_WAYS: Readonly<Record<string, (meeting: Meeting) => Write>> = {
  'Uint8Array.set': ({ bytes }) => {
    const values = [bytes.subarray(VALUES, VALUES + 4), bytes.subarray(VALUES + 4, VALUES + 8)] as const
    return turn => bytes.set(values[turn], WORD)
  },
  'Uint32Array.set': ({ bytes }) => {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, 64)
    const values = [Uint32Array.of(0), Uint32Array.of(0xffff_ffff)] as const
    return turn => words.set(values[turn], WORD / 4)
  },
  copyWithin: ({ bytes }) => {
    return turn => bytes.copyWithin(WORD, VALUES + 4 * turn, VALUES + 4 * turn + 4)
  },
  // V8 makes one store of it where it knows the callee and has optimised the caller. Two callees in turn keep it from that.
  'DataView, not optimised': ({ bytes }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const setters = [view.setInt32, view.setUint32] as const
    return turn => Reflect.apply(setters[turn], view, [WORD, turn === 0 ? 0 : 0xffff_ffff, true])
  },
  'DataView, once optimised': ({ bytes }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    return turn => view.setUint32(WORD, turn === 0 ? 0 : 0xffff_ffff, true)
  },
  'guestmem ramCopy': ({ ram }) => {
    const guest = ram.blocks[0] as RamBlock
    return turn => ramCopy(guest, WORD, guest, VALUES + 4 * turn, 4)
  },
  'guestmem memory.write': ({ ram }) => {
    const memory = new AddressSpace('memory', MemoryRegion.ram('guest', ram.blocks[0] as RamBlock))
    const values = [new Uint8Array(4), new Uint8Array(4).fill(0xff)] as const
    return turn => {
      memory.write(WORD, values[turn])
    }
  },
  'guestmem memory.store32': ({ ram }) => {
    const memory = new AddressSpace('memory', MemoryRegion.ram('guest', ram.blocks[0] as RamBlock))
    return turn => memory.store32(WORD, turn === 0 ? 0 : 0xffff_ffff)
  },
}

export function device(meeting: Meeting, way: string): Seen {
  meeting.bytes.fill(0xff, VALUES + 4, VALUES + 8)
  const write = (WORD_WAYS[way] as (meeting: Meeting) => Write)(meeting)
  meeting.startTogether()
  while (!meeting.stopped) for (let i = 0; i < 200; i++) write((i & 1) as 0 | 1)
  return { met: 0, caught: 0 }
}

export function guest(meeting: Meeting, _way: string, ms: number): Seen {
  const { bytes } = meeting
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, 64)
  let last = 0
  let met = 0
  let caught = 0
  meeting.startTogether()
  for (const start = performance.now(); goesOn(start, ms, met); )
    for (let i = 0; i < 1000; i++) {
      const value = Atomics.load(words, WORD / 4)
      if (value === last) continue
      last = value
      met++
      if (value !== 0 && value !== -1) caught++
    }
  meeting.stop()
  return { met, caught }
}
