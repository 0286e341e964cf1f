import fc from 'fast-check'
import { LONG } from '../../support/campaign.ts'
import { joined } from './streams.ts'

/** One way to spoil a file. Positions are taken modulo what there is. */
export type Damage =
  | { readonly how: 'flip'; readonly at: number; readonly bit: number }
  | { readonly how: 'bytes'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly how: 'cut'; readonly at: number }
  | { readonly how: 'more'; readonly bytes: Uint8Array }
  | { readonly how: 'insert' | 'remove' | 'zero'; readonly at: number; readonly length: number }
  | { readonly how: 'swap' | 'repeat' | 'drop' | 'move'; readonly chunk: number; readonly other: number }
  | { readonly how: 'halves'; readonly at: number; readonly length: number; readonly to: number }

const at = fc.nat({ max: 2 ** 24 })
const length = fc.integer({ min: 1, max: 5000 })
const bytes = fc.uint8Array({ minLength: 1, maxLength: 40, ...LONG })

export const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ how: fc.constant('flip' as const), at, bit: fc.nat({ max: 7 }) }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constant('bytes' as const), at, bytes }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constant('cut' as const), at }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('more' as const), bytes }) },
  {
    weight: 2,
    arbitrary: fc.record({ how: fc.constantFrom('insert' as const, 'remove' as const, 'zero' as const), at, length }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      how: fc.constantFrom('swap' as const, 'repeat' as const, 'drop' as const, 'move' as const),
      chunk: fc.nat({ max: 100 }),
      other: fc.nat({ max: 100 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('halves' as const), at, length, to: at }) },
)

const FILE_HEADER = 64
const CHUNK_HEADER = 24

/** The header of a file, and its chunks. */
export function chunksOf(file: Uint8Array): { readonly header: Uint8Array; readonly chunks: Uint8Array[] } {
  const words = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const chunks: Uint8Array[] = []
  for (let from = FILE_HEADER; from < file.length; ) {
    // One that is damaged already may say anything of its lengths.
    const size = from + 8 > file.length ? file.length : CHUNK_HEADER + words.getUint32(from + 4, true)
    chunks.push(file.subarray(from, from + size))
    from += size
  }
  return { header: file.subarray(0, FILE_HEADER), chunks }
}

/** The file as the damage leaves it: maybe as it was. */
export function damaged(file: Uint8Array, what: Damage): Uint8Array {
  const copy = file.slice()
  switch (what.how) {
    case 'flip':
      copy[what.at % copy.length] = (copy[what.at % copy.length] as number) ^ (1 << what.bit)
      return copy
    case 'bytes':
      for (const [i, byte] of what.bytes.entries()) copy[(what.at + i) % copy.length] = byte
      return copy
    case 'cut':
      return copy.subarray(0, what.at % copy.length)
    case 'more':
      return joined([copy, what.bytes])
    case 'insert': {
      const from = what.at % copy.length
      return joined([copy.subarray(0, from), new Uint8Array(what.length), copy.subarray(from)])
    }
    case 'remove': {
      const from = what.at % copy.length
      return joined([copy.subarray(0, from), copy.subarray(from + what.length)])
    }
    case 'zero':
      return copy.fill(0, what.at % copy.length, (what.at % copy.length) + what.length)
    case 'halves': {
      const piece = copy.slice(what.at % copy.length, (what.at % copy.length) + what.length)
      const to = what.to % copy.length
      copy.set(piece.subarray(0, copy.length - to), to)
      return copy
    }
    default: {
      const { header, chunks } = chunksOf(copy)
      if (chunks.length === 0) return copy
      const one = what.chunk % chunks.length
      const two = what.other % chunks.length
      const first = chunks[one] as Uint8Array
      const second = chunks[two] as Uint8Array
      if (what.how === 'swap') {
        chunks[one] = second
        chunks[two] = first
      } else if (what.how === 'repeat') chunks.splice(two, 0, first)
      else if (what.how === 'drop') chunks.splice(one, 1)
      else {
        chunks.splice(one, 1)
        chunks.splice(two, 0, first)
      }
      return joined([header, ...chunks])
    }
  }
}
