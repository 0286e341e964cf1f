/** A request that can't be carried out: what the client is told behind `FAIL`. */
export class QtestFailure extends Error {}

const NUMBER = /^(-?)(0[xX][0-9a-fA-F]+|[0-9]+)$/
const TOP = 2n ** 64n

/** Bytes: the most that one request may move. What is longer is a mistake of the client, and must not take all memory. */
const MAX_SIZE = 2n ** 28n

/**
 * A number as C's strtoul takes it with base 0: decimal, hexadecimal behind `0x`, octal behind `0`, modulo 2^64.
 *
 * @param argument Its name in the protocol.
 */
export function parseNumber(word: string | undefined, argument: string): bigint {
  const [, minus, digits = ''] = NUMBER.exec(word ?? '') ?? []
  const octal = digits.length > 1 && /^0[0-7]+$/.test(digits)
  if (digits === '' || (digits.length > 1 && /^0[0-9]/.test(digits) && !octal))
    throw new QtestFailure(`${argument} must be a number, got ${word === undefined ? 'nothing' : JSON.stringify(word)}`)
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits)
  return BigInt.asUintN(64, minus === '-' ? -value : value)
}

/** Bytes, 0 to 2^28. */
export function parseSize(word: string | undefined): number {
  const size = parseNumber(word, 'SIZE')
  if (size > MAX_SIZE) throw new QtestFailure(`SIZE must be at most ${MAX_SIZE}, got ${word}`)
  return Number(size)
}

const HEX_DATA = /^0[xX](?:[0-9a-fA-F]{2})*$/

/** `size` bytes of hexadecimal data behind `0x`: a shorter one is filled up with zero, of a longer one the rest is left. */
export function parseHexData(word: string | undefined, size: number): Uint8Array {
  if (word === undefined || !HEX_DATA.test(word))
    throw new QtestFailure('DATA must be pairs of hexadecimal digits behind 0x')
  const bytes = new Uint8Array(size)
  const given = Math.min(size, (word.length - 2) / 2)
  for (let i = 0; i < given; i++) bytes[i] = Number.parseInt(word.slice(2 + 2 * i, 4 + 2 * i), 16)
  return bytes
}

/** `size` bytes of base64 data, filled up or cut as hexadecimal data is. */
export function parseBase64Data(word: string | undefined, size: number): Uint8Array {
  let decoded: string
  try {
    decoded = atob(word ?? '')
  } catch {
    throw new QtestFailure('B64_DATA must be base64')
  }
  const bytes = new Uint8Array(size)
  for (let i = 0; i < Math.min(size, decoded.length); i++) bytes[i] = decoded.charCodeAt(i)
  return bytes
}

export function hexData(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')}`
}

export function base64Data(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))
}

/** Where one request goes among 64-bit addresses: `address` is undefined where no space of ours reaches, past 2^53. */
export interface Reach {
  readonly address: number | undefined
  /** The part of the request: index of its first byte, and bytes. */
  readonly at: number
  readonly size: number
}

const REACH = 2n ** 53n

/** Addresses go on at 0 behind 2^64 (RULES E9). */
export function* reaches(address: bigint, size: number): Generator<Reach> {
  let here = address
  for (let at = 0; at < size; ) {
    const end = here < REACH ? REACH : TOP
    const left = end - here
    const part = BigInt(size - at) < left ? size - at : Number(left)
    yield { address: here < REACH ? Number(here) : undefined, at, size: part }
    at += part
    here = BigInt.asUintN(64, here + BigInt(part))
  }
}
