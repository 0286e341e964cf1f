import { HOST_LITTLE_ENDIAN } from '../../host/endian.ts'
import { swap32, swap64, type Views } from '../access/views.ts'
import { combineWide, type Operation } from './operation.ts'

/** Bytes of guest RAM that an access has there in a row. */
export interface Span {
  readonly views: Views
  /** In guest RAM, bytes. */
  readonly address: number
  readonly length: number
}

/**
 * What an access has of one naturally aligned word of the host's: the widest that lies in the memory, so that each atomic
 * access of another thread touches one piece of an aligned one, and no two.
 */
interface Piece {
  readonly elements: BigUint64Array | Uint32Array | Uint8Array
  readonly index: number
  /** In bytes: where in the word it begins, how many there are, and how many bytes of the access come before. */
  readonly at: number
  readonly length: number
  readonly before: number
  /** The word as it was found, little-endian. */
  found: bigint
}

/**
 * An atomic access that is not one of the host: unaligned, or in several memories. To be called within `exclusively`. All
 * that may still come in between is an atomic access of another thread that had begun before: at most one for each thread.
 * So each word is stored only as it was found, by compareExchange, and where one has changed the value is worked out anew.
 * The lowest bits are stored first: what a sum carries goes upwards.
 *
 * @param operand Unsigned, as `expected`: in the target's byte order, which `big` says.
 * @returns What was there.
 */
export function splitAtomic(
  spans: readonly Span[],
  operation: Operation,
  operand: bigint,
  expected: bigint,
  size: number,
  big: boolean,
): bigint {
  const pieces = piecesOf(spans)
  if (big) pieces.reverse()
  for (const piece of pieces) piece.found = loadWord(piece)
  const value = (): bigint => pieces.reduce((all, piece) => all | bytesOf(piece, size, big), 0n)
  let found = value()
  let next = combineWide(operation, found, operand, expected, size)
  if (next === found) return found
  for (let done = 0; done < pieces.length; ) {
    const piece = pieces[done] as Piece
    const now = exchangeWord(piece, piece.found, wordWith(piece, next, size, big))
    if (now === piece.found) {
      done++
      continue
    }
    piece.found = now
    const before = next
    found = value()
    next = combineWide(operation, found, operand, expected, size)
    // A comparison that comes out otherwise now: what was stored for it is taken back.
    for (const stored of pieces.slice(0, done)) correct(stored, before, next, size, big)
  }
  return found
}

function piecesOf(spans: readonly Span[]): Piece[] {
  const pieces: Piece[] = []
  let before = 0
  for (const { views, address, length } of spans) {
    for (let done = 0; done < length; ) {
      const byte = address + done
      const [elements, width] = wordsAt(views, byte)
      const at = byte % width
      const part = Math.min(width - at, length - done)
      pieces.push({ elements, index: (byte - at) / width, at, length: part, before, found: 0n })
      done += part
      before += part
    }
  }
  return pieces
}

/** The widest words of which one holds the byte: at the end of an odd memory there are none of 8 bytes. */
function wordsAt({ u8, u32, u64 }: Views, byte: number): readonly [Piece['elements'], number] {
  if (byte < 8 * u64.length) return [u64, 8]
  return byte < 4 * u32.length ? [u32, 4] : [u8, 1]
}

function loadWord({ elements, index }: Piece): bigint {
  return little(
    elements,
    elements instanceof BigUint64Array ? Atomics.load(elements, index) : Atomics.load(elements, index),
  )
}

/** @returns The word as it was. */
function exchangeWord({ elements, index }: Piece, expected: bigint, word: bigint): bigint {
  const [from, to] = [little(elements, expected), little(elements, word)]
  if (elements instanceof BigUint64Array) return little(elements, Atomics.compareExchange(elements, index, from, to))
  return little(elements, Atomics.compareExchange(elements, index, Number(from), Number(to)))
}

/** An element's value as the little-endian number that its bytes are, and the other way round. */
function little(elements: Piece['elements'], value: number | bigint): bigint {
  const word = BigInt(value)
  if (HOST_LITTLE_ENDIAN || elements instanceof Uint8Array) return word
  return elements instanceof BigUint64Array ? swap64(word) : BigInt(swap32(Number(word)))
}

/** What a piece is of the value of the whole access. */
function bytesOf({ found, at, length, before }: Piece, size: number, big: boolean): bigint {
  let all = 0n
  for (let i = 0; i < length; i++) {
    const byte = BigInt.asUintN(8, found >> BigInt(8 * (at + i)))
    all |= byte << shiftOf(before + i, size, big)
  }
  return all
}

/** The word with the piece's bytes as they are in `value`. */
function wordWith({ found, at, length, before }: Piece, value: bigint, size: number, big: boolean): bigint {
  let word = found
  for (let i = 0; i < length; i++) {
    const shift = BigInt(8 * (at + i))
    const byte = BigInt.asUintN(8, value >> shiftOf(before + i, size, big))
    word = (word & ~(0xffn << shift)) | (byte << shift)
  }
  return word
}

/** Puts `next` in place of `before`, which is stored, but where others have stored something else since. */
function correct(piece: Piece, before: bigint, next: bigint, size: number, big: boolean): void {
  const wrong = wordWith(piece, before, size, big)
  const right = wordWith(piece, next, size, big)
  if (wrong !== right) exchangeWord(piece, wrong, right)
}

/** Where a byte of an access is in its value, bits. */
function shiftOf(byte: number, size: number, big: boolean): bigint {
  return BigInt(8 * (big ? size - 1 - byte : byte))
}
