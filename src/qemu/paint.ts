/** Something that covers the addresses from `start` to `end`, where nothing above it does. */
export interface Layer {
  readonly clip: { readonly start: bigint; readonly end: bigint }
}

/** What is seen of a layer at addresses that no other parts. */
export interface Painted<L> {
  readonly layer: L
  readonly start: bigint
  readonly end: bigint
}

/**
 * What is seen of layers that lie one over another. In time that grows with their number, but for the sorting: each
 * address between two ends of layers is painted once.
 *
 * @param layers The uppermost first.
 * @returns What is seen, in ascending order; neighbours may be of one layer.
 */
export function paint<L extends Layer>(layers: readonly L[]): Painted<L>[] {
  const edges = [...new Set(layers.flatMap(({ clip }) => [clip.start, clip.end]))]
  edges.sort((a, b) => (a < b ? -1 : 1))
  const indexes = new Map(edges.map((edge, index) => [edge, index]))
  const seen: (L | undefined)[] = new Array(edges.length).fill(undefined)
  /** Of each edge, one behind which something may still be bare; itself where it is. */
  const bare = Int32Array.from(edges, (_, index) => index)
  const firstBare = (from: number): number => {
    let first = from
    while (bare[first] !== first) first = bare[first] as number
    for (let at = from; bare[at] !== first; ) {
      const next = bare[at] as number
      bare[at] = first
      at = next
    }
    return first
  }
  for (const layer of layers) {
    const end = indexes.get(layer.clip.end) as number
    for (let at = firstBare(indexes.get(layer.clip.start) as number); at < end; at = firstBare(at + 1)) {
      seen[at] = layer
      bare[at] = at + 1
    }
  }
  const painted: Painted<L>[] = []
  for (const [index, layer] of seen.entries())
    if (layer !== undefined) painted.push({ layer, start: edges[index] as bigint, end: edges[index + 1] as bigint })
  return painted
}
