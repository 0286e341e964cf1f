// The text of WebAssembly, as far as a hart needs it: expressions are strings.

export const get = name => `(local.get $${name})`
export const set = (name, value) => `(local.set $${name} ${value})`
export const i32 = value => `(i32.const ${value})`
export const i64 = value => `(i64.const ${value})`
/** An instruction of two operands, or one. */
export const op = (name, ...operands) => `(${name} ${operands.join(' ')})`
export const low = value => op('i32.wrap_i64', value)
/** The low word as the signed number that it is. */
export const word = value => op('i64.extend32_s', value)
export const signed = value => op('i64.extend_i32_s', value)
export const unsigned = value => op('i64.extend_i32_u', value)

/** Bits of the instruction in $i, from `shift` on. */
export const bits = (shift, mask) => op('i32.and', op('i32.shr_u', get('i'), i32(shift)), i32(mask))

let labels = 0

/**
 * Does one of several things. What is done for a case ends with a branch elsewhere, or falls out behind the last one.
 *
 * @param {string} index An i32.
 * @param {number} count How many values it may have.
 * @param {Record<number, string>} cases
 * @param {string} otherwise The label to go to for all others.
 */
export function choose(index, count, cases, otherwise) {
  const name = `$case${labels++}`
  const numbers = Object.keys(cases).map(Number)
  const targets = Array.from({ length: count }, (_, value) => (value in cases ? `${name}_${value}` : otherwise))
  let text = `(br_table ${targets.join(' ')} ${otherwise} ${index})`
  for (const number of numbers) text = `(block ${name}_${number} ${text})\n${cases[number]}`
  return text
}
