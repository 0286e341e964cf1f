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

// Bits of an entry.
const READ = 1
const WRITE = 2
const READ_ANY = 4
const WRITE_ANY = 8

const SIZES = /** @type {const} */ ([1, 2, 4, 8])

/**
 * Loads: an i32, zero-extended, or of 8 bytes an i64. Bytes that are little-endian, whatever the guest is.
 *
 * @param {Table} table
 * @param {Access} access
 */
export function load(table, access) {
  const { size = 4, entry } = access
  return `(if (result ${typeOf(size)}) (i32.and ${entryOf(table, access)} (i32.const ${size === 1 ? READ : READ_ANY}))
    (then ${loadAt(table, access)})
    (else (call $otherLoad${8 * size} (local.get ${access.address}) (local.get ${entry}))))`
}

/**
 * Stores.
 *
 * @param {Table} table
 * @param {Access} access
 * @param {string} value An expression that is evaluated once.
 */
export function store(table, access, value) {
  const { size = 4, entry } = access
  return `(if (i32.and ${entryOf(table, access)} (i32.const ${size === 1 ? WRITE : WRITE_ANY}))
    (then (${typeOf(size)}.store${widthOf(size)} ${placeOf(table, access)} ${value}))
    (else (call $otherStore${8 * size} (local.get ${access.address}) (local.get ${entry}) ${value})))`
}

/**
 * The declarations of what is called, ahead of all others of a module.
 *
 * @param {Table} table
 */
export function slowImports(table) {
  const address = table.slots === 0 ? 'i32' : 'i32 i32'
  return SIZES.flatMap(size => [
    `(import "slow" "load${8 * size}" (func $load${8 * size} (param ${address}) (result ${typeOf(size)})))`,
    `(import "slow" "store${8 * size}" (func $store${8 * size} (param ${address} ${typeOf(size)})))`,
  ]).join('\n')
}

/**
 * What is rare, apart, so that each access of the CPU is small: on the last page of a piece of memory an access is made at once
 * only if it is aligned, as it may reach beyond otherwise; and all that is left is called.
 *
 * @param {Table} table
 */
export function otherAccesses(table) {
  const address = `(param $address ${table.slots === 0 ? 'i32' : 'i64'})`
  return SIZES.map(size => {
    const access = { address: '$address', entry: '$entry', size }
    const aligned = bit => `(i32.and
      (i32.eqz (i32.and ${lowOf(table, '$address')} (i32.const ${size - 1})))
      (i32.ne (i32.and (local.get $entry) (i32.const ${bit})) (i32.const 0)))`
    return `
    (func $otherLoad${8 * size} ${address} (param $entry i32) (result ${typeOf(size)})
      (if (result ${typeOf(size)}) ${aligned(READ)}
        (then ${loadAt(table, access)})
        (else (call $load${8 * size} ${argumentsOf(table, '$address')}))))
    (func $otherStore${8 * size} ${address} (param $entry i32) (param $value ${typeOf(size)})
      (if ${aligned(WRITE)}
        (then (${typeOf(size)}.store${widthOf(size)} ${placeOf(table, access)} (local.get $value)))
        (else (call $store${8 * size} ${argumentsOf(table, '$address')} (local.get $value)))))`
  }).join('')
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

/** Where the bytes are in the linear memory: the address and the displacement, modulo 2^32. */
function placeOf(table, { address, entry }) {
  return `(i32.add ${lowOf(table, address)} (i32.and (local.get ${entry}) (i32.const -128)))`
}

function loadAt(table, access) {
  const { size = 4 } = access
  return `(${typeOf(size)}.load${widthOf(size)}${size < 4 ? '_u' : ''} ${placeOf(table, access)})`
}

const lowOf = ({ slots }, address) => (slots === 0 ? `(local.get ${address})` : `(i32.wrap_i64 (local.get ${address}))`)

/** What the called function takes. */
const argumentsOf = ({ slots }, address) =>
  slots === 0
    ? `(local.get ${address})`
    : `(i32.wrap_i64 (local.get ${address})) (i32.wrap_i64 (i64.shr_u (local.get ${address}) (i64.const 32)))`
