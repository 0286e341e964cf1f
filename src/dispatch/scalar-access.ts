import { loadCell, storeCell, swapValue, type Value } from '../ram/access/cell-values.ts'
import { completion, endWith } from '../region/device/completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import type { Section } from './section.ts'

/**
 * One access of 1, 2, 4 or 8 bytes at `at` bytes from the start of a section, whatever it is: the whole size at once,
 * never in pieces (RULES I1). Values are in the target's byte order, `big` or not. The result is left in `completion`.
 *
 * Of memory, or a ROM device that is read directly, it is one access of a cell; or one of the completer, where the memory
 * may not be touched directly. One that reaches over the end of memory is rejected whole (I2); one that reaches over the
 * end of a ROM device goes to its handlers.
 */
export function loadScalar(section: Section, at: number, size: number, attrs: MemTxAttrs, big: boolean): Value {
  const { cells } = section
  const isOver = at + size > section.room
  if (isOver && section.memory) return reject(section, false, at, size, attrs)
  if ((isOver || !section.endsReads) && refuses(section, attrs))
    return reject(section, false, at, size, attrs, undefined, MemTxResult.ACCESS_ERROR)
  if (isOver || !section.readable || cells === undefined) return loadDevice(section, at, size, attrs, big)
  const ram = section.base + at
  if (!cells.permits(ram, size)) return reject(section, false, at, size, attrs)
  completion.result = MemTxResult.OK
  return loadCell(cells, ram, size, big)
}

/** `value` is unsigned and of `size` bytes. */
export function storeScalar(
  section: Section,
  at: number,
  value: Value,
  size: number,
  attrs: MemTxAttrs,
  big: boolean,
): void {
  const { cells } = section
  const ram = section.base + at
  if (section.memory && at + size > section.room) reject(section, true, at, size, attrs, value)
  else if (!section.memory && refuses(section, attrs))
    reject(section, true, at, size, attrs, value, MemTxResult.ACCESS_ERROR)
  else if (!section.writable || cells === undefined) {
    const { completerBig } = section
    const ordered = completerBig === big ? value : swapValue(value, size)
    section.writeCompleter.write(section.offset + at, ordered, size, attrs, completerBig)
  } else if (!cells.permits(ram, size)) reject(section, true, at, size, attrs, value)
  else {
    completion.result = MemTxResult.OK
    storeCell(cells, ram, value, size, big)
    if (section.logs[0] !== 0) section.mark(ram, size)
  }
}

/** A load by the section's completer, which has a byte order of its own. */
export function loadDevice(section: Section, at: number, size: number, attrs: MemTxAttrs, big: boolean): Value {
  const { completerBig } = section
  const value = section.readCompleter.read(section.offset + at, size, attrs, completerBig)
  return completerBig === big ? value : swapValue(value, size)
}

/**
 * True of an access that is for memory alone, or a debugger's, to what is no memory (RULES E8). What an IOMMU leads to is seen
 * later.
 */
function refuses(section: Section, attrs: MemTxAttrs): boolean {
  return (attrs.memory || attrs.debug) && section.translator === undefined
}

/**
 * Ends an access that nothing accepts, also an unaligned one to memory, where the policy refuses those (S6); or one that is
 * for memory alone. Who wants to know of it is told.
 *
 * @param value What was to be stored.
 * @returns What a load gives: 0, or what a tap has in its place.
 */
export function reject(
  section: Section,
  write: boolean,
  at: number,
  size: number,
  attrs: MemTxAttrs,
  value?: Value,
  result: MemTxResult = MemTxResult.DECODE_ERROR,
): Value {
  const nothing = endWith(result, size)
  const device = write ? section.writeCompleter : section.readCompleter
  return device.note?.('', write, section.offset + at, size, attrs, value ?? nothing) ?? nothing
}
