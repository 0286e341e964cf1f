import { swap, swap64 } from '../ram/access/views.ts'
import { completion } from '../region/device/completer.ts'
import type { MemTxAttrs } from '../request/attrs.ts'
import { MemTxResult } from '../request/result.ts'
import type { Section } from './section.ts'

/**
 * One access of 1, 2 or 4 bytes at `at` bytes from the start of a section, whatever it is: the whole size at once, never
 * in pieces (RULES I1). Values are in the target's byte order, `big` or not. The result is left in `completion`.
 */
export function loadScalar(section: Section, at: number, size: number, attrs: MemTxAttrs, big: boolean): number {
  if (section.endsReads) return loadMemory(section, at, size, attrs, big)
  if (refuses(section, attrs)) return refuse()
  return loadDevice(section, at, size, attrs, big)
}

/** `value` is unsigned and of `size` bytes. */
export function storeScalar(
  section: Section,
  at: number,
  value: number,
  size: number,
  attrs: MemTxAttrs,
  big: boolean,
): void {
  if (section.memory) storeMemory(section, at, value, size, attrs, big)
  else if (refuses(section, attrs)) refuse()
  else storeDevice(section, at, value, size, attrs, big)
}

/**
 * One access of 1, 2 or 4 bytes at `at` bytes from the start of a section that is memory, or a ROM device that is read
 * directly (RULES I1): one access of a cell, or of the register accessors where the memory may not be touched directly.
 */
function loadMemory(section: Section, at: number, size: number, attrs: MemTxAttrs, big: boolean): number {
  const { cells } = section
  const ram = section.base + at
  if (!section.readable || cells === undefined || at + size > section.length)
    return loadRest(section, at, size, attrs, big)
  if ((ram & (size - 1)) !== 0 && !cells.permits(ram, size)) return reject()
  completion.result = MemTxResult.OK
  const value = size === 4 ? cells.load32(ram) : size === 2 ? cells.load16(ram) : cells.load8(ram)
  return big ? swap(value, size) : value
}

function storeMemory(section: Section, at: number, value: number, size: number, attrs: MemTxAttrs, big: boolean): void {
  const { cells } = section
  const ram = section.base + at
  if (!section.writable || cells === undefined || at + size > section.length)
    storeRest(section, at, value, size, attrs, big)
  else if ((ram & (size - 1)) !== 0 && !cells.permits(ram, size)) reject()
  else {
    completion.result = MemTxResult.OK
    const little = big ? swap(value, size) : value
    if (size === 4) cells.store32(ram, little)
    else if (size === 2) cells.store16(ram, little)
    else cells.store8(ram, little)
    if (section.logs[0] !== 0) section.mark(ram, size)
  }
}

/**
 * A load that no cell makes: one access of the whole size by the completer (RULES I1). One that reaches over the end of
 * memory is rejected whole (I2); one that reaches over the end of a ROM device goes to its handlers.
 */
function loadRest(section: Section, at: number, size: number, attrs: MemTxAttrs, big: boolean): number {
  if (at + size > section.length) {
    if (section.memory) return reject()
    if (refuses(section, attrs)) return refuse()
  }
  return loadDevice(section, at, size, attrs, big)
}

function storeRest(section: Section, at: number, value: number, size: number, attrs: MemTxAttrs, big: boolean): void {
  if (at + size > section.length) reject()
  else storeDevice(section, at, value, size, attrs, big)
}

/** 8 bytes, of memory or of a device: one cell, or one access of the whole size. */
export function loadScalar64(section: Section, at: number, attrs: MemTxAttrs, big: boolean): bigint {
  const { cells } = section
  if (section.memory && at + 8 > section.length) return BigInt(reject())
  if ((!section.endsReads || at + 8 > section.length) && refuses(section, attrs)) return BigInt(refuse())
  if (!section.readable || cells === undefined || at + 8 > section.length) return loadDevice64(section, at, attrs, big)
  if (!cells.permits(section.base + at, 8)) return BigInt(reject())
  completion.result = MemTxResult.OK
  const value = cells.load64(section.base + at)
  return big ? swap64(value) : value
}

/** `value` is unsigned and of 64 bits. */
export function storeScalar64(section: Section, at: number, value: bigint, attrs: MemTxAttrs, big: boolean): void {
  const { cells } = section
  if (section.memory && at + 8 > section.length) reject()
  else if (!section.memory && refuses(section, attrs)) refuse()
  else if (!section.writable || cells === undefined) {
    const ordered = section.completerBig === big ? value : swap64(value)
    section.writeCompleter.write64(section.offset + at, ordered, attrs, section.completerBig)
  } else if (!cells.permits(section.base + at, 8)) reject()
  else {
    completion.result = MemTxResult.OK
    const ram = section.base + at
    cells.store64(ram, big ? swap64(value) : value)
    if (section.logs[0] !== 0) section.mark(ram, 8)
  }
}

// Accesses by the section's completer, in the completer's byte order: a device, the register accessors of memory, or what
// rejects every access.

export function loadDevice(section: Section, at: number, size: number, attrs: MemTxAttrs, big: boolean): number {
  const { completerBig } = section
  const value = section.readCompleter.read(section.offset + at, size, attrs, completerBig)
  return completerBig === big ? value : swap(value, size)
}

function storeDevice(section: Section, at: number, value: number, size: number, attrs: MemTxAttrs, big: boolean): void {
  const { completerBig } = section
  const ordered = completerBig === big ? value : swap(value, size)
  section.writeCompleter.write(section.offset + at, ordered, size, attrs, completerBig)
}

export function loadDevice64(section: Section, at: number, attrs: MemTxAttrs, big: boolean): bigint {
  const { completerBig } = section
  const value = section.readCompleter.read64(section.offset + at, attrs, completerBig)
  return completerBig === big ? value : swap64(value)
}

/** True of an access that is for memory alone, to what is no memory (RULES E8). What an IOMMU leads to is seen later. */
function refuses(section: Section, attrs: MemTxAttrs): boolean {
  return attrs.memory && section.translator === undefined
}

export function refuse(): 0 {
  completion.result = MemTxResult.ACCESS_ERROR
  return 0
}

/**
 * Ends an access that nothing accepts; also an unaligned one to memory, where the policy refuses those (S6).
 *
 * @returns 0, which is the data of a failed load.
 */
export function reject(): 0 {
  completion.result = MemTxResult.DECODE_ERROR
  return 0
}
