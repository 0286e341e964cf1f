/** A part of a region as a space shows it. */
export interface MapPiece {
  readonly name: string
  readonly type: string
  /** The first address, bytes. */
  readonly start: bigint
  /** The address behind the last. */
  readonly end: bigint
  /** The offset in the region at which it begins, bytes. */
  readonly offset: bigint
  /** The name of the region that is seen there in the other map. */
  readonly instead: string | undefined
}

export interface Pairing {
  /** The same bytes of a region, where they were and where they are: each pair equally long. */
  readonly moved: readonly { readonly before: MapPiece; readonly after: MapPiece }[]
  /** What was seen before, and is nowhere seen now. */
  readonly lost: readonly MapPiece[]
  /** What is seen now, and was nowhere before. */
  readonly gained: readonly MapPiece[]
}

/** A pairing that is being made. */
interface Open {
  readonly moved: Pairing['moved'][number][]
  readonly lost: MapPiece[]
  readonly gained: MapPiece[]
}

/** The part of a piece between two addresses in it. */
export function cutPiece(piece: MapPiece, start: bigint, end: bigint): MapPiece {
  return { ...piece, start, end, offset: piece.offset + (start - piece.start) }
}

/**
 * Pairs what is no more seen where it was with what is newly seen somewhere, by the region's name and the offset in it. In
 * time that grows with their number, but for sorting.
 */
export function pairMoves(lost: readonly MapPiece[], gained: readonly MapPiece[]): Pairing {
  const pairing: Open = { moved: [], lost: [], gained: [] }
  const [before, after] = [byName(lost), byName(gained)]
  for (const name of new Set([...before.keys(), ...after.keys()]))
    pairOne(before.get(name) ?? [], after.get(name) ?? [], pairing)
  return pairing
}

/** @param before Pieces of one region, by ascending offset, as are those of `after`. */
function pairOne(before: readonly MapPiece[], after: readonly MapPiece[], { moved, lost, gained }: Open): void {
  const [old, now] = [new Pieces(before), new Pieces(after)]
  for (let [a, b] = [old.next, now.next]; a !== undefined || b !== undefined; [a, b] = [old.next, now.next]) {
    if (a === undefined || b === undefined) {
      if (a !== undefined) lost.push(old.take(a.end - a.start))
      if (b !== undefined) gained.push(now.take(b.end - b.start))
    } else if (a.offset < b.offset) lost.push(old.take(least(a.end - a.start, b.offset - a.offset)))
    else if (b.offset < a.offset) gained.push(now.take(least(b.end - b.start, a.offset - b.offset)))
    else {
      const size = least(a.end - a.start, b.end - b.start)
      moved.push({ before: old.take(size), after: now.take(size) })
    }
  }
}

/** Pieces that are taken from the front, also in parts. */
class Pieces {
  readonly #pieces: readonly MapPiece[]
  #index = 0
  next: MapPiece | undefined

  constructor(pieces: readonly MapPiece[]) {
    this.#pieces = pieces
    this.next = pieces[0]
  }

  /** @param size Bytes, at most those of the next one. */
  take(size: bigint): MapPiece {
    const piece = this.next as MapPiece
    const end = piece.start + size
    this.next = end < piece.end ? cutPiece(piece, end, piece.end) : this.#pieces[++this.#index]
    return cutPiece(piece, piece.start, end)
  }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

function byName(pieces: readonly MapPiece[]): Map<string, MapPiece[]> {
  const made = new Map<string, MapPiece[]>()
  const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
  for (const piece of pieces.toSorted((a, b) => compare(a.offset, b.offset) || compare(a.start, b.start))) {
    const known = made.get(piece.name)
    if (known === undefined) made.set(piece.name, [piece])
    else known.push(piece)
  }
  return made
}
