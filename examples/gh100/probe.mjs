// A logic analyser on the card's bus: counts the accesses that the library makes to a guest RAM, by width.

/** The calls by which guest RAM is accessed, each of them at most one access of so many bytes. */
const ACCESSES = {
  load8: 1,
  store8: 1,
  load16: 2,
  store16: 2,
  load32: 4,
  store32: 4,
  load64: 8,
  store64: 8,
  load64Pair: 8,
  store64Pair: 8,
}

export class Probe {
  /** Accesses, by their width in bytes. @type {Record<number, number>} */
  widths = { 1: 0, 2: 0, 4: 0, 8: 0 }
  /** Bytes that a kernel moved, in accesses as wide as the mapping allows. */
  kernelBytes = 0
  #clipped = new WeakSet()

  /** @param {import('guestmem').RamBlock} block @param {import('guestmem').CacheMode} mode */
  clip({ ram }, mode) {
    const cells = ram.cells(mode)
    if (!this.#clipped.has(cells)) {
      this.#clipped.add(cells)
      for (const [name, width] of Object.entries(ACCESSES)) this.#watchAccess(cells, name, width)
    }
    if (this.#clipped.has(ram.lane)) return
    this.#clipped.add(ram.lane)
    for (const [name, argument] of Object.entries({ copyIn: 3, copyOut: 3, move: 2, fill: 2 }))
      this.#watchKernel(ram.lane, name, argument)
  }

  reset() {
    this.widths = { 1: 0, 2: 0, 4: 0, 8: 0 }
    this.kernelBytes = 0
  }

  #watchAccess(cells, name, width) {
    const access = cells[name]
    cells[name] = (address, ...values) => {
      // One that the host can't make at once is made of narrower ones (S6), which come by here too. So does an unaligned
      // load64, as a load64Pair.
      const aligned = address % width === 0
      const pair = name.endsWith('Pair')
      if (aligned || (cells.oneAccess && (width < 8 || pair))) this.widths[width]++
      return access.call(cells, address, ...values)
    }
  }

  #watchKernel(lane, name, argument) {
    const move = lane[name]
    lane[name] = (...values) => {
      this.kernelBytes += values[argument]
      return move.apply(lane, values)
    }
  }
}
