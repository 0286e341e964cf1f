import { bufferOf, lengthOf, offsetOf, show, tagOf } from '../check.ts'
import { type Decoder, Malformed } from './decoder.ts'
import type { Encoder } from './encoder.ts'
import { HOST_IS_LITTLE } from './words.ts'

/** How deep values may lie in one another; an object that holds itself lies deeper than that. */
const MAX_DEPTH = 256

const UNDEFINED = 0
const NULL = 1
const FALSE = 2
const TRUE = 3
const NUMBER = 4
const BIGINT = 5
const TEXT = 6
const ARRAY = 7
const OBJECT = 8
const MAP = 9
const SET = 10
const BUFFER = 11
/** The kinds of typed arrays follow. */
const TYPED = 16

const TYPED_ARRAYS = /* @__PURE__ */ Object.freeze([
  ['Uint8Array', Uint8Array],
  ['Int8Array', Int8Array],
  ['Uint8ClampedArray', Uint8ClampedArray],
  ['Uint16Array', Uint16Array],
  ['Int16Array', Int16Array],
  ['Uint32Array', Uint32Array],
  ['Int32Array', Int32Array],
  ['Float32Array', Float32Array],
  ['Float64Array', Float64Array],
  ['BigUint64Array', BigUint64Array],
  ['BigInt64Array', BigInt64Array],
] as const)

/** Up to these many bytes an integer of a size that a guest's registers have; more would take for ever to convert. */
const MAX_BIGINT = 4096

/**
 * Writes a value that a device gave for its state.
 *
 * @param path How an error names it.
 * @throws TypeError naming what has no place in a file; RangeError where it lies too deep, or holds itself.
 */
export function encodeValue(to: Encoder, value: unknown, path: string, depth = 0): void {
  if (depth > MAX_DEPTH) throw new RangeError(`${path} lies more than ${MAX_DEPTH} deep, or within itself`)
  switch (typeof value) {
    case 'undefined':
      to.u8(UNDEFINED)
      return
    case 'boolean':
      to.u8(value ? TRUE : FALSE)
      return
    case 'number':
      to.u8(NUMBER)
      to.f64(value)
      return
    case 'bigint':
      encodeBigint(to, value, path)
      return
    case 'string':
      to.u8(TEXT)
      to.text(value)
      return
    case 'object':
      if (value === null) to.u8(NULL)
      else encodeObject(to, value, path, depth + 1)
      return
    default:
      refuse(value, path)
  }
}

function encodeBigint(to: Encoder, value: bigint, path: string): void {
  let digits = (value < 0n ? -value : value).toString(16)
  if (digits.length % 2 !== 0) digits = `0${digits}`
  if (digits.length > 2 * MAX_BIGINT) throw new RangeError(`${path} must be an integer of ${MAX_BIGINT} bytes at most`)
  to.u8(BIGINT)
  to.u8(value < 0n ? 1 : 0)
  to.u32(digits.length / 2)
  for (let at = digits.length - 2; at >= 0; at -= 2) to.u8(Number.parseInt(digits.slice(at, at + 2), 16))
}

function encodeObject(to: Encoder, value: object, path: string, depth: number): void {
  const tag = tagOf(value)
  if (Array.isArray(value)) {
    to.u8(ARRAY)
    to.u32(value.length)
    for (let i = 0; i < value.length; i++) encodeValue(to, value[i], `${path}[${i}]`, depth)
  } else if (value instanceof Map) {
    to.u8(MAP)
    to.u32(value.size)
    let index = 0
    for (const [key, each] of value) {
      encodeValue(to, key, `${path} key ${index}`, depth)
      encodeValue(to, each, `${path} value ${index++}`, depth)
    }
  } else if (value instanceof Set) {
    to.u8(SET)
    to.u32(value.size)
    let index = 0
    for (const each of value) encodeValue(to, each, `${path} item ${index++}`, depth)
  } else if (ArrayBuffer.isView(value) && tag !== 'DataView') encodeArray(to, value as Uint8Array, tag, path)
  else if (value instanceof ArrayBuffer) {
    to.u8(BUFFER)
    to.u32(value.byteLength)
    to.raw(bytesOf(value, 0, value.byteLength))
  } else {
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) refuse(value, path)
    if (tag !== 'Object') refuse(value, path)
    const keys = Object.keys(value)
    to.u8(OBJECT)
    to.u32(keys.length)
    for (const key of keys) {
      to.text(key)
      encodeValue(to, (value as Record<string, unknown>)[key], `${path}.${key}`, depth)
    }
  }
}

