/**
 * Makes one access of aligned units, in ascending order. Of a read, bytes of a unit that were not asked for are
 * dropped. Of a write, a unit of which only a part is written is read first, for the rest of it; where that read fails,
 * the unit is not written.
 *
 * @param unit Makes the access of one unit, `width` bytes at `at`, and returns what it read; undefined where it failed.
 * @param min The smallest unit, bytes, a power of two; `max` the largest.
 * @param value What is written, formed by the bytes in the device's order.
 * @returns What was read.
 */
export function accessUnits(
  unit: (isWrite: boolean, at: number, value: bigint, width: number) => bigint | undefined,
  min: number,
  max: number,
  isWrite: boolean,
  offset: number,
  value: bigint,
  size: number,
  big: boolean,
): bigint {
  const end = offset + size
  let all = 0n
  for (let at = offset, next = at; at < end; at = next) {
    let width = max
    while (width > min && (at % width !== 0 || at + width > end)) width /= 2
    const base = at - (at % width)
    next = Math.min(base + width, end)
    // Where the bytes of the access begin in the unit, and where they begin in the value of the whole access, bits.
    const shift = BigInt(8 * (big ? base + width - next : at - base))
    const place = BigInt(8 * (big ? end - next : at - offset))
    const mask = BigInt.asUintN(8 * (next - at), -1n)
    const isPart = next - at < width
    const read = isWrite && !isPart ? 0n : unit(false, base, 0n, width)
    if (!isWrite) all |= (((read ?? 0n) >> shift) & mask) << place
    else if (read !== undefined)
      unit(true, base, (read & ~(mask << shift)) | (((value >> place) & mask) << shift), width)
  }
  return all
}
