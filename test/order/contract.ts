import type { Access } from './access-log.ts'

export interface Range {
  readonly start: number
  readonly length: number
}

const inside = ({ address, width }: Access, { start, length }: Range): boolean =>
  address >= start && address + width <= start + length

/** What the contract of src/ram/lane.ts says of an access log; each gives what is wrong, or undefined. */

export function storedOnceAscending(log: readonly Access[], dst: Range): string | undefined {
  let next = dst.start
  for (const access of log) {
    if (access.kind !== 'store') continue
    if (access.address !== next) return `stores ${access.width} at ${access.address}, where ${next} is due`
    next += access.width
  }
  return next === dst.start + dst.length ? undefined : `stores end at ${next}, not at ${dst.start + dst.length}`
}

export function naturallyAligned(log: readonly Access[]): string | undefined {
  const bad = log.find(({ kind, address, width }) => kind === 'store' && address % width !== 0)
  return bad && `a store of ${bad.width} at ${bad.address} crosses its own alignment`
}

export function loadedOnce(log: readonly Access[], src: Range): string | undefined {
  const times = new Uint8Array(src.length)
  for (const access of log) {
    if (access.kind !== 'load') continue
    if (!inside(access, src)) return `loads ${access.width} at ${access.address}, outside the source`
    for (let i = access.address - src.start, end = i + access.width; i < end; i++) times[i] = (times[i] as number) + 1
  }
  const at = times.findIndex(count => count !== 1)
  return at < 0 ? undefined : `source byte ${at} is loaded ${times[at]} times`
}

/** A length of 1, 2, 4 or 8 at an aligned destination is one store; and one load, since kernels load unaligned. */
export function oneAccess(log: readonly Access[], dst: Range): string | undefined {
  const { start, length } = dst
  if (![1, 2, 4, 8].includes(length) || start % length !== 0) return undefined
  const widths = log.map(({ kind, width }) => `${kind} ${width}`).sort()
  return widths.join() === `load ${length},store ${length}`
    ? undefined
    : `${length} bytes are made of ${widths.join(', ')}`
}

/** The whole contract for a transfer between ranges of one memory that is logged. */
export function orderProblem(log: readonly Access[], dst: Range, src: Range): string | undefined {
  return storedOnceAscending(log, dst) ?? naturallyAligned(log) ?? loadedOnce(log, src) ?? oneAccess(log, dst)
}
