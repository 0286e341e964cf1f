import type { Value } from '../ram/access/cell-values.ts'
import type { MemoryRegion } from '../region/memory-region.ts'
import type { AddressSpace } from '../space/address-space.ts'
import type { TapAccess, TapCallback } from './tap-access.ts'

/** What `tap` gives. */
export interface Tap {
  /** How many accesses it has met so far, those that were ignored among them. */
  readonly hits: number
  readonly removed: boolean
  /** From now on nothing is told; of a request that is under way neither. Again: nothing. */
  remove(): void
}

/** What a tap was made with, checked. */
export interface TapSettings {
  readonly target: AddressSpace | MemoryRegion
  /** Addresses in a space, or offsets in a region. */
  readonly start: number
  /** The one behind the last. */
  readonly end: number
  readonly reads: boolean
  readonly writes: boolean
  readonly fetches: boolean
  readonly dma: boolean
  readonly before: boolean
  readonly condition: ((access: TapAccess) => boolean) | undefined
  readonly ignore: number
  readonly limit: number
  readonly callback: TapCallback
}

/** A tap that is set, or was. */
export class SetTap implements Tap {
  readonly settings: TapSettings
  readonly #drop: () => void
  #hits = 0
  #told = 0
  #removed = false
  /** Its callback, or its condition, is running: what that accesses is not told. */
  #running = false

  constructor(settings: TapSettings, drop: () => void) {
    this.settings = settings
    this.#drop = drop
  }

  get hits(): number {
    return this.#hits
  }

  get removed(): boolean {
    return this.#removed
  }

  remove(): void {
    if (this.#removed) return
    this.#removed = true
    this.#drop()
  }

  /** It would be told of such an access, as far as the access's sort goes. */
  wants(kind: TapAccess['kind'], dma: boolean, before: boolean): boolean {
    const { settings } = this
    if (this.#removed || this.#running || settings.before !== before) return false
    return dma ? settings.dma : kind === 'read' ? settings.reads : kind === 'write' ? settings.writes : settings.fetches
  }

  /** @returns What the callback gave in place of the value. */
  tell(access: TapAccess): Value | undefined {
    const { condition, ignore, limit, callback } = this.settings
    this.#running = true
    try {
      if (condition !== undefined && !condition(access)) return undefined
      if (++this.#hits <= ignore) return undefined
      if (++this.#told >= limit) this.remove()
      return callback(access) as Value | undefined
    } finally {
      this.#running = false
    }
  }
}