function encodeArray(to: Encoder, value: Uint8Array, tag: string, path: string): void {
  const kind = TYPED_ARRAYS.findIndex(([name]) => name === tag)
  if (kind < 0) refuse(value, path)
  const size = (TYPED_ARRAYS[kind] as (typeof TYPED_ARRAYS)[number])[1].BYTES_PER_ELEMENT
  const length = lengthOf.call(value) * size
  to.u8(TYPED + kind)
  to.u32(length)
  to.raw(littleEndian(bytesOf(bufferOf.call(value), offsetOf.call(value), length), size))
}

/** Reads what `encodeValue` wrote. @throws Malformed */
export function decodeValue(from: Decoder, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new Malformed('it lies too deep')
  const tag = from.u8()
  switch (tag) {
    case UNDEFINED:
      return undefined
    case NULL:
      return null
    case FALSE:
      return false
    case TRUE:
      return true
    case NUMBER:
      return from.f64()
    case BIGINT:
      return decodeBigint(from)
    case TEXT:
      return from.text()
    case ARRAY:
      return Array.from({ length: from.count(1) }, () => decodeValue(from, depth + 1))
    case OBJECT:
      return decodeObject(from, depth + 1)
    case MAP: {
      const map = new Map<unknown, unknown>()
      for (let left = from.count(2); left > 0; left--) {
        const key = decodeValue(from, depth + 1)
        map.set(key, decodeValue(from, depth + 1))
      }
      return map
    }
    case SET: {
      const set = new Set<unknown>()
      for (let left = from.count(1); left > 0; left--) set.add(decodeValue(from, depth + 1))
      return set
    }
    case BUFFER:
      return from.raw(from.u32()).slice().buffer
    default:
      return decodeArray(from, tag)
  }
}

function decodeBigint(from: Decoder): bigint {
  const negative = from.u8() === 1
  const bytes = from.raw(from.u32())
  if (bytes.length > MAX_BIGINT) throw new Malformed('an integer of it is too large')
  let digits = ''
  for (const byte of bytes) digits = byte.toString(16).padStart(2, '0') + digits
  const value = BigInt(`0x${digits || '0'}`)
  return negative ? -value : value
}

function decodeObject(from: Decoder, depth: number): object {
  const object: object = {}
  for (let left = from.count(5); left > 0; left--) {
    const key = from.text()
    const value = decodeValue(from, depth)
    // Assigned, a key named __proto__ would change the object's prototype.
    Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true })
  }
  return object
}

function decodeArray(from: Decoder, tag: number): ArrayBufferView {
  const kind = TYPED_ARRAYS[tag - TYPED]
  if (kind === undefined) throw new Malformed(`there is no kind of value ${tag}`)
  const [, Kind] = kind
  const length = from.u32()
  if (length % Kind.BYTES_PER_ELEMENT !== 0) throw new Malformed('an array of it ends within an element')
  const { buffer } = littleEndian(from.raw(length).slice(), Kind.BYTES_PER_ELEMENT)
  return new Kind(buffer as ArrayBuffer)
}

/** Turns elements of the host's byte order into those of a file, and back. */
function littleEndian(bytes: Uint8Array, size: number): Uint8Array {
  if (HOST_IS_LITTLE || size === 1) return bytes
  const turned = bytes.slice()
  for (let at = 0; at < turned.length; at += size) turned.subarray(at, at + size).reverse()
  return turned
}

/** A copy: the array may be of shared memory, and its elements of any size. */
function bytesOf(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array {
  return new Uint8Array(buffer, offset, length).slice()
}

function refuse(value: unknown, path: string): never {
  const name = typeof value === 'object' && value !== null ? nameOf(value) : show(value)
  throw new TypeError(
    `${path} must be a value that can be saved (undefined, null, boolean, number, bigint, string, typed array, ArrayBuffer, or an array, plain object, Map or Set of them), got ${name}`,
  )
}

function nameOf(value: object): string {
  try {
    return `an object of class ${value.constructor.name}`
  } catch {
    return 'an object'
  }
}
