// Times of two ways that were taken in turns.

/**
 * @param {string} name
 * @param {{ ours: number, own: number }[]} pairs Of one thing, one after the other.
 * @returns {{ name: string, ours: number, own: number, ratio: number }} Medians. That of the ratios is of each pair's: what
 *   else the machine does is in both of a pair, and comes and goes between pairs.
 */
export function compared(name, pairs) {
  const medianOf = value => median(pairs.map(value))
  return {
    name,
    ours: medianOf(({ ours }) => ours),
    own: medianOf(({ own }) => own),
    ratio: medianOf(({ ours, own }) => ours / own),
  }
}

export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
}

/** @param {number[]} numbers Not empty. */
export function commonest(numbers) {
  const counts = new Map()
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1)
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0]
}
