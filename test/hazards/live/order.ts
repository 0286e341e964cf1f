import { type RamBlock, ramMove } from 'guestmem'
import { goesOn, type Meeting } from './meeting.ts'
import type { Seen } from './race.ts'

/** A message that is moved up by less than its length; the guest polls its last byte in the new place (H12, H13). */
const BYTES = 4096
const UP = 64
const FROM = 1024
const FIRST = FROM + UP
const LAST = FROM + UP + BYTES - 1

/** What the threads tell each other: which round the guest has looked at. */
const LOOKED = 0

/** How the device moves it. */
export const ORDER_WAYS: Readonly<Record<string, (meeting: Meeting) => () => void>> = {
  'copyWithin, up': ({ bytes }) => {
    return () => bytes.copyWithin(FROM + UP, FROM, FROM + BYTES)
  },
  'Uint8Array.set, up': ({ bytes }) => {
    const message = bytes.subarray(FROM, FROM + BYTES)
    return () => bytes.set(message, FROM + UP)
  },
  'guestmem ramMove, up': ({ ram }) => {
    const block = ram.blocks[0] as RamBlock
    return () => ramMove(block, FROM + UP, block, FROM, BYTES)
  },
}

/** The value of a round; two in a row are never the same, and none is 0. */
function markOf(round: number): number {
  return 1 + (round % 200)
}

export function device(meeting: Meeting, way: string, ms: number): Seen {
  const { bytes } = meeting
  const move = (ORDER_WAYS[way] as (meeting: Meeting) => () => void)(meeting)
  meeting.startTogether()
  let met = 0
  for (const start = performance.now(); goesOn(start, ms, met); ) {
    met++
    // First and last byte of the message; and what lies where its first byte will.
    bytes[FROM] = markOf(met)
    bytes[FROM + BYTES - 1] = markOf(met)
    bytes[FIRST] = 0
    move()
    if (!meeting.waitFor(LOOKED, met)) break
  }
  meeting.stop()
  return { met: 0, caught: 0 }
}

export function guest(meeting: Meeting): Seen {
  const { bytes } = meeting
  let met = 0
  let caught = 0
  meeting.startTogether()
  while (!meeting.stopped) {
    if (Atomics.load(bytes, LAST) !== markOf(met + 1)) {
      meeting.poll()
      continue
    }
    if (Atomics.load(bytes, FIRST) !== markOf(met + 1)) caught++
    met++
    meeting.publish(LOOKED, met)
  }
  return { met, caught }
}
