import { type Op, widthOf } from './program.ts'

/**
 * How an access comes apart: the widths of its pieces, from its first byte on. Pieces become visible one by one, in any
 * order, under every model: no specification orders the bytes of one access.
 */
export type Tearing = (op: Op) => readonly number[]

/** An access taken to pieces, each with its offset in the access. */
export function pieces(op: Op, tearing: Tearing): { op: Op; offset: number }[] {
  if (op.kind === 'fence') return [{ op, offset: 0 }]
  let next = 0
  return tearing(op).map(width => {
    const offset = next
    next += width
    const address = op.address + offset
    if (op.kind === 'load') return { op: { ...op, address, width }, offset }
    return { op: { ...op, address, bytes: op.bytes.slice(offset, next) }, offset }
  })
}

/** Every access at once. */
export const whole: Tearing = op => [widthOf(op)]

/**
 * What the specifications let come apart, into bytes. An access keeps together if it is atomic; or naturally aligned
 * and of 4 bytes at most:
 *
 * - ECMAScript, IsNoTearConfiguration(type, order): true for integer element types up to 32 bits, and for 64-bit ones
 *   where the order is seq-cst. DataView is never so; a typed array's element is always aligned.
 * - WebAssembly threads, "Relaxed Memory Model": an aligned access of up to four bytes does not tear, nor does an atomic
 *   one. Vector accesses are not atomic.
 *
 * Both promise this of a read and a write of the same range only. One piece for every observer is what engines make of
 * it: one instruction of that width.
 *
 * @param grain Bytes in a piece. More than 1 for fewer states: what breaks in coarse pieces breaks in fine ones.
 */
export function specified(grain = 1): Tearing {
  return op => {
    const width = widthOf(op)
    if (op.kind === 'fence' || op.order === 'atomic' || width <= grain) return [width]
    return width <= 4 && op.address % width === 0 ? [width] : equal(width, grain)
  }
}

/**
 * What a CPU lets come apart: an aligned access is seen at once up to `widest`, the host profile's cell for normal
 * memory, and in pieces of that width beyond; an unaligned one is taken to pieces of one byte, as POWER, Arm and
 * z/Architecture allow, and as an x86 may where it crosses a cache line.
 */
export function byCpu(widest: number): Tearing {
  return op => {
    const width = widthOf(op)
    if (op.kind === 'fence') return [width]
    if (op.address % width !== 0) return equal(width, 1)
    return width <= widest ? [width] : equal(width, widest)
  }
}

function equal(width: number, piece: number): number[] {
  return Array.from({ length: width / piece }, () => piece)
}
