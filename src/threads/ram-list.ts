import { type AddressSpace, GuestRam, type RamBlock } from 'guestmem'
import { show } from '../check.ts'
import type { BoardRam } from './handle.ts'

type Ram = RamBlock['ram']

/** The guest RAMs whose bytes members touch themselves, by index: it never changes for a guest RAM. */
export class RamList {
  readonly #indexes = new Map<Ram, number>()

  /** @param rams The first is the one with the control block. @throws TypeError naming what is no shared GuestRam. */
  constructor(rams: readonly unknown[]) {
    rams.forEach((ram, index) => {
      const argument = index === 0 ? 'ram' : `options.rams[${index - 1}]`
      if (!(ram instanceof GuestRam)) throw new TypeError(`${argument} must be a GuestRam, got ${show(ram)}`)
      if (!ram.shared)
        throw new TypeError(`${argument} must be shared: no other thread can have the bytes of private guest RAM`)
      this.#add(ram)
    })
  }

  /** Takes the guest RAMs of what a space shows by now into the list. */
  addAll(space: AddressSpace): void {
    for (const { region } of space.view.ranges)
      if (region.cacheMode === 'normal') for (const { block } of region.backing) this.#add(block.ram)
  }

  /** Undefined of guest RAM that is not in the list. */
  indexOf(block: RamBlock): number | undefined {
    return this.#indexes.get(block.ram)
  }

  /** For other threads. Guest RAM that was planned only is allocated. */
  handles(): BoardRam[] {
    return Array.from(this.#indexes.keys(), ram => {
      const handle = { ...(ram as unknown as GuestRam).handle, blocks: [] }
      const { order, host } = ram
      return { handle, options: { order, host, unaligned: ram.cells('normal').splits ? 'split' : 'refuse' } }
    })
  }

  #add(ram: Ram): void {
    // Of private guest RAM every access is forwarded.
    const isShared = !(ram instanceof GuestRam) || ram.shared
    if (isShared && !this.#indexes.has(ram)) this.#indexes.set(ram, this.#indexes.size)
  }
}
