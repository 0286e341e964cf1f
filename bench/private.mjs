// Requests to private guest RAM, which the engine copies, against the engine's own calls on a view that is ready made.
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'

const SPAN = 2 ** 24

/** @param sizes Bytes. */
export function privateRam(sizes) {
  const ram = GuestRam.allocate(2 * SPAN, { shared: false })
  const space = new AddressSpace('space', MemoryRegion.ram('ram', ram.block('ram', 2 * SPAN)))
  const view = ram.blocks[0].view()
  const own = new Uint8Array(SPAN)
  const run = act => reps => {
    for (let i = 0; i < reps; i++) act((i & 63) * 8)
  }
  return sizes.flatMap(bytes => {
    const part = own.subarray(0, bytes)
    const cases = [
      ['read', 'Uint8Array.set', at => space.read(at, part), at => part.set(view.subarray(at, at + bytes))],
      ['write', 'Uint8Array.set of a ready view', at => space.write(at, part), at => view.set(part, at)],
      [
        'copy',
        'copyWithin',
        at => space.copy(SPAN + at, space, 64, bytes),
        at => view.copyWithin(SPAN + at, 64, 64 + bytes),
      ],
    ]
    return cases.map(([name, rival, ours, theirs]) => ({
      case: `private RAM, ${name}`,
      bytes,
      align: 'aligned',
      rival,
      ours: run(ours),
      theirs: run(theirs),
    }))
  })
}
