import { checkInteger } from '../../check.ts'
import { GUEST_PAGE } from './dirty-bitmaps.ts'

const GROUP = 32 * GUEST_PAGE

/** Bytes that were stored to. */
export interface DirtyRange {
  /** Offset in the memory that was asked about, bytes. */
  readonly offset: number
  readonly length: number
}

/** What a snapshot has of one RAM block. */
export interface DirtyPart {
  /** The first byte that it is of, and the one behind the last: offsets in the memory, bytes. */
  readonly start: number
  readonly end: number
  /** How far the block's bytes are ahead, in their guest RAM, of their offsets in the memory; may be below zero. */
  readonly shift: number
  /** As `harvest` gives them. */
  readonly bits: Int32Array
}

/**
 * Which pages were dirty when their bits were taken (QEMU's DirtyBitmapSnapshot). Immutable: what is stored later is in
 * the next one.
 */
export class DirtySnapshot {
  /** Offset in the memory of the first byte that it is of; rounded out to pages, as what was taken is. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
  readonly #parts: readonly DirtyPart[]

  /** Made by snapshotAndClearDirty. */
  constructor(parts: readonly DirtyPart[]) {
    this.#parts = parts
    this.offset = parts[0]?.start ?? 0
    this.length = (parts[parts.length - 1]?.end ?? 0) - this.offset
    Object.freeze(this)
  }

  /**
   * True if a page of these bytes was stored to.
   *
   * @param offset In the memory, bytes; all that is asked about lies in what the snapshot is of.
   * @param length Bytes; 0 is never dirty.
   */
  isDirty(offset: number, length: number): boolean {
    const end = this.offset + this.length
    checkInteger(offset, 'offset', this.offset, end)
    checkInteger(length, 'length', 0, end - offset)
    for (const part of this.#parts) {
      const last = Math.min(offset + length, part.end) - 1
      for (let at = Math.max(offset, part.start); at <= last; at = nextPage(part, at))
        if (isMarked(part, at)) return true
    }
    return false
  }

  /** What was stored to, ascending: whole pages, those that touch as one; the last one ends with the memory. */
  *ranges(): Generator<DirtyRange, void, undefined> {
    let offset = 0
    let end = -1
    for (const part of this.#parts) {
      for (let at = part.start; at < part.end; ) {
        const next = isEmpty(part, at) ? nextGroup(part, at) : Math.min(nextPage(part, at), part.end)
        if (isMarked(part, at)) {
          if (at !== end) {
            if (end > offset) yield { offset, length: end - offset }
            offset = at
          }
          end = next
        }
        at = next
      }
    }
    if (end > offset) yield { offset, length: end - offset }
  }
}

function wordAt({ start, shift, bits }: DirtyPart, at: number): number {
  const first = Math.floor((start + shift) / GROUP)
  return bits[Math.floor((at + shift) / GROUP) - first] as number
}

function isMarked(part: DirtyPart, at: number): boolean {
  return (wordAt(part, at) & (1 << (Math.floor((at + part.shift) / GUEST_PAGE) & 31))) !== 0
}

/** True if no page of the 32 that share a word with this one is marked. */
function isEmpty(part: DirtyPart, at: number): boolean {
  return wordAt(part, at) === 0
}

function nextPage({ shift }: DirtyPart, at: number): number {
  return (Math.floor((at + shift) / GUEST_PAGE) + 1) * GUEST_PAGE - shift
}

function nextGroup({ shift }: DirtyPart, at: number): number {
  return (Math.floor((at + shift) / GROUP) + 1) * GROUP - shift
}
