import { readFileSync } from 'node:fs'
import { tierText } from '../../src/ram/kernels/assemble.mjs'
import { assembled } from './module-text.ts'
import type { PropertyName } from './properties.ts'

/** Text of the shipped `copy`, and what stands there instead. */
type Change = readonly [from: string, to: string]

/** Changes to the shipped kernel that make a bad copy of it. */
export interface Mutant {
  readonly name: string
  /** Each of the last place that has the text: of the tail's pieces, not the head's. */
  readonly changes: readonly Change[]
  /** What refuses it; and nothing else does. */
  readonly refusedBy: readonly PropertyName[]
  /** A length and offsets at which it shows. */
  readonly shows: readonly [dst: number, src: number, length: number]
}

const STORED_ONCE = 'each destination byte is stored exactly once'
const LOADED_ONCE = 'each source byte is loaded exactly once'
const ASCEND = 'addresses ascend'
const LAST = 'the last byte is stored last'
const ALIGNED = 'no store crosses its natural alignment'
const INSIDE = 'nothing outside is touched'
const ONE = '1, 2, 4 and 8 aligned bytes are one access'

const D = '(local.get $d)'
const S = '(local.get $s)'
const plus = (what: string, n: number) => `(i32.add ${what} (i32.const ${n}))`

const TAIL_4 = '(i32.store (local.get $d) (i32.load align=1 (local.get $s)))'
const TAIL_2 = '(i32.store16 (local.get $d) (i32.load16_u align=1 (local.get $s)))'
const TAIL_1 = '(i32.store8 (local.get $d) (i32.load8_u (local.get $s)))'
const TAIL_8 = '(i64.store (local.get $d) (i64.load align=1 (local.get $s)))'
const VECTOR = (i: number) => `(v128.store offset=${16 * i} ${D} (local.get $v${i}))`

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'H11 double store: a byte is stored a second time, to save a branch',
    changes: [[TAIL_2, `${TAIL_2} ${TAIL_2}`]],
    refusedBy: [STORED_ONCE, LOADED_ONCE],
    shows: [0, 0, 6],
  },
  {
    name: 'H11 double store, of what was loaded once',
    changes: [
      [
        TAIL_1,
        `(local.set $n (i32.load8_u (local.get $s)))
       (i32.store8 (local.get $d) (local.get $n)) (i32.store8 (local.get $d) (local.get $n))`,
      ],
    ],
    refusedBy: [STORED_ONCE],
    shows: [0, 0, 5],
  },
  {
    name: 'H13 descending: two vectors in the wrong order',
    changes: [[`${VECTOR(1)}\n          ${VECTOR(2)}`, `${VECTOR(2)} ${VECTOR(1)}`]],
    refusedBy: [ASCEND],
    shows: [0, 0, 64],
  },
  {
    name: 'H10 overlapping tail: 6 bytes as 4 and 4',
    changes: [
      [
        TAIL_4,
        `(local.set $v0 (i32x4.splat (i32.load align=1 ${S}))) (i32.store ${D} (i32x4.extract_lane 0 (local.get $v0)))`,
      ],
      [
        TAIL_2,
        `(i32.store align=1 (i32.sub ${D} (i32.const 2)) (i32.or
           (i32.shl (i32.load16_u align=1 ${S}) (i32.const 16))
           (i32.shr_u (i32x4.extract_lane 0 (local.get $v0)) (i32.const 16))))`,
      ],
    ],
    refusedBy: [STORED_ONCE, ALIGNED],
    shows: [0, 0, 6],
  },
  {
    name: 'H2 split: 4 bytes as 2 and 2',
    changes: [
      [
        TAIL_4,
        `(i32.store16 ${D} (i32.load16_u align=1 ${S}))
       (i32.store16 ${plus(D, 2)} (i32.load16_u align=1 ${plus(S, 2)}))`,
      ],
    ],
    refusedBy: [ONE],
    shows: [0, 0, 4],
  },
  {
    name: 'H12 early last byte: the tail of 3 bytes is stored last byte first',
    changes: [
      [
        TAIL_2,
        `(if (i32.and (local.get $n) (i32.const 1)) (then
         (i32.store8 ${plus(D, 2)} (i32.load8_u ${plus(S, 2)}))
         (local.set $n (i32.const 0))))
       ${TAIL_2}`,
      ],
    ],
    // What ascends has its last byte last: the stronger one refuses it too, none of the weaker does.
    refusedBy: [ASCEND, LAST],
    shows: [0, 0, 3],
  },
  {
    name: 'overread: 2 bytes are loaded as 4',
    changes: [[TAIL_2, TAIL_2.replace('i32.load16_u', 'i32.load')]],
    refusedBy: [INSIDE],
    shows: [0, 0, 6],
  },
  {
    name: 'overwrite: 2 bytes are stored as 4',
    changes: [[TAIL_2, TAIL_2.replace('i32.store16', 'i32.store')]],
    refusedBy: [INSIDE],
    shows: [4, 4, 2 + 8],
  },
  {
    name: 'double fetch: a source byte is loaded a second time',
    changes: [[TAIL_8, `(i64.store ${D} (i64.or (i64.load align=1 ${S}) (i64.load8_u ${S})))`]],
    refusedBy: [LOADED_ONCE],
    shows: [0, 0, 24],
  },
  {
    name: 'H6 unaligned store: the head is left out, and all that follows crosses its alignment',
    changes: [['(if (i32.and (local.get $d) (i32.const 15)) (then', '(if (i32.const 0) (then']],
    refusedBy: [ALIGNED],
    shows: [3, 3, 40],
  },
]

const source = readFileSync(new URL('../../src/ram/kernels/ordered.wat', import.meta.url), 'utf8')

/** The wide tier for one memory, changed within `copy`; the same text as ships, else. */
export function mutantBytes(changes: readonly Change[]): Uint8Array {
  const text = tierText(source, 'wide', 1)
  const start = text.indexOf('(func $copy ')
  const end = text.indexOf('(func $copyIn ')
  let copy = text.slice(start, end)
  for (const [from, to] of changes) {
    const at = copy.lastIndexOf(from)
    if (at < 0) throw new Error(`the kernel has no ${from}`)
    copy = copy.slice(0, at) + to + copy.slice(at + from.length)
  }
  return assembled(text.slice(0, start) + copy + text.slice(end))
}
