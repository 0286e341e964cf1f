// A hart's loads and stores: at once where the page table says so, and else by a call. docs/PAGE-TABLE.md has the table.

import { get, i32, i64, low, op, set, unsigned } from './text.mjs'

// Bits of an entry.
export const READ = 1
export const WRITE = 2
const READ_ANY = 4
const WRITE_ANY = 8

// Causes of exceptions.
export const FETCH_FAULT = 1
export const LOAD_MISALIGNED = 4
export const LOAD_FAULT = 5
export const STORE_MISALIGNED = 6
export const STORE_FAULT = 7

/** The entry of the page that an i64 lies in. Physical addresses have 32 bits: beyond is nothing. */
export const entryOf = (table, address) =>
  op(
    'select',
    op(`i32.load offset=${table.entries}`, op('i32.and', op('i32.shr_u', low(address), i32(10)), i32(-4))),
    i32(0),
    op('i64.eqz', op('i64.shr_u', address, i64(32))),
  )

/**
 * The same for a load or a store. For comparison there are harts that know one piece of RAM, and look in no table.
 *
 * @param {{ entries: number, bounds?: { first: number, bytes: number, place: number } }} table
 */
const dataEntryOf = (table, address) => {
  if (table.bounds === undefined) return entryOf(table, address)
  const { first, bytes, place } = table.bounds
  const isInside = op('i64.lt_u', op('i64.sub', address, i64(first)), i64(bytes - 8))
  return op('select', i32((place - first) | READ | WRITE | READ_ANY | WRITE_ANY), i32(0), isInside)
}

/** Where the byte at the address is in the linear memory, by the entry in $entry. */
export const placeOf = address => op('i32.add', low(address), op('i32.and', get('entry'), i32(-128)))

/** Ends the instruction with an exception about the address in $a. */
export const fault = cause => `${set('cause', i32(cause))} ${set('tval', get('a'))} (br $trap)`

/** After any call: the map may be another, and with it where the code is. */
export const FORGET_CODE = set('span', i64(0))

/**
 * Loads from $a into $value, and ends the instruction.
 *
 * @param {number} size Bytes.
 * @param {'s' | 'u'} sign How it is made 64 bits.
 */
export function load(table, size, sign) {
  const width = size === 8 ? '' : `${8 * size}_${sign}`
  const extend = size === 8 || sign === 'u' ? '' : set('value', op(`i64.extend${8 * size}_s`, get('value')))
  return `
    ${set('entry', dataEntryOf(table, get('a')))}
    (if ${op('i32.and', get('entry'), i32(size === 1 ? READ : READ_ANY))}
      (then ${set('value', op(`i64.load${width}`, placeOf(get('a'))))})
      (else
        ${set('value', op(`call $load${8 * size}`, get('a'), get('entry')))}
        ${FORGET_CODE}
        (if (global.get $failed) (then ${fault(LOAD_FAULT)}))
        ${extend}))
    (br $write)`
}

/** Stores $b to $a, and ends the instruction. */
export function store(table, size) {
  return `
    ${set('entry', dataEntryOf(table, get('a')))}
    (if ${op('i32.and', get('entry'), i32(size === 1 ? WRITE : WRITE_ANY))}
      (then ${op(`i64.store${size === 8 ? '' : 8 * size}`, placeOf(get('a')), get('b'))})
      (else
        ${op(`call $store${8 * size}`, get('a'), get('entry'), get('b'))}
        ${FORGET_CODE}
        (if (global.get $failed) (then ${fault(STORE_FAULT)}))))
    (br $retire)`
}

/** What is imported: accesses that are calls. The global $failed is not 0 after one that ended with a fault. */
export const IMPORTS = [1, 2, 4]
  .flatMap(size => [
    `(import "bus" "load${8 * size}" (func $busLoad${8 * size} (param i32) (result i32)))`,
    `(import "bus" "store${8 * size}" (func $busStore${8 * size} (param i32 i32)))`,
  ])
  .concat(
    '(import "bus" "load64" (func $busLoad64 (param i32) (result i64)))',
    '(import "bus" "store64" (func $busStore64 (param i32 i64)))',
    '(import "bus" "atomic" (func $busAtomic (param i32 i32 i32 i64 i64) (result i64)))',
  )
  .join('\n')

/**
 * What is rare, apart: on the last page of a piece of memory an access is made at once only if it is aligned, as it may reach
 * beyond otherwise; and all that is left is called.
 */
export const FUNCTIONS = [1, 2, 4, 8]
  .map(size => {
    const bits = 8 * size
    const width = size === 8 ? '' : bits
    const isPlain = bit => `(i32.and
      (i32.eqz ${op('i32.and', low(get('a')), i32(size - 1))})
      (i32.ne ${op('i32.and', get('entry'), i32(bit))} (i32.const 0)))`
    const isBeyond = op('i64.ne', op('i64.shr_u', get('a'), i64(32)), i64(0))
    const called = op(`call $busLoad${bits}`, low(get('a')))
    return `
  (func $load${bits} (param $a i64) (param $entry i32) (result i64)
    (global.set $failed (i32.const 0))
    (if ${isPlain(READ)} (then (return ${op(`i64.load${width}${width && '_u'}`, placeOf(get('a')))})))
    (if ${isBeyond} (then (global.set $failed (i32.const 1)) (return (i64.const 0))))
    ${size === 8 ? called : unsigned(called)})
  (func $store${bits} (param $a i64) (param $entry i32) (param $value i64)
    (global.set $failed (i32.const 0))
    (if ${isPlain(WRITE)} (then ${op(`i64.store${width}`, placeOf(get('a')), get('value'))} (return)))
    (if ${isBeyond} (then (global.set $failed (i32.const 1)) (return)))
    ${op(`call $busStore${bits}`, low(get('a')), size === 8 ? get('value') : low(get('value')))})`
  })
  .join('')
