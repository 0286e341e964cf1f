// A hart of RV64IMAC as a WebAssembly module: it interprets its guest's code. What is privileged (CSRs, traps, WFI) is called,
// and so is every access that the page table does not allow at once.

import { EXPANSIONS, STATE } from '../layout.mjs'
import * as accesses from './accesses.mjs'
import * as atomics from './atomic.mjs'
import * as integer from './integer.mjs'
import { bits, choose, get, i32, i64, low, op, set, signed, unsigned } from './text.mjs'

const ILLEGAL = 2

/**
 * @param {object} hart
 * @param {{ entries: number, bounds?: object }} hart.table A flat page table of 32 bits, or where its entries will be; and, for
 *   comparison, the bounds of the RAM, in which loads and stores then look in its place (accesses.mjs).
 * @param {number} hart.offset Where the hart's state is in the linear memory: a constant of its code, as `table.entries` is.
 * @returns {string}
 */
export function hartText({ table, offset }) {
  const x = {
    load: at => op(`i64.load offset=${offset + STATE.x}`, at),
    store: (at, value) => op(`i64.store offset=${offset + STATE.x}`, at, value),
  }
  const pc = {
    load: `(i64.load ${i32(offset + STATE.pc)})`,
    store: value => `(i64.store ${i32(offset + STATE.pc)} ${value})`,
  }
  /** The instructions up to here have retired. */
  const count = `
    (i64.store ${i32(offset + STATE.retired)} ${op('i64.add', `(i64.load ${i32(offset + STATE.retired)})`, signed(op('i32.sub', get('mark'), get('left'))))})
    ${set('mark', get('left'))}`
  const write = value => `${set('value', value)} (br $write)`
  const linkTo = target => `
    ${set('value', get('next'))}
    ${set('next', target)}
    ${x.store(bits(4, 0xf8), get('value'))}
    (br $jumped)`
  const upper = signed(op('i32.and', get('i'), i32(-4096)))
  const { load, store, fault } = accesses

  const OPCODES = {
    0: `
      ${set('a', op('i64.add', get('a'), signed(op('i32.shr_s', get('i'), i32(20)))))}
      ${choose(
        bits(12, 7),
        8,
        Object.fromEntries(
          [
            [1, 's'],
            [2, 's'],
            [4, 's'],
            [8, 's'],
            [1, 'u'],
            [2, 'u'],
            [4, 'u'],
          ].map(([size, sign], funct3) => [funct3, load(table, size, sign)]),
        ),
        '$illegal',
      )}`,
    // FENCE, whatever it orders; FENCE.I has nothing to do, as no instruction is kept.
    3: `
      ${choose(bits(12, 7), 8, { 0: '(atomic.fence) (br $retire)', 1: '(atomic.fence) (br $retire)' }, '$illegal')}`,
    4: integer.IMMEDIATE,
    5: write(op('i64.add', get('pc'), upper)),
    6: integer.IMMEDIATE_WORD,
    8: `
      ${set('a', op('i64.add', get('a'), signed(op('i32.or', op('i32.and', op('i32.shr_s', get('i'), i32(20)), i32(-32)), bits(7, 31)))))}
      ${choose(bits(12, 7), 8, Object.fromEntries([1, 2, 4, 8].map((size, funct3) => [funct3, store(table, size)])), '$illegal')}`,
    11: choose(bits(12, 7), 8, { 2: atomics.atomic(table, 4), 3: atomics.atomic(table, 8) }, '$illegal'),
    12: integer.REGISTER,
    13: write(upper),
    14: integer.REGISTER_WORD,
    24: choose(
      bits(12, 7),
      8,
      Object.fromEntries(
        integer.CONDITION.map(([funct3, condition]) => [
          funct3,
          `(br_if $retire (i32.eqz ${condition}))
          ${set('next', op('i64.add', get('pc'), branchOffset()))}
          (br $jumped)`,
        ]),
      ),
      '$illegal',
    ),
    25: `
      (br_if $illegal ${bits(12, 7)})
      ${linkTo(op('i64.and', op('i64.add', get('a'), signed(op('i32.shr_s', get('i'), i32(20)))), i64(-2)))}`,
    27: linkTo(op('i64.add', get('pc'), jumpOffset())),
    // It is counted by who does it, if it retires.
    28: `
      ${set('mark', op('i32.sub', get('mark'), i32(1)))}
      ${count}
      ${pc.store(get('pc'))}
      ${set('cause', op('call $system', get('i')))}
      ${set('pc', pc.load)}
      ${accesses.FORGET_CODE}
      (br_if $leave ${get('cause')})
      (br $step)`,
  }

  return `(module
  (import "hart" "memory" (memory 1 65536 shared))
  ;; Where it looks whether it should leave: not 0 if somebody wants something.
  (import "hart" "attention" (global $attention i32))
  ;; CSRs, ECALL, returns from traps, WFI. It sets the pc; if it returns something else than 0, the hart leaves.
  (import "hart" "system" (func $system (param i32) (result i32)))
  ;; An exception: its cause, and mtval. It sets the pc.
  (import "hart" "trap" (func $trapped (param i32 i64)))
  ${accesses.IMPORTS}
  (global $failed (export "failed") (mut i32) (i32.const 0))
  ;; What LR has reserved, -1 if nothing, and what it loaded there.
  (global $reserved (export "reserved") (mut i64) (i64.const -1))
  (global $loaded (mut i64) (i64.const 0))
  ${accesses.FUNCTIONS}
  ${atomics.FUNCTIONS}
  ${integer.FUNCTIONS}

  ;; Runs so many instructions, or until there is something else to do.
  (func (export "run") (param $left i32)
    (local $mark i32) (local $pc i64) (local $next i64) (local $i i32) (local $raw i32) (local $a i64) (local $b i64)
    (local $value i64) (local $entry i32) (local $code i64) (local $span i64) (local $displacement i32) (local $cause i32) (local $tval i64)
    ${set('mark', get('left'))}
    ${set('pc', pc.load)}
    ${accesses.FORGET_CODE}
    (block $leave
      (loop $step
        (br_if $leave (i32.le_s ${get('left')} (i32.const 0)))
        ${set('left', op('i32.sub', get('left'), i32(1)))}
        (block $retire
        (block $jumped
        (block $write
        (block $trap
        (block $illegal
          ;; The page's entry is looked up once as long as the code stays in it and calls nothing. $code is where the page
          ;; lies for the guest, and $span how far on in it four bytes may begin: 0 bytes where it must be looked up.
          (if ${op('i64.lt_u', op('i64.sub', get('pc'), get('code')), get('span'))}
            (then ${set('i', op('i32.load', op('i32.add', low(get('pc')), get('displacement'))))})
            (else
              ${set('a', get('pc'))}
              ${set('entry', accesses.entryOf(table, get('pc')))}
              (if (i32.eqz ${op('i32.and', get('entry'), i32(accesses.READ))}) (then ${fault(accesses.FETCH_FAULT)}))
              ${set('displacement', op('i32.and', get('entry'), i32(-128)))}
              ${set('code', op('i64.and', get('pc'), i64(-4096)))}
              ${set('span', i64(4093))}
              ${set('i', op('i32.load16_u', accesses.placeOf(get('pc'))))}
              (if ${op('i32.eq', bits(0, 3), i32(3))}
                (then
                  ${set('a', op('i64.add', get('pc'), i64(2)))}
                  ${set('entry', accesses.entryOf(table, get('a')))}
                  (if (i32.eqz ${op('i32.and', get('entry'), i32(accesses.READ))}) (then ${fault(accesses.FETCH_FAULT)}))
                  ${set('i', op('i32.or', get('i'), op('i32.shl', op('i32.load16_u', accesses.placeOf(get('a'))), i32(16))))}))))
          ${set('next', op('i64.add', get('pc'), i64(4)))}
          ${set('raw', get('i'))}
          (if ${op('i32.ne', bits(0, 3), i32(3))}
            (then
              ${set('raw', op('i32.and', get('i'), i32(0xffff)))}
              ${set('next', op('i64.add', get('pc'), i64(2)))}
              ${set('i', op(`i32.load offset=${EXPANSIONS}`, op('i32.shl', get('raw'), i32(2))))}
              (br_if $illegal (i32.eqz ${get('i')}))))
          ${set('a', x.load(bits(12, 0xf8)))}
          ${set('b', x.load(bits(17, 0xf8)))}
          ${choose(bits(2, 31), 32, OPCODES, '$illegal')}
        ) ;; illegal
        ${set('cause', i32(ILLEGAL))}
        ${set('tval', unsigned(get('raw')))}
        ) ;; trap: the instruction has not retired
        ${set('mark', op('i32.sub', get('mark'), i32(1)))}
        ${count}
        ${pc.store(get('pc'))}
        (call $trapped ${get('cause')} ${get('tval')})
        ${set('pc', pc.load)}
        ${accesses.FORGET_CODE}
        (br $step)
        ) ;; write
        ${x.store(bits(4, 0xf8), get('value'))}
        ${x.store(i32(0), i64(0))}
        (br $retire)
        ) ;; jumped
        ${x.store(i32(0), i64(0))}
        ;; On the back edges of loops it looks up.
        (if ${op('i64.le_u', get('next'), get('pc'))}
          (then
            (if (i32.atomic.load (global.get $attention))
              (then ${set('pc', get('next'))} (br $leave)))))
        ) ;; retire
        ${set('pc', get('next'))}
        (br $step)))
    ${pc.store(get('pc'))}
    ${count}))`
}

/** Of a branch: 13 bits, of which the lowest is 0. */
function branchOffset() {
  const high = op('i32.and', op('i32.shr_s', get('i'), i32(19)), i32(-4096))
  const bit11 = op('i32.shl', bits(7, 1), i32(11))
  return signed(or(high, bit11, op('i32.shl', bits(25, 63), i32(5)), op('i32.shl', bits(8, 15), i32(1))))
}

/** Of JAL: 21 bits. */
function jumpOffset() {
  const high = op('i32.and', op('i32.shr_s', get('i'), i32(11)), i32(-1048576))
  const bit11 = op('i32.shl', bits(20, 1), i32(11))
  return signed(or(high, op('i32.and', get('i'), i32(0xff000)), bit11, op('i32.shl', bits(21, 1023), i32(1))))
}

function or(...values) {
  return values.reduce((sum, value) => op('i32.or', sum, value))
}
