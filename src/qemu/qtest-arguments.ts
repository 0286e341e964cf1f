import { MAX_DIGITS, MAX_SIZE } from './qtest-limits.ts'
import { shownValue, shownWord } from './shown-value.ts'

/** A request that can't be carried out: what the client is told behind `FAIL`. */
export class QtestFailure extends Error {}

/**
 * The first words of a line, which blanks part; no more than a request has. A line may have as many words as bytes, and
 * what is behind the arguments is not looked at.
 */
export function firstWords(line: string, most: number): string[] {
  const words: string[] = []
  const word = /\S+/g
  while (words.length < most) {
    const found = word.exec(line)
    if (found === null) break
    words.push(found[0])
  }
  return words
}

const NUMBER = /^-?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/

/**
 * A number as C's strtoul takes it with base 0: decimal, hexadecimal behind `0x`, octal behind `0`, modulo 2^64. It has
 * at most 66 characters.
 *
 * @param argument Its name in the protocol.
 */
export function parseNumber(word: string | undefined, argument: string): bigint {
  if (word === undefined) throw new QtestFailure(`${argument} must be a number, got nothing`)
  if (word.length > MAX_DIGITS)
    throw new QtestFailure(`${argument} must be a number of at most ${MAX_DIGITS} characters, got ${word.length}`)
  if (!NUMBER.test(word)) throw new QtestFailure(`${argument} must be a number, got ${shownValue(word)}`)
  const negative = word.startsWith('-')
  const digits = negative ? word.slice(1) : word
  const octal = /^0[0-7]/.test(digits)
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits)
  return BigInt.asUintN(64, negative ? -value : value)
}

/** Bytes, 0 to 2^24. */
export function parseSize(word: string | undefined): number {
  const size = parseNumber(word, 'SIZE')
  if (size > MAX_SIZE) throw new QtestFailure(`SIZE must be at most ${MAX_SIZE}, got ${shownWord(word)}`)
  return Number(size)
}

/** `size` bytes of hexadecimal data behind `0x`: a shorter one is filled up with zero, of a longer one the rest is left. */
export function parseHexData(word: string | undefined, size: number): Uint8Array {
  const refusal = 'DATA must be pairs of hexadecimal digits behind 0x'
  if (word === undefined || !/^0[xX]/.test(word) || word.length % 2 !== 0) throw new QtestFailure(refusal)
  const bytes = new Uint8Array(size)
  for (let at = 2; at < word.length; at += 2) {
    const byte = 16 * digitOf(word.charCodeAt(at)) + digitOf(word.charCodeAt(at + 1))
    // A digit that is none is NaN, and so is what is made of it.
    if (Number.isNaN(byte)) throw new QtestFailure(refusal)
    if (at / 2 <= size) bytes[at / 2 - 1] = byte
  }
  return bytes
}

function digitOf(character: number): number {
  if (character >= 48 && character <= 57) return character - 48
  const letter = character | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NaN
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
  const given = Math.min(size, decoded.length)
  for (let i = 0; i < given; i++) bytes[i] = decoded.charCodeAt(i)
  return bytes
}

const DIGITS = '0123456789abcdef'

/** In two digits for each byte; made as bytes, since a string for each byte would take twenty times the room. */
export function hexData(bytes: Uint8Array): string {
  const text = new Uint8Array(2 + 2 * bytes.length)
  text[0] = 48
  text[1] = 120
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    text[2 + 2 * i] = DIGITS.charCodeAt(byte >> 4)
    text[3 + 2 * i] = DIGITS.charCodeAt(byte & 15)
  }
  return new TextDecoder().decode(text)
}

/** A multiple of three, so that the parts of a base64 text can be put one behind the other. */
const BASE64_PART = 0x3000

export function base64Data(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += BASE64_PART)
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + BASE64_PART))))
  return parts.join('')
}
