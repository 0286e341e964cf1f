import { resolved, resolveSection } from '../dispatch/resolve.ts'
import type { SectionMap } from '../dispatch/section-map.ts'
import { isShared } from '../ram/access/views.ts'
import { privateCopy } from '../ram/copy/shared-array.ts'
import { REJECTING } from '../region/device/rejecting-completer.ts'
import { MemTxAttrs } from '../request/attrs.ts'
import { pieceSize, rejectedSize } from './device-pieces.ts'

/**
 * Writes what a loader puts there before the guest runs, or a debugger while it does: to RAM, to ROMs, and to ROM
 * devices that are read directly (RULES E12). All else is passed over, in the pieces that an access would be made in;
 * memory of a device too, as newer versions of QEMU do.
 */
export function writeRom(map: SectionMap, address: number, given: Uint8Array): void {
  // An array that others may see could be the memory that is written to.
  const bytes = isShared(given.buffer) ? privateCopy(given, given.length) : given
  for (let at = 0; at < bytes.length; ) {
    const section = resolveSection(map, address + at, true, MemTxAttrs.UNSPECIFIED)
    const { at: inside, translated } = resolved
    const rest = Math.min(bytes.length - at, resolved.length)
    const left = section.length - inside
    const offset = section.offset + inside
    let size = Math.min(rest, left)
    const { block } = section
    // The direct-access policy is about a running machine's requests, so it does not count here.
    if (block !== undefined && section.endsReads && section.region?.kind !== 'ramDevice') {
      const lane = section.route(false, true) === 'ordered' ? block.ram.lane : block.ram.fixedLane
      const ram = section.base + inside
      lane.copyIn(ram, bytes, at, size)
      if (section.logs[0] !== 0) section.mark(ram, size)
    } else if (section.writeCompleter === REJECTING && !section.memory && !translated)
      size = rejectedSize(left, offset, rest, pieceSize(REJECTING, offset, rest))
    else if (!section.memory) size = pieceSize(section.writeCompleter, offset, rest)
    at += size
  }
}
