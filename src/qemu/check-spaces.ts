import { AddressSpace, type FlatView, GuestRam, MemoryRegion, RamBlock } from 'guestmem'
import { shownWord } from './shown-value.ts'

/** @throws TypeError that says what to give where `value` is no AddressSpace. */
export function checkSpace(value: unknown, argument: string): AddressSpace {
  if (value instanceof AddressSpace) return value
  throw new TypeError(`${argument} must be an AddressSpace, got ${described(value)}`)
}

/** One space, or an array of some. */
export function checkSpaces(value: unknown, argument: string): readonly AddressSpace[] {
  if (value instanceof AddressSpace) return [value]
  if (!Array.isArray(value))
    throw new TypeError(`${argument} must be an AddressSpace or an array of them, got ${described(value)}`)
  return Array.from(value, (each, index) => checkSpace(each, `${argument}[${index}]`))
}

function described(value: unknown): string {
  if (value instanceof MemoryRegion) return 'a MemoryRegion: make a space that shows it, new AddressSpace(name, region)'
  if (value instanceof GuestRam)
    return 'a GuestRam: make a region of a block of it, MemoryRegion.ram(name, ram.block(name, bytes)), and a space of that'
  if (value instanceof RamBlock)
    return 'a RamBlock: make a region of it, MemoryRegion.ram(name, block), and a space of that, new AddressSpace(name, region)'
  if (Array.isArray(value)) return 'an array: give one of its spaces'
  if (typeof value !== 'object' || value === null) return shownWord(value)
  const view = value as Partial<FlatView & { spaces: unknown }>
  if (Array.isArray(view.spaces)) return 'an object: of a machine give one of its spaces, machine.spaces[0]'
  if (Array.isArray(view.ranges)) return 'a FlatView: give the space that it is the view of'
  return value.constructor?.name === 'AddressSpace'
    ? 'an AddressSpace of another copy of guestmem: import guestmem and guestmem/qemu both as ES modules, or both by require'
    : 'an object'
}
