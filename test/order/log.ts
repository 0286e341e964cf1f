/** Every access to memory that a copy made, in order; kept in typed arrays, because campaigns log hundreds of millions. */
export class AccessLog {
  count = 0
  /** 1 where the access is a store, 0 where it is a load. */
  stores: Uint8Array = new Uint8Array(4096)
  /** Bytes. */
  widths: Uint8Array = new Uint8Array(4096)
  addresses: Float64Array = new Float64Array(4096)
  /** Called before each store is made. */
  beforeStore: ((address: number) => void) | undefined

  note(isStore: boolean, address: number, width: number): void {
    const at = this.count
    if (at === this.stores.length) this.#grow()
    this.stores[at] = isStore ? 1 : 0
    this.widths[at] = width
    this.addresses[at] = address
    this.count = at + 1
    if (isStore) this.beforeStore?.(address)
  }

  clear(): void {
    this.count = 0
  }

  /** For people. */
  toString(): string {
    return Array.from({ length: this.count }, (_, i) => {
      return `${this.stores[i] ? 'store' : 'load'} ${this.widths[i]} at ${this.addresses[i]}`
    }).join(', ')
  }

  #grow(): void {
    const twice = <T extends Uint8Array | Float64Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    const length = 2 * this.stores.length
    this.stores = twice(this.stores, new Uint8Array(length))
    this.widths = twice(this.widths, new Uint8Array(length))
    this.addresses = twice(this.addresses, new Float64Array(length))
  }
}
