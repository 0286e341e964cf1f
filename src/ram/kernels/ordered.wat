;; The ordered kernels: guest bytes moved so that an observer sees every destination byte stored once, in ascending
;; address order, the last byte last (S2, H10-H13).
;;
;; One text, three tiers (assemble.mjs):
;;   wide      16-byte vector stores, aligned; for a host that keeps stores in order and makes such a store at once
;;   narrow    8-byte stores; for a host that keeps stores in order
;;   language  every store to $ram is atomic, so the WebAssembly memory model itself orders them, on every host
;; `wide{` ... `}wide` is only in the wide tier, `slim{` ... `}slim` only in the other two, `narrow{` ... `}narrow` only in
;; the narrow one, `language{` likewise: an atomic store waits for all before it, so the language tier gains nothing from several at a time.
;;
;; Memories: $ram is the guest's, shared. $tmp is a private one that only this thread sees; where the engine has a
;; single memory it is a part of the same memory that belongs to no RAM block and to no other thread.
;;
;; A destination store is always naturally aligned, so it never crosses a cache line and is seen whole. A source load
;; need not be: a plain load of any alignment is one instruction, and nobody can see a load. The order is fixed here
;; and the engine keeps it: an access that may trap is not moved over another.
(module
  (import "guestmem" "ram" (memory $ram 0 65536 shared))
  (import "guestmem" "tmp" (memory $tmp 0 65536))

  ;; copy(d, s, n): n bytes from s in $src to d in $dst. Overlap is right when d <= s: a piece is loaded before the
  ;; store that could reach it. Heads and tails are pieces of 1, 2, 4 and 8 bytes, each naturally aligned.
  ;; each{ copy $dst=$ram $src=$ram; copyIn $dst=$ram $src=$tmp; copyOut $dst=$tmp $src=$ram
  (func $each (export "each") (param $d i32) (param $s i32) (param $n i32)
    ;; wide{
    (local $v0 v128) (local $v1 v128) (local $v2 v128) (local $v3 v128)
    (local $v4 v128) (local $v5 v128) (local $v6 v128) (local $v7 v128)
    ;; }wide
    ;; narrow{
    (local $v0 i64) (local $v1 i64) (local $v2 i64) (local $v3 i64)
    ;; }narrow
    (block $tail
      (if (i32.and (local.get $d) (i32.const 15)) (then
        (if (i32.and (local.get $d) (i32.const 1)) (then
          (br_if $tail (i32.eqz (local.get $n)))
          (i32.store8 $dst (local.get $d) (i32.load8_u $src (local.get $s)))
          (local.set $d (i32.add (local.get $d) (i32.const 1)))
          (local.set $s (i32.add (local.get $s) (i32.const 1)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))))
        (if (i32.and (local.get $d) (i32.const 2)) (then
          (br_if $tail (i32.lt_u (local.get $n) (i32.const 2)))
          (i32.store16 $dst (local.get $d) (i32.load16_u $src align=1 (local.get $s)))
          (local.set $d (i32.add (local.get $d) (i32.const 2)))
          (local.set $s (i32.add (local.get $s) (i32.const 2)))
          (local.set $n (i32.sub (local.get $n) (i32.const 2)))))
        (if (i32.and (local.get $d) (i32.const 4)) (then
          (br_if $tail (i32.lt_u (local.get $n) (i32.const 4)))
          (i32.store $dst (local.get $d) (i32.load $src align=1 (local.get $s)))
          (local.set $d (i32.add (local.get $d) (i32.const 4)))
          (local.set $s (i32.add (local.get $s) (i32.const 4)))
          (local.set $n (i32.sub (local.get $n) (i32.const 4)))))
        ;; wide{
        (if (i32.and (local.get $d) (i32.const 8)) (then
          (br_if $tail (i32.lt_u (local.get $n) (i32.const 8)))
          (i64.store $dst (local.get $d) (i64.load $src align=1 (local.get $s)))
          (local.set $d (i32.add (local.get $d) (i32.const 8)))
          (local.set $s (i32.add (local.get $s) (i32.const 8)))
          (local.set $n (i32.sub (local.get $n) (i32.const 8)))))
        ;; }wide
      ))
      ;; wide{
      ;; The loops begin at a multiple of 32: an engine that makes one store of two (V8's revectorizer) then makes none that
      ;; crosses a cache line.
      (if (i32.and (i32.ge_u (local.get $n) (i32.const 64)) (i32.shr_u (local.get $d) (i32.const 4))) (then
        (v128.store $dst (local.get $d) (v128.load $src align=1 (local.get $s)))
        (local.set $d (i32.add (local.get $d) (i32.const 16)))
        (local.set $s (i32.add (local.get $s) (i32.const 16)))
        (local.set $n (i32.sub (local.get $n) (i32.const 16)))))
      (if (i32.ge_u (local.get $n) (i32.const 128)) (then
        (loop $eight
          (local.set $v0 (v128.load $src offset=0 align=1 (local.get $s)))
          (local.set $v1 (v128.load $src offset=16 align=1 (local.get $s)))
          (local.set $v2 (v128.load $src offset=32 align=1 (local.get $s)))
          (local.set $v3 (v128.load $src offset=48 align=1 (local.get $s)))
          (local.set $v4 (v128.load $src offset=64 align=1 (local.get $s)))
          (local.set $v5 (v128.load $src offset=80 align=1 (local.get $s)))
          (local.set $v6 (v128.load $src offset=96 align=1 (local.get $s)))
          (local.set $v7 (v128.load $src offset=112 align=1 (local.get $s)))
          (v128.store $dst offset=0 (local.get $d) (local.get $v0))
          (v128.store $dst offset=16 (local.get $d) (local.get $v1))
          (v128.store $dst offset=32 (local.get $d) (local.get $v2))
          (v128.store $dst offset=48 (local.get $d) (local.get $v3))
          (v128.store $dst offset=64 (local.get $d) (local.get $v4))
          (v128.store $dst offset=80 (local.get $d) (local.get $v5))
          (v128.store $dst offset=96 (local.get $d) (local.get $v6))
          (v128.store $dst offset=112 (local.get $d) (local.get $v7))
          (local.set $d (i32.add (local.get $d) (i32.const 128)))
          (local.set $s (i32.add (local.get $s) (i32.const 128)))
          (local.set $n (i32.sub (local.get $n) (i32.const 128)))
          (br_if $eight (i32.ge_u (local.get $n) (i32.const 128))))
        (if (i32.eqz (local.get $n)) (then (return)))))
      (if (i32.ge_u (local.get $n) (i32.const 64)) (then
        (loop $quad
          (local.set $v0 (v128.load $src offset=0 align=1 (local.get $s)))
          (local.set $v1 (v128.load $src offset=16 align=1 (local.get $s)))
          (local.set $v2 (v128.load $src offset=32 align=1 (local.get $s)))
          (local.set $v3 (v128.load $src offset=48 align=1 (local.get $s)))
          (v128.store $dst offset=0 (local.get $d) (local.get $v0))
          (v128.store $dst offset=16 (local.get $d) (local.get $v1))
          (v128.store $dst offset=32 (local.get $d) (local.get $v2))
          (v128.store $dst offset=48 (local.get $d) (local.get $v3))
          (local.set $d (i32.add (local.get $d) (i32.const 64)))
          (local.set $s (i32.add (local.get $s) (i32.const 64)))
          (local.set $n (i32.sub (local.get $n) (i32.const 64)))
          (br_if $quad (i32.ge_u (local.get $n) (i32.const 64))))))
      (if (i32.ge_u (local.get $n) (i32.const 16)) (then
        (loop $one
          (v128.store $dst (local.get $d) (v128.load $src align=1 (local.get $s)))
          (local.set $d (i32.add (local.get $d) (i32.const 16)))
          (local.set $s (i32.add (local.get $s) (i32.const 16)))
          (local.set $n (i32.sub (local.get $n) (i32.const 16)))
          (br_if $one (i32.ge_u (local.get $n) (i32.const 16))))))
      (if (i32.ge_u (local.get $n) (i32.const 8)) (then
        (i64.store $dst (local.get $d) (i64.load $src align=1 (local.get $s)))
        (local.set $d (i32.add (local.get $d) (i32.const 8)))
        (local.set $s (i32.add (local.get $s) (i32.const 8)))))
      ;; }wide
      ;; narrow{
      (if (i32.ge_u (local.get $n) (i32.const 32)) (then
        (loop $quad
          (local.set $v0 (i64.load $src offset=0 align=1 (local.get $s)))
          (local.set $v1 (i64.load $src offset=8 align=1 (local.get $s)))
          (local.set $v2 (i64.load $src offset=16 align=1 (local.get $s)))
          (local.set $v3 (i64.load $src offset=24 align=1 (local.get $s)))
          (i64.store $dst offset=0 (local.get $d) (local.get $v0))
          (i64.store $dst offset=8 (local.get $d) (local.get $v1))
          (i64.store $dst offset=16 (local.get $d) (local.get $v2))
          (i64.store $dst offset=24 (local.get $d) (local.get $v3))
          (local.set $d (i32.add (local.get $d) (i32.const 32)))
          (local.set $s (i32.add (local.get $s) (i32.const 32)))
          (local.set $n (i32.sub (local.get $n) (i32.const 32)))
          (br_if $quad (i32.ge_u (local.get $n) (i32.const 32))))))
      ;; }narrow
      ;; slim{
      (if (i32.ge_u (local.get $n) (i32.const 8)) (then
        (loop $one
          (i64.store $dst (local.get $d) (i64.load $src align=1 (local.get $s)))
          (local.set $d (i32.add (local.get $d) (i32.const 8)))
          (local.set $s (i32.add (local.get $s) (i32.const 8)))
          (local.set $n (i32.sub (local.get $n) (i32.const 8)))
          (br_if $one (i32.ge_u (local.get $n) (i32.const 8))))))
      ;; }slim
    )
    (if (i32.and (local.get $n) (i32.const 4)) (then
      (i32.store $dst (local.get $d) (i32.load $src align=1 (local.get $s)))
      (local.set $d (i32.add (local.get $d) (i32.const 4)))
      (local.set $s (i32.add (local.get $s) (i32.const 4)))))
    (if (i32.and (local.get $n) (i32.const 2)) (then
      (i32.store16 $dst (local.get $d) (i32.load16_u $src align=1 (local.get $s)))
      (local.set $d (i32.add (local.get $d) (i32.const 2)))
      (local.set $s (i32.add (local.get $s) (i32.const 2)))))
    (if (i32.and (local.get $n) (i32.const 1)) (then
      (i32.store8 $dst (local.get $d) (i32.load8_u $src (local.get $s))))))
  ;; }each

  ;; fill(d, byte, n): the same order, the same pieces.
  (func (export "fill") (param $d i32) (param $b i32) (param $n i32)
    (local $w i32) (local $b8 i64)
    ;; wide{
    (local $v v128)
    (local.set $v (i8x16.splat (local.get $b)))
    ;; }wide
    (local.set $b8 (i64.mul (i64.extend_i32_u (i32.and (local.get $b) (i32.const 255))) (i64.const 0x0101010101010101)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        ;; wide{
        (if (i32.eqz (i32.or (i32.and (local.get $d) (i32.const 15)) (i32.lt_u (local.get $n) (i32.const 16))))
          (then
            (if (i32.and (i32.ge_u (local.get $n) (i32.const 64)) (i32.eqz (i32.and (local.get $d) (i32.const 16)))) (then
              (loop $quad
                (v128.store $ram offset=0 (local.get $d) (local.get $v))
                (v128.store $ram offset=16 (local.get $d) (local.get $v))
                (v128.store $ram offset=32 (local.get $d) (local.get $v))
                (v128.store $ram offset=48 (local.get $d) (local.get $v))
                (local.set $d (i32.add (local.get $d) (i32.const 64)))
                (local.set $n (i32.sub (local.get $n) (i32.const 64)))
                (br_if $quad (i32.ge_u (local.get $n) (i32.const 64))))
              (br $next)))
            (v128.store $ram (local.get $d) (local.get $v))
            (local.set $d (i32.add (local.get $d) (i32.const 16)))
            (local.set $n (i32.sub (local.get $n) (i32.const 16)))
            (br $next)))
        ;; }wide
        (block $piece
          (if (i32.eqz (i32.or (i32.and (local.get $d) (i32.const 7)) (i32.lt_u (local.get $n) (i32.const 8)))) (then
            (i64.store $ram (local.get $d) (local.get $b8))
            (local.set $w (i32.const 8))
            (br $piece)))
          (if (i32.eqz (i32.or (i32.and (local.get $d) (i32.const 3)) (i32.lt_u (local.get $n) (i32.const 4)))) (then
            (i32.store $ram (local.get $d) (i32.wrap_i64 (local.get $b8)))
            (local.set $w (i32.const 4))
            (br $piece)))
          (if (i32.eqz (i32.or (i32.and (local.get $d) (i32.const 1)) (i32.lt_u (local.get $n) (i32.const 2)))) (then
            (i32.store16 $ram (local.get $d) (i32.wrap_i64 (local.get $b8)))
            (local.set $w (i32.const 2))
            (br $piece)))
          (i32.store8 $ram (local.get $d) (local.get $b))
          (local.set $w (i32.const 1)))
        (local.set $d (i32.add (local.get $d) (local.get $w)))
        (local.set $n (i32.sub (local.get $n) (local.get $w)))
        (br $next))))

  ;; upSaved(d, k, n, t): n bytes up by k (from d - k to d), n - k <= k < n. Scratch at t: the n - k bytes that both
  ;; ranges share, kept aside first (H13).
  (func (export "upSaved") (param $d i32) (param $k i32) (param $n i32) (param $t i32)
    (call $copyOut (local.get $t) (local.get $d) (i32.sub (local.get $n) (local.get $k)))
    (call $copy (local.get $d) (i32.sub (local.get $d) (local.get $k)) (local.get $k))
    (call $copyIn (i32.add (local.get $d) (local.get $k)) (local.get $t) (i32.sub (local.get $n) (local.get $k))))

  ;; upRing(d, k, n, t): n bytes up by k, 0 < k < n - k. Scratch: the k source bytes that come next, in a ring at t. Before
  ;; source bytes in $ram are overwritten they take the places in the ring of those that are due. The ring begins with what
  ;; goes to the first aligned address, so that where k is a multiple of a vector no vector is cut in two.
  (func (export "upRing") (param $d i32) (param $k i32) (param $n i32) (param $t i32)
    (local $h i32)
    (local.set $h (i32.and (i32.sub (i32.const 0) (local.get $d)) (i32.const 15)))
    (if (i32.gt_u (local.get $h) (local.get $k)) (then (local.set $h (i32.const 0))))
    (call $copyOut
      (i32.sub (i32.add (local.get $t) (local.get $k)) (local.get $h))
      (i32.sub (local.get $d) (local.get $k))
      (local.get $h))
    (call $copyOut
      (local.get $t)
      (i32.add (i32.sub (local.get $d) (local.get $k)) (local.get $h))
      (i32.sub (local.get $k) (local.get $h)))
    (call $swap
      (local.get $d)
      (i32.sub (i32.add (local.get $t) (local.get $k)) (local.get $h))
      (local.get $h))
    (local.set $d (i32.add (local.get $d) (local.get $h)))
    ;; Source bytes still in $ram; they begin at d.
    (local.set $n (i32.sub (i32.sub (local.get $n) (local.get $h)) (local.get $k)))
    (block $last
      (loop $lap
        (br_if $last (i32.lt_u (local.get $n) (local.get $k)))
        (call $swap (local.get $d) (local.get $t) (local.get $k))
        (local.set $d (i32.add (local.get $d) (local.get $k)))
        (local.set $n (i32.sub (local.get $n) (local.get $k)))
        (br $lap)))
    (call $swap (local.get $d) (local.get $t) (local.get $n))
    (local.set $d (i32.add (local.get $d) (local.get $n)))
    ;; The ring holds all the rest: from n on, once around.
    (call $copyIn (local.get $d) (i32.add (local.get $t) (local.get $n)) (i32.sub (local.get $k) (local.get $n)))
    (call $copyIn
      (i32.sub (i32.add (local.get $d) (local.get $k)) (local.get $n))
      (local.get $t)
      (local.get $n)))

  ;; swap(d, t, n): exchanges n bytes at d in $ram and at t in $tmp, in the pieces of a copy.
  (func $swap (param $d i32) (param $t i32) (param $n i32)
    (local $w i32) (local $b i32) (local $b8 i64)
    ;; wide{
    (local $v v128)
    ;; }wide
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        ;; wide{
        (if (i32.eqz (i32.or (i32.and (local.get $d) (i32.const 15)) (i32.lt_u (local.get $n) (i32.const 16))))
          (then
            (loop $one
              (local.set $v (v128.load $ram (local.get $d)))
              (v128.store $ram (local.get $d) (v128.load $tmp align=1 (local.get $t)))
              (v128.store $tmp align=1 (local.get $t) (local.get $v))
              (local.set $d (i32.add (local.get $d) (i32.const 16)))
              (local.set $t (i32.add (local.get $t) (i32.const 16)))
              (local.set $n (i32.sub (local.get $n) (i32.const 16)))
              (br_if $one (i32.ge_u (local.get $n) (i32.const 16))))
            (br $next)))
        ;; }wide
        (block $piece
          (if (i32.eqz (i32.or (i32.and (local.get $d) (i32.const 7)) (i32.lt_u (local.get $n) (i32.const 8)))) (then
            (local.set $b8 (i64.load $ram (local.get $d)))
            (i64.store $ram (local.get $d) (i64.load $tmp align=1 (local.get $t)))
            (i64.store $tmp align=1 (local.get $t) (local.get $b8))
            (local.set $w (i32.const 8))
            (br $piece)))
          (if (i32.eqz (i32.or (i32.and (local.get $d) (i32.const 3)) (i32.lt_u (local.get $n) (i32.const 4)))) (then
            (local.set $b (i32.load $ram (local.get $d)))
            (i32.store $ram (local.get $d) (i32.load $tmp align=1 (local.get $t)))
            (i32.store $tmp align=1 (local.get $t) (local.get $b))
            (local.set $w (i32.const 4))
            (br $piece)))
          (if (i32.eqz (i32.or (i32.and (local.get $d) (i32.const 1)) (i32.lt_u (local.get $n) (i32.const 2)))) (then
            (local.set $b (i32.load16_u $ram (local.get $d)))
            (i32.store16 $ram (local.get $d) (i32.load16_u $tmp align=1 (local.get $t)))
            (i32.store16 $tmp align=1 (local.get $t) (local.get $b))
            (local.set $w (i32.const 2))
            (br $piece)))
          (local.set $b (i32.load8_u $ram (local.get $d)))
          (i32.store8 $ram (local.get $d) (i32.load8_u $tmp (local.get $t)))
          (i32.store8 $tmp (local.get $t) (local.get $b))
          (local.set $w (i32.const 1)))
        (local.set $d (i32.add (local.get $d) (local.get $w)))
        (local.set $t (i32.add (local.get $t) (local.get $w)))
        (local.set $n (i32.sub (local.get $n) (local.get $w)))
        (br $next))))

  ;; Cells that script can't make: an unaligned access in one instruction, and 64 bits without a bigint (the high half
  ;; of the latest load64 is kept for `high`). Plain in every tier: an atomic access must be aligned.
  ;; plain{
  (global $high (mut i32) (i32.const 0))
  (func (export "load16") (param i32) (result i32) (i32.load16_u $ram align=1 (local.get 0)))
  (func (export "load32") (param i32) (result i32) (i32.load $ram align=1 (local.get 0)))
  (func (export "load64") (param i32) (result i32) (local $v i64)
    (local.set $v (i64.load $ram align=1 (local.get 0)))
    (global.set $high (i32.wrap_i64 (i64.shr_u (local.get $v) (i64.const 32))))
    (i32.wrap_i64 (local.get $v)))
  (func (export "high") (result i32) (global.get $high))
  (func (export "store16") (param i32 i32) (i32.store16 $ram align=1 (local.get 0) (local.get 1)))
  (func (export "store32") (param i32 i32) (i32.store $ram align=1 (local.get 0) (local.get 1)))
  (func (export "store64") (param $a i32) (param $low i32) (param $high i32)
    (i64.store $ram align=1 (local.get $a)
      (i64.or (i64.extend_i32_u (local.get $low)) (i64.shl (i64.extend_i32_u (local.get $high)) (i64.const 32)))))
  ;; }plain

  ;; The same two for aligned addresses, atomic in every tier: no engine may split them.
  (func (export "atomicLoad64") (param i32) (result i32) (local $v i64)
    (local.set $v (i64.atomic.load (local.get 0)))
    (global.set $high (i32.wrap_i64 (i64.shr_u (local.get $v) (i64.const 32))))
    (i32.wrap_i64 (local.get $v)))
  (func (export "atomicStore64") (param $a i32) (param $low i32) (param $high i32)
    (i64.atomic.store (local.get $a)
      (i64.or (i64.extend_i32_u (local.get $low)) (i64.shl (i64.extend_i32_u (local.get $high)) (i64.const 32)))))

  ;; language{
  ;; Script's Atomics do the same; in V8 a call of these takes half the time.
  (func (export "atomicLoad32") (param i32) (result i32) (i32.atomic.load (local.get 0)))
  (func (export "atomicStore32") (param i32 i32) (i32.atomic.store (local.get 0) (local.get 1)))
  ;; }language

  ;; bulk(d, s, n): the engine's memmove, unordered: for bytes that nobody watches (S4, strict false and normal memory).
  ;; each{ bulk $dst=$ram $src=$ram; bulkIn $dst=$ram $src=$tmp; bulkOut $dst=$tmp $src=$ram
  (func (export "each") (param $d i32) (param $s i32) (param $n i32)
    (memory.copy $dst $src (local.get $d) (local.get $s) (local.get $n)))
  ;; }each
)
