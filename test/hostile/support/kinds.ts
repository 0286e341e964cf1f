import { type Bad, FORGED } from './bad-values.ts'

/** What becomes of a value in an argument's place: it is taken, refused, or the one as well as the other is right. */
export type Verdict = 'takes' | 'refuses' | 'either'

/** What an argument is documented to take. All that is not said is refused. */
export interface Kind {
  readonly number?: (value: number) => Verdict
  readonly bigint?: (value: bigint) => Verdict
  readonly boolean?: Verdict
  readonly string?: (value: string) => Verdict
  readonly function?: Verdict
  readonly symbol?: Verdict
  /** By the names of bad values. */
  readonly objects?: Readonly<Record<string, Verdict>>
  readonly undefined?: Verdict
  readonly null?: Verdict
}

export function verdictOf(kind: Kind, { name }: Bad, value: unknown): Verdict {
  switch (typeof value) {
    case 'number':
      return kind.number?.(value) ?? 'refuses'
    case 'bigint':
      return kind.bigint?.(value) ?? 'refuses'
    case 'boolean':
      return kind.boolean ?? 'refuses'
    case 'string':
      return kind.string?.(value) ?? 'refuses'
    case 'function':
      return kind.function ?? 'refuses'
    case 'undefined':
      return kind.undefined ?? 'refuses'
    case 'symbol':
      return kind.symbol ?? 'refuses'
    default:
      // Null is taken for what is left out, or refused: the docs say neither.
      if (value === null) return kind.null ?? (kind.undefined === 'takes' ? 'either' : 'refuses')
      return kind.objects?.[name] ?? (FORGED.has(name) ? 'either' : 'refuses')
  }
}

/** Where a value may be left out. */
export function optional(kind: Kind): Kind {
  return { ...kind, undefined: 'takes' }
}

/** An integer from `min` to `max`. */
export function integer(min: number, max: number): Kind {
  return { number: value => (Number.isInteger(value) && value >= min && value <= max ? 'takes' : 'refuses') }
}

/** A number that only who wrote the program chooses: an address or an offset in a region, in a block. */
export const OFFSET: Kind = integer(0, Number.MAX_SAFE_INTEGER)

/**
 * An address or a length that a guest may have chosen: whole, and from 0 on. What is past 2^53 is a result and no
 * error (RULES D3).
 */
export const GUEST: Kind = {
  number: value => (Number.isInteger(value) && value >= 0 ? (value < 2 ** 53 ? 'takes' : 'either') : 'refuses'),
  bigint: value => (value >= 0n ? 'either' : 'refuses'),
}

export const BOOLEAN: Kind = { boolean: 'takes' }
export const FUNCTION: Kind = { function: 'takes' }
/** 64 bits, taken modulo 2^64. */
export const BIGINT: Kind = { bigint: () => 'takes' }
/** A name for people. */
export const TEXT: Kind = { string: value => (value.trim() === '' ? 'refuses' : 'takes') }

export function oneOf(...choices: readonly unknown[]): Kind {
  const verdict = (value: unknown): Verdict => (choices.includes(value) ? 'takes' : 'refuses')
  return {
    number: verdict,
    bigint: verdict,
    string: verdict,
    ...(choices.includes(true) && { boolean: 'takes' as const }),
  }
}

/** A Uint8Array of 0 to 16 bytes, of any realm. */
export const BYTES: Kind = {
  objects: {
    'a Uint8Array': 'takes',
    'an empty Uint8Array': 'takes',
    'a Uint8Array whose length lies': 'takes',
    'a Uint8Array of another realm': 'takes',
    // What is no array to the engine may be found out or not, but never by the engine itself.
    'a Proxy of a Uint8Array': 'refuses',
  },
}

/** An instance of one of the library's classes. */
export function instance(name: string): Kind {
  return { objects: { [name]: 'takes' } }
}

export const SPACE: Kind = { objects: { 'an AddressSpace': 'takes', 'a destroyed AddressSpace': 'either' } }
export const REGION: Kind = instance('a MemoryRegion')
/** A block is its fields: what passes them on is as good. */
export const BLOCK: Kind = { objects: { 'a RamBlock': 'takes', 'a Proxy of a RamBlock': 'either' } }
/** There is no such value among the bad ones. */
export const NOTHING: Kind = {}

const EMPTY_OBJECTS = {
  'an empty object': 'takes',
  'an object without a prototype': 'either',
  'an object of another realm': 'takes',
} as const

/** An object whose fields may all be left out. What has no keys of its own can hold no mistake, and may be taken or not. */
export const OPTIONS: Kind = {
  undefined: 'takes',
  objects: {
    ...EMPTY_OBJECTS,
    'an ArrayBuffer': 'either',
    'a SharedArrayBuffer': 'either',
    'a DataView': 'either',
    'a detached Uint8Array': 'either',
    'a Uint8Array out of its bounds': 'either',
    'an empty Uint8Array': 'either',
    'a revoked Proxy': 'refuses',
    'what has only the prototype of an AddressSpace': 'either',
    'what has only the prototype of a MemoryRegion': 'either',
    'a MemoryRegion': 'either',
    'an AddressSpace': 'either',
  },
}

/** An object with fields that must be there. */
export const RECORD: Kind = {}
