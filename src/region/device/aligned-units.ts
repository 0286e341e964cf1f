/** What a device's handlers take: naturally aligned units of `min` to `max` bytes, powers of two. */
export interface Units {
  readonly min: number
  readonly max: number
  /** Unsigned, in the device's order. Undefined where it failed. */
  read(offset: number, size: number): bigint | undefined
  write(offset: number, value: bigint, size: number): void
}

/** Makes one read of aligned units, in ascending order. Bytes of a unit that were not asked for are dropped. */
export function readUnits(units: Units, offset: number, size: number, big: boolean): bigint {
  let value = 0n
  eachUnit(units, offset, size, big, (base, unit, shift, count, place) => {
    const bytes = BigInt.asUintN(8 * count, (units.read(base, unit) ?? 0n) >> shift)
    value |= bytes << place
  })
  return value
}

/**
 * Makes one write of aligned units, in ascending order. A unit of which only a part is written is read first, for the
 * rest of it; where that read fails, the unit is not written.
 */
export function writeUnits(units: Units, offset: number, value: bigint, size: number, big: boolean): void {
  eachUnit(units, offset, size, big, (base, unit, shift, count, place) => {
    const bytes = BigInt.asUintN(8 * count, value >> place)
    const around = count === unit ? 0n : units.read(base, unit)
    if (around === undefined) return
    const mask = BigInt.asUintN(8 * count, -1n) << shift
    units.write(base, (around & ~mask) | (bytes << shift), unit)
  })
}

/**
 * Visits the units that an access is made of. `visit` gets the offset and the size of a unit, where in it the bytes of
 * the access begin, bits, how many bytes they are, and where they begin in the value of the whole access, bits.
 */
function eachUnit(
  { min, max }: Units,
  offset: number,
  size: number,
  big: boolean,
  visit: (base: number, unit: number, shift: bigint, count: number, place: bigint) => void,
): void {
  const end = offset + size
  for (let at = offset; at < end; ) {
    let unit = max
    while (unit > min && (at % unit !== 0 || at + unit > end)) unit /= 2
    const base = at - (at % unit)
    const count = Math.min(base + unit, end) - at
    const shift = big ? base + unit - at - count : at - base
    visit(base, unit, BigInt(8 * shift), count, BigInt(8 * (big ? end - at - count : at - offset)))
    at += count
  }
}
