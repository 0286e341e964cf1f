// RV64I and M: what is done with the values of two registers, or one and an immediate, in $a and $b.

import { bits, choose, get, i32, i64, low, op, set, signed, unsigned, word } from './text.mjs'

const a = get('a')
const b = get('b')
const lowA = low(a)
const lowB = low(b)
const write = value => `${set('value', value)} (br $write)`
const compare = (name, left = a, right = b) => unsigned(op(name, left, right))
const shift = (name, by) => op(name, a, by)
const shiftWord = (name, by) => signed(op(name, lowA, by))

/** Division by zero gives all ones, and leaves the dividend; the one sum that is too large wraps. */
const divide = (type, name, x, y) => `(call $${name}_${type} ${x} ${y})`

// Where bit 25 (M) and bit 30 (subtraction, arithmetic shift) of the instruction go in the index.
const M = 8
const ALTERNATE = 16
const INDEX = op('i32.or', op('i32.or', bits(12, 7), bits(22, M)), bits(26, ALTERNATE))
/** The other bits of funct7 are 0. */
const checkFunct7 = `(br_if $illegal ${bits(25, 0x5e)})`

export const REGISTER = `
  ${checkFunct7}
  ${choose(
    INDEX,
    32,
    {
      0: write(op('i64.add', a, b)),
      1: write(shift('i64.shl', b)),
      2: write(compare('i64.lt_s')),
      3: write(compare('i64.lt_u')),
      4: write(op('i64.xor', a, b)),
      5: write(shift('i64.shr_u', b)),
      6: write(op('i64.or', a, b)),
      7: write(op('i64.and', a, b)),
      [ALTERNATE + 0]: write(op('i64.sub', a, b)),
      [ALTERNATE + 5]: write(shift('i64.shr_s', b)),
      [M + 0]: write(op('i64.mul', a, b)),
      [M + 1]: write(op('i64.sub', op('i64.sub', op('call $high', a, b), ifNegative(a, b)), ifNegative(b, a))),
      [M + 2]: write(op('i64.sub', op('call $high', a, b), ifNegative(a, b))),
      [M + 3]: write(op('call $high', a, b)),
      [M + 4]: write(divide('i64', 'div_s', a, b)),
      [M + 5]: write(divide('i64', 'div_u', a, b)),
      [M + 6]: write(divide('i64', 'rem_s', a, b)),
      [M + 7]: write(divide('i64', 'rem_u', a, b)),
    },
    '$illegal',
  )}`

export const REGISTER_WORD = `
  ${checkFunct7}
  ${choose(
    INDEX,
    32,
    {
      0: write(word(op('i64.add', a, b))),
      1: write(shiftWord('i32.shl', lowB)),
      5: write(shiftWord('i32.shr_u', lowB)),
      [ALTERNATE + 0]: write(word(op('i64.sub', a, b))),
      [ALTERNATE + 5]: write(shiftWord('i32.shr_s', lowB)),
      [M + 0]: write(word(op('i64.mul', a, b))),
      [M + 4]: write(signed(divide('i32', 'div_s', lowA, lowB))),
      [M + 5]: write(signed(divide('i32', 'div_u', lowA, lowB))),
      [M + 6]: write(signed(divide('i32', 'rem_s', lowA, lowB))),
      [M + 7]: write(signed(divide('i32', 'rem_u', lowA, lowB))),
    },
    '$illegal',
  )}`

// Shifts by 6 bits, or 5 of words; above them are 0s but for the one that says that the shift is arithmetic.
const by6 = unsigned(bits(20, 63))
const by5 = bits(20, 31)

export const IMMEDIATE = `
  ${set('b', signed(op('i32.shr_s', get('i'), i32(20))))}
  ${choose(
    bits(12, 7),
    8,
    {
      0: write(op('i64.add', a, b)),
      1: `(br_if $illegal ${bits(26, 63)}) ${write(shift('i64.shl', by6))}`,
      2: write(compare('i64.lt_s')),
      3: write(compare('i64.lt_u')),
      4: write(op('i64.xor', a, b)),
      5: `(br_if $illegal ${bits(26, 0x2f)})
        (if ${bits(30, 1)} (then ${write(shift('i64.shr_s', by6))}))
        ${write(shift('i64.shr_u', by6))}`,
      6: write(op('i64.or', a, b)),
      7: write(op('i64.and', a, b)),
    },
    '$illegal',
  )}`

export const IMMEDIATE_WORD = choose(
  bits(12, 7),
  8,
  {
    0: write(word(op('i64.add', a, signed(op('i32.shr_s', get('i'), i32(20)))))),
    1: `(br_if $illegal ${bits(25, 127)}) ${write(shiftWord('i32.shl', by5))}`,
    5: `(br_if $illegal ${bits(25, 0x5f)})
      (if ${bits(30, 1)} (then ${write(shiftWord('i32.shr_s', by5))}))
      ${write(shiftWord('i32.shr_u', by5))}`,
  },
  '$illegal',
)

/** Whether a branch is taken: an i32. */
export const CONDITION = [
  ['i64.eq', 0],
  ['i64.ne', 1],
  ['i64.lt_s', 4],
  ['i64.ge_s', 5],
  ['i64.lt_u', 6],
  ['i64.ge_u', 7],
].map(([name, funct3]) => [funct3, op(name, a, b)])

export const FUNCTIONS = `
  ;; The high word of an unsigned product, by four products of halves.
  (func $high (param $a i64) (param $b i64) (result i64)
    (local $low i64) (local $middle i64) (local $other i64)
    ${set('low', op('i64.mul', half('a', 0), half('b', 0)))}
    ${set('middle', op('i64.add', op('i64.mul', half('a', 1), half('b', 0)), op('i64.shr_u', get('low'), i64(32))))}
    ${set('other', op('i64.add', op('i64.mul', half('a', 0), half('b', 1)), half('middle', 0)))}
    ${op('i64.add', op('i64.mul', half('a', 1), half('b', 1)), op('i64.add', half('middle', 1), half('other', 1)))})
  ${['i32', 'i64'].map(divisions).join('')}`

function half(name, which) {
  return which === 0 ? op('i64.and', get(name), i64(0xffff_ffff)) : op('i64.shr_u', get(name), i64(32))
}

/** The other operand where the one is negative, for a signed product by the unsigned one. */
function ifNegative(value, other) {
  return op('i64.and', op('i64.shr_s', value, i64(63)), other)
}

function divisions(type) {
  const least = type === 'i64' ? '0x8000000000000000' : '0x80000000'
  const isZero = `(${type}.eqz ${get('b')})`
  const overflows = op(
    'i32.and',
    op(`${type}.eq`, get('a'), `(${type}.const ${least})`),
    op(`${type}.eq`, get('b'), `(${type}.const -1)`),
  )
  return [
    ['div_s', `(${type}.const -1)`, get('a')],
    ['div_u', `(${type}.const -1)`, undefined],
    ['rem_s', get('a'), `(${type}.const 0)`],
    ['rem_u', get('a'), undefined],
  ]
    .map(
      ([name, byZero, atOverflow]) => `
  (func $${name}_${type} (param $a ${type}) (param $b ${type}) (result ${type})
    (if ${isZero} (then (return ${byZero})))
    ${atOverflow === undefined ? '' : `(if ${overflows} (then (return ${atOverflow})))`}
    ${op(`${type}.${name}`, get('a'), get('b'))})`,
    )
    .join('')
}
