import { GuestRam, type RamBlock, SparseRam } from 'guestmem'

export const PAGE = 4096

/** Guest RAM is address space that is given back late: all worlds of a test file share these. */
export interface Rams {
  readonly ram: GuestRam
  readonly other: GuestRam
  readonly spare: GuestRam
  readonly sparse: SparseRam
  readonly blocks: Readonly<Record<'main' | 'device' | 'rom' | 'flash' | 'resizable' | 'free', RamBlock>>
  readonly otherBlock: RamBlock
  readonly sparseBlocks: readonly RamBlock[]
}

let shared: Rams | undefined
/** What tells which pages are dirty, as it is when none is. */
const clean = new Map<GuestRam, Uint8Array>()

export function rams(): Rams {
  if (shared !== undefined) return shared
  const ram = GuestRam.allocate(24 * PAGE)
  const other = GuestRam.allocate(4 * PAGE)
  const sparse = new SparseRam()
  const cut = (name: string, pages: number) => ram.block(name, pages * PAGE)
  shared = {
    ram,
    other,
    spare: GuestRam.allocate(2 ** 26),
    sparse,
    blocks: {
      main: cut('main', 8),
      device: cut('device', 2),
      rom: cut('rom', 2),
      flash: cut('flash', 2),
      resizable: cut('resizable', 4),
      free: cut('free', 4),
    },
    otherBlock: other.block('other', 2 * PAGE),
    sparseBlocks: sparse.blocks('sparse', 2 * PAGE),
  }
  for (const each of [ram, other]) clean.set(each, new Uint8Array(each.handle.dirty).slice())
  return shared
}

/** What guest RAM is full of when a world begins. */
const PATTERN = new Uint8Array(Uint32Array.from({ length: 2 ** 15 }, (_, i) => Math.imul(i + 1, 0x9e37_79b1)).buffer)

/** What a world's RAM holds when it begins, dirty bits too. */
export function fillRams(): void {
  const { ram, other } = rams()
  for (const each of [ram, other]) {
    new Uint8Array(each.buffer).set(PATTERN.subarray(0, each.buffer.byteLength))
    new Uint8Array(each.handle.dirty).set(clean.get(each) as Uint8Array)
  }
}
