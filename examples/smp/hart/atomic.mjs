// The A extension: on RAM the host's own atomic accesses; all else is called.
//
// SC succeeds where the word is what LR loaded, as in QEMU: also where it was changed and changed back.

import {
  entryOf,
  FORGET_CODE,
  fault,
  LOAD_FAULT,
  LOAD_MISALIGNED,
  placeOf,
  READ,
  STORE_FAULT,
  STORE_MISALIGNED,
  WRITE,
} from './accesses.mjs'
import { bits, choose, get, i32, i64, op, set } from './text.mjs'

// By funct5. Minima and maxima keep what is there where the comparison says so.
export const LR = 2
export const SC = 3
const SUMS = { 0: 'add', 1: 'xchg', 4: 'xor', 8: 'or', 12: 'and' }
const CHOICES = { 16: 'lt_s', 20: 'gt_s', 24: 'lt_u', 28: 'gt_u' }

const a = get('a')
const b = get('b')
const loaded = '(global.get $loaded)'
const reserved = '(global.get $reserved)'

/** Of 8 bytes, or of 4, which are loaded as an unsigned number. */
const instruction = (size, name) =>
  size === 8 ? `i64.atomic.${name}` : `i64.atomic.${name.replace('rmw', 'rmw32').replace('load', 'load32')}_u`
const asUnsigned = (size, value) => (size === 8 ? value : op('i64.and', value, i64(0xffff_ffff)))
const asSigned = (size, value) => (size === 8 ? value : op('i64.extend32_s', value))

/**
 * All instructions of a size.
 *
 * @param {4 | 8} size Bytes.
 */
export function atomic(table, size) {
  const isMisaligned = op('i64.ne', op('i64.and', a, i64(size - 1)), i64(0))
  const check = cause => `(if ${isMisaligned} (then ${fault(cause)}))`
  /** Leaves in $value what was there. */
  const access = (kind, bit, direct) => `
    ${set('entry', entryOf(table, a))}
    (if ${op('i32.eq', op('i32.and', get('entry'), i32(bit)), i32(bit))}
      (then ${set('value', direct)})
      (else
        ${set('value', op('call $atomic', a, i32(kind), i32(size), b))}
        ${FORGET_CODE}
        (if (global.get $failed) (then ${fault(kind === LR ? LOAD_FAULT : STORE_FAULT)}))))
    ${set('value', asSigned(size, get('value')))}`
  const modify = (funct5, direct) => `
    ${check(STORE_MISALIGNED)}
    ${access(Number(funct5), READ | WRITE, direct)}
    (br $write)`
  const cases = {}
  for (const [funct5, name] of Object.entries(SUMS))
    cases[funct5] = modify(funct5, op(instruction(size, `rmw.${name}`), placeOf(a), b))
  for (const [funct5, name] of Object.entries(CHOICES))
    cases[funct5] = modify(funct5, op(`call $${name}${size}`, placeOf(a), b))
  cases[LR] = `
    (br_if $illegal ${bits(20, 31)})
    ${check(LOAD_MISALIGNED)}
    ${access(LR, READ, op(instruction(size, 'load'), placeOf(a)))}
    (global.set $reserved ${a})
    (global.set $loaded ${get('value')})
    (br $write)`
  const exchange = op(instruction(size, 'rmw.cmpxchg'), placeOf(a), asUnsigned(size, loaded), b)
  cases[SC] = `
    ${check(STORE_MISALIGNED)}
    (if ${op('i64.eq', a, reserved)}
      (then
        ${access(SC, READ | WRITE, exchange)}
        ${set('value', op('i64.extend_i32_u', op('i64.ne', get('value'), loaded)))})
      (else ${set('value', i64(1))}))
    (global.set $reserved (i64.const -1))
    (br $write)`
  return choose(bits(27, 31), 32, cases, '$illegal')
}

export const FUNCTIONS = `
  (func $atomic (param $a i64) (param $kind i32) (param $size i32) (param $value i64) (result i64)
    (global.set $failed ${op('i64.ne', op('i64.shr_u', a, i64(32)), i64(0))})
    (if (global.get $failed) (then (return (i64.const 0))))
    (call $busAtomic (i32.wrap_i64 ${a}) ${get('kind')} ${get('size')} ${get('value')} ${loaded}))
  ${[4, 8].flatMap(size => Object.values(CHOICES).map(name => chosen(name, size))).join('')}`

/** WebAssembly has no access for the lesser or the greater: it is tried until nobody came between. */
function chosen(name, size) {
  const operand = value => asSignedOrUnsigned(name, size, value)
  const keeps = op(`i64.${name}`, operand(get('old')), operand(b))
  const place = get('place')
  const exchange = op(instruction(size, 'rmw.cmpxchg'), place, get('old'), op('select', get('old'), b, keeps))
  return `
  (func $${name}${size} (param $place i32) (param $b i64) (result i64)
    (local $old i64) (local $seen i64)
    ${set('seen', op(instruction(size, 'load'), place))}
    (loop $again
      ${set('old', get('seen'))}
      ${set('seen', exchange)}
      (br_if $again ${op('i64.ne', get('seen'), get('old'))}))
    ${get('old')})`
}

function asSignedOrUnsigned(name, size, value) {
  return name.endsWith('_s') ? asSigned(size, value) : asUnsigned(size, value)
}
