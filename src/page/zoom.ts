/** The addresses that are in sight: bytes from `start` to `end`, the one behind the last. */
export interface Sight {
  readonly start: number
  readonly end: number
}

/** The least that can be seen at once, bytes. */
export const LEAST = 4
const LIMIT = 2 ** 53

/** A step of the buttons and keys. */
const STEP = 4

/** As many bytes around an address, none of them below 0 or past 2^53. */
export function sightAround(centre: number, bytes: number): Sight {
  const size = Math.min(LIMIT, Math.max(LEAST, Math.round(bytes)))
  const start = Math.max(0, Math.min(LIMIT - size, Math.round(centre - size / 2)))
  return { start, end: start + size }
}

/** Nearer by a step, or further away; the address stays where it is in sight. */
export function zoomed({ start, end }: Sight, address: number, nearer: boolean): Sight {
  const before = end - start
  const size = Math.min(LIMIT, Math.max(LEAST, Math.round(nearer ? before / STEP : before * STEP)))
  const place = (address - start) / before
  const first = Math.max(0, Math.min(LIMIT - size, Math.round(address - place * size)))
  return { start: first, end: first + size }
}

/** Moved by a quarter of what is in sight. */
export function moved({ start, end }: Sight, higher: boolean): Sight {
  const size = end - start
  const by = Math.max(1, Math.round(size / 4)) * (higher ? 1 : -1)
  const first = Math.max(0, Math.min(LIMIT - size, start + by))
  return { start: first, end: first + size }
}

/** All that is mapped, with some room; of nothing, a page. */
export function whole(end: number): Sight {
  return { start: 0, end: Math.min(LIMIT, Math.max(4096, end)) }
}
