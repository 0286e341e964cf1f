// What a JIT emits, or the text of an interpreter has, for one access of its guest: WebAssembly text. It loads the page's
// entry; where that allows the access, it is made at once, and else a function of slowAccesses is called.
// docs/PAGE-TABLE.md says what the bits are.

/**
 * @typedef {object} Table A PageTable, or what a compiled CPU knows of one from its header.
 * @property {number} entries
 * @property {number} pageSize
 * @property {number} slots 0 of a flat table.
 */
/**
 * @typedef {object} Access
 * @property {string} address The name of a local: an i32, of a hashed table an i64. It is not changed.
 * @property {string} entry The name of a local for the page's entry: an i32.
 * @property {string} [page] Of a hashed table, the name of a local for the page's number: an i64.
 * @property {string} [slot] Of a hashed table, the name of a local for the slot's place: an i32.
 * @property {1 | 2 | 4 | 8} [size] Bytes; 4 unless said.
 */

const READ = 0
const WRITE = 1

/**
 * Loads: an i32, zero-extended, or of 8 bytes an i64. Bytes that are little-endian, whatever the guest is.
 *
 * @param {Table} table
 * @param {Access} access
 */
export function load(table, access) {
  const { size = 4 } = access
  const extend = size < 4 ? '_u' : ''
  return `(if (result ${typeOf(size)}) ${isAllowed(table, access, READ)}
    (then (${typeOf(size)}.load${widthOf(size)}${extend} ${placeOf(table, access)}))
    (else (call $load${8 * size} ${addressOf(table, access)})))`
}

/**
 * Stores.
 *
 * @param {Table} table
 * @param {Access} access
 * @param {string} value An expression that is evaluated once.
 */
export function store(table, access, value) {
  const { size = 4 } = access
  return `(if ${isAllowed(table, access, WRITE)}
    (then (${typeOf(size)}.store${widthOf(size)} ${placeOf(table, access)} ${value}))
    (else (call $store${8 * size} ${addressOf(table, access)} ${value})))`
}

/**
 * The declarations of what is called, ahead of all others of a module.
 *
 * @param {Table} table
 */
export function slowImports(table) {
  const address = table.slots === 0 ? 'i32' : 'i32 i32'
  return [1, 2, 4, 8]
    .flatMap(size => [
      `(import "slow" "load${8 * size}" (func $load${8 * size} (param ${address}) (result ${typeOf(size)})))`,
      `(import "slow" "store${8 * size}" (func $store${8 * size} (param ${address} ${typeOf(size)})))`,
    ])
    .join('\n')
}

const typeOf = size => (size === 8 ? 'i64' : 'i32')
const widthOf = size => (size < 4 ? `${8 * size}` : '')

/** Leaves the page's entry in its local. Of a page that has no slot of its own that is 0, of which nothing is allowed. */
function entryOf(table, { address, entry, page, slot }) {
  const shift = Math.log2(table.pageSize)
  // A shift and a mask: the page's number, times an entry's 4 bytes.
  if (table.slots === 0)
    return `(local.tee ${entry} (i32.load offset=${table.entries}
      (i32.and (i32.shr_u (local.get ${address}) (i32.const ${shift - 2})) (i32.const -4))))`
  return `(local.tee ${entry} (select
      (i32.load offset=${table.entries + 8} (local.tee ${slot} (i32.shl
        (i32.and
          (i32.wrap_i64 (i64.xor
            (local.tee ${page} (i64.shr_u (local.get ${address}) (i64.const ${shift})))
            (i64.shr_u (local.get ${page}) (i64.const ${Math.log2(table.slots)}))))
          (i32.const ${table.slots - 1}))
        (i32.const 4))))
      (i32.const 0)
      (i64.eq (i64.load offset=${table.entries} (local.get ${slot})) (local.get ${page}))))`
}

/**
 * True where the page's entry has the bit, and the address is a multiple of the size: an access that is not may reach into the
 * next page. Both are one comparison: what alignment leaves is less than the bit only if it is 0 and the bit is 1.
 */
function isAllowed(table, access, bit) {
  const { address, size = 4 } = access
  const entry = entryOf(table, access)
  if (size === 1) return `(i32.and ${entry} (i32.const ${1 << bit}))`
  const low = table.slots === 0 ? `(local.get ${address})` : `(i32.wrap_i64 (local.get ${address}))`
  return `(i32.gt_u
      (i32.and ${bit === 0 ? entry : `(i32.shr_u ${entry} (i32.const ${bit}))`} (i32.const 1))
      (i32.and ${low} (i32.const ${size - 1})))`
}

/** Where the bytes are in the linear memory: modulo 2^32, as i32.add is. */
function placeOf(table, { address, entry }) {
  const low = table.slots === 0 ? `(local.get ${address})` : `(i32.wrap_i64 (local.get ${address}))`
  return `(i32.add ${low} (i32.and (local.get ${entry}) (i32.const -64)))`
}

/** What the called function takes. */
function addressOf(table, { address }) {
  if (table.slots === 0) return `(local.get ${address})`
  return `(i32.wrap_i64 (local.get ${address})) (i32.wrap_i64 (i64.shr_u (local.get ${address}) (i64.const 32)))`
}
