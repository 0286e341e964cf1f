;; The ordered kernels: guest bytes moved so that an observer sees every destination byte stored once, in ascending
;; address order, the last byte last (S2, H10-H13).
;;
;; One text, three tiers (assemble.mjs):
;;   wide      16-byte vector stores, aligned; for a host that keeps stores in order and makes such a store at once
;;   narrow    8-byte stores; for a host that keeps stores in order
;;   language  every store to $ram is atomic, so the WebAssembly memory model itself orders them, on every host
;; `wide{` ... `}wide` is only in the wide tier, `slim{` ... `}slim` only in the other two, `narrow{` ... `}narrow` only in
;; the narrow one: an atomic store waits for all before it, so the language tier gains nothing from several at a time.
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
    (local $w i64)
    ;; wide{
    (local $v v128)
    (local.set $v (i8x16.splat (local.get $b)))
    ;; }wide
    (local.set $w (i64.mul (i64.extend_i32_u (i32.and (local.get $b) (i32.const 255))) (i64.const 0x0101010101010101)))
    (block $tail
      (if (i32.and (local.get $d) (i32.const 1)) (then
        (br_if $tail (i32.eqz (local.get $n)))
        (i32.store8 $ram (local.get $d) (local.get $b))
        (local.set $d (i32.add (local.get $d) (i32.const 1)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))))
      (if (i32.and (local.get $d) (i32.const 2)) (then
        (br_if $tail (i32.lt_u (local.get $n) (i32.const 2)))
        (i32.store16 $ram (local.get $d) (i32.wrap_i64 (local.get $w)))
        (local.set $d (i32.add (local.get $d) (i32.const 2)))
        (local.set $n (i32.sub (local.get $n) (i32.const 2)))))
      (if (i32.and (local.get $d) (i32.const 4)) (then
        (br_if $tail (i32.lt_u (local.get $n) (i32.const 4)))
        (i32.store $ram (local.get $d) (i32.wrap_i64 (local.get $w)))
        (local.set $d (i32.add (local.get $d) (i32.const 4)))
        (local.set $n (i32.sub (local.get $n) (i32.const 4)))))
      ;; wide{
      (if (i32.and (local.get $d) (i32.const 8)) (then
        (br_if $tail (i32.lt_u (local.get $n) (i32.const 8)))
        (i64.store $ram (local.get $d) (local.get $w))
        (local.set $d (i32.add (local.get $d) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 8)))))
      (if (i32.ge_u (local.get $n) (i32.const 64)) (then
        (loop $quad
          (v128.store $ram offset=0 (local.get $d) (local.get $v))
          (v128.store $ram offset=16 (local.get $d) (local.get $v))
          (v128.store $ram offset=32 (local.get $d) (local.get $v))
          (v128.store $ram offset=48 (local.get $d) (local.get $v))
          (local.set $d (i32.add (local.get $d) (i32.const 64)))
          (local.set $n (i32.sub (local.get $n) (i32.const 64)))
          (br_if $quad (i32.ge_u (local.get $n) (i32.const 64))))))
      (if (i32.ge_u (local.get $n) (i32.const 16)) (then
        (loop $one
          (v128.store $ram (local.get $d) (local.get $v))
          (local.set $d (i32.add (local.get $d) (i32.const 16)))
          (local.set $n (i32.sub (local.get $n) (i32.const 16)))
          (br_if $one (i32.ge_u (local.get $n) (i32.const 16))))))
      ;; }wide
      (if (i32.ge_u (local.get $n) (i32.const 8)) (then
        (loop $eight
          (i64.store $ram (local.get $d) (local.get $w))
          (local.set $d (i32.add (local.get $d) (i32.const 8)))
          (local.set $n (i32.sub (local.get $n) (i32.const 8)))
          (br_if $eight (i32.ge_u (local.get $n) (i32.const 8)))))))
    (if (i32.and (local.get $n) (i32.const 4)) (then
      (i32.store $ram (local.get $d) (i32.wrap_i64 (local.get $w)))
      (local.set $d (i32.add (local.get $d) (i32.const 4)))))
    (if (i32.and (local.get $n) (i32.const 2)) (then
      (i32.store16 $ram (local.get $d) (i32.wrap_i64 (local.get $w)))
      (local.set $d (i32.add (local.get $d) (i32.const 2)))))
    (if (i32.and (local.get $n) (i32.const 1)) (then
      (i32.store8 $ram (local.get $d) (local.get $b)))))

  ;; upSaved(d, k, n, t): n bytes up by k (from d - k to d), n - k <= k < n. Scratch at t: the n - k bytes that both
  ;; ranges share, kept aside first (H13).
  (func (export "upSaved") (param $d i32) (param $k i32) (param $n i32) (param $t i32)
    (call $copyOut (local.get $t) (local.get $d) (i32.sub (local.get $n) (local.get $k)))
    (call $copy (local.get $d) (i32.sub (local.get $d) (local.get $k)) (local.get $k))
    (call $copyIn (i32.add (local.get $d) (local.get $k)) (local.get $t) (i32.sub (local.get $n) (local.get $k))))

  ;; upBytes(d, k, n, t): n bytes up by k, 0 < k < n, a byte at a time. The scratch is a ring of k bytes at t: before
  ;; a source byte is overwritten it takes the ring's place of the byte that is due.
  (func $upBytes (param $d i32) (param $k i32) (param $n i32) (param $t i32)
    (local $i i32) (local $p i32) (local $old i32) (local $new i32)
    (loop $next
      (if (i32.lt_u (i32.add (local.get $i) (local.get $k)) (local.get $n)) (then
        (local.set $old (i32.load8_u $ram (i32.add (local.get $d) (local.get $i))))))
      (if (i32.lt_u (local.get $i) (local.get $k))
        (then (local.set $new (i32.load8_u $ram (i32.sub (i32.add (local.get $d) (local.get $i)) (local.get $k)))))
        (else (local.set $new (i32.load8_u $tmp (i32.add (local.get $t) (local.get $p))))))
      (if (i32.lt_u (i32.add (local.get $i) (local.get $k)) (local.get $n)) (then
        (i32.store8 $tmp (i32.add (local.get $t) (local.get $p)) (local.get $old))))
      (i32.store8 $ram (i32.add (local.get $d) (local.get $i)) (local.get $new))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (if (i32.eq (local.get $p) (local.get $k)) (then (local.set $p (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n)))))

  ;; upRing(d, k, n, t): n bytes up by k, 0 < k < n - k. Scratch: a queue of the k source bytes that come next, in the
  ;; k bytes before t + W + floor(k / W) * W, where W is the element's width. Its oldest k % W bytes are the carry and
  ;; travel in a register ($x, in its last bytes); the rest is a ring of whole elements from t + W.
  (func (export "upRing") (param $d i32) (param $k i32) (param $n i32) (param $t i32)
    (local $h i32) (local $s i32) (local $b1 i32) (local $b2 i32) (local $b4 i32) (local $b8 i64)
    (local $r i32) (local $begin i32) (local $end i32) (local $p i32) (local $left i32) (local $i i32) (local $a i32)
    ;; wide{
    (local $x v128) (local $y v128) (local $old v128) (local $fromX v128) (local $fromY v128)
    ;; }wide
    ;; slim{
    (local $x i64) (local $y i64) (local $old i64) (local $shift i64)
    ;; }slim
    (if (i32.lt_u (local.get $n) (i32.const 64)) (then
      (call $upBytes (local.get $d) (local.get $k) (local.get $n) (local.get $t))
      (return)))
    (local.set $s (i32.sub (local.get $d) (local.get $k)))
    ;; wide{
    (local.set $h (i32.and (i32.sub (i32.const 0) (local.get $d)) (i32.const 15)))
    (local.set $r (i32.and (local.get $k) (i32.const 15)))
    (local.set $begin (i32.add (local.get $t) (i32.const 16)))
    ;; }wide
    ;; slim{
    (local.set $h (i32.and (i32.sub (i32.const 0) (local.get $d)) (i32.const 7)))
    (local.set $r (i32.and (local.get $k) (i32.const 7)))
    (local.set $begin (i32.add (local.get $t) (i32.const 8)))
    ;; }slim
    (local.set $p (local.get $begin))
    (local.set $end (i32.add (local.get $begin) (i32.sub (local.get $k) (local.get $r))))

    ;; The head, up to the first aligned address, waits in registers until the queue behind it has been loaded: its
    ;; stores may fall on bytes of that queue.
    (if (i32.and (local.get $h) (i32.const 1)) (then
      (local.set $b1 (i32.load8_u $ram (local.get $s)))
      (local.set $s (i32.add (local.get $s) (i32.const 1)))))
    (if (i32.and (local.get $h) (i32.const 2)) (then
      (local.set $b2 (i32.load16_u $ram align=1 (local.get $s)))
      (local.set $s (i32.add (local.get $s) (i32.const 2)))))
    (if (i32.and (local.get $h) (i32.const 4)) (then
      (local.set $b4 (i32.load $ram align=1 (local.get $s)))
      (local.set $s (i32.add (local.get $s) (i32.const 4)))))
    ;; wide{
    (if (i32.and (local.get $h) (i32.const 8)) (then
      (local.set $b8 (i64.load $ram align=1 (local.get $s)))
      (local.set $s (i32.add (local.get $s) (i32.const 8)))))
    ;; }wide
    (call $copyOut (i32.sub (local.get $begin) (local.get $r)) (local.get $s) (local.get $k))
    (if (i32.and (local.get $h) (i32.const 1)) (then
      (i32.store8 $ram (local.get $d) (local.get $b1))
      (local.set $d (i32.add (local.get $d) (i32.const 1)))))
    (if (i32.and (local.get $h) (i32.const 2)) (then
      (i32.store16 $ram (local.get $d) (local.get $b2))
      (local.set $d (i32.add (local.get $d) (i32.const 2)))))
    (if (i32.and (local.get $h) (i32.const 4)) (then
      (i32.store $ram (local.get $d) (local.get $b4))
      (local.set $d (i32.add (local.get $d) (i32.const 4)))))
    ;; wide{
    (if (i32.and (local.get $h) (i32.const 8)) (then
      (i64.store $ram (local.get $d) (local.get $b8))
      (local.set $d (i32.add (local.get $d) (i32.const 8)))))
    ;; }wide

    ;; Source bytes still in $ram; they begin at d.
    (local.set $left (i32.sub (i32.sub (local.get $n) (local.get $h)) (local.get $k)))

    ;; wide{
    (if (i32.eqz (local.get $r))
      (then
        (if (i32.ge_u (local.get $left) (i32.const 16)) (then
          (loop $whole
            (local.set $old (v128.load $ram (local.get $d)))
            (local.set $y (v128.load $tmp align=1 (local.get $p)))
            (v128.store $tmp align=1 (local.get $p) (local.get $old))
            (v128.store $ram (local.get $d) (local.get $y))
            (local.set $p (i32.add (local.get $p) (i32.const 16)))
            (local.set $p (select (local.get $begin) (local.get $p) (i32.eq (local.get $p) (local.get $end))))
            (local.set $d (i32.add (local.get $d) (i32.const 16)))
            (local.set $left (i32.sub (local.get $left) (i32.const 16)))
            (br_if $whole (i32.ge_u (local.get $left) (i32.const 16)))))))
      (else
        ;; What goes out is the last r bytes of x, then the first 16 - r of y: lane i comes from x's lane 16 - r + i or
        ;; from y's lane i - r, and a swizzle gives zero where that is no lane.
        (local.set $fromX (i8x16.add
          (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
          (i8x16.splat (i32.sub (i32.const 16) (local.get $r)))))
        (local.set $fromY (i8x16.sub
          (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
          (i8x16.splat (local.get $r))))
        (local.set $x (v128.load $tmp align=1 (local.get $t)))
        (if (i32.ge_u (local.get $left) (i32.const 16)) (then
          (if (i32.eq (local.get $begin) (local.get $end))
            (then
              (loop $carry
                (local.set $old (v128.load $ram (local.get $d)))
                (v128.store $ram (local.get $d) (v128.or
                  (i8x16.swizzle (local.get $x) (local.get $fromX))
                  (i8x16.swizzle (local.get $old) (local.get $fromY))))
                (local.set $x (local.get $old))
                (local.set $d (i32.add (local.get $d) (i32.const 16)))
                (local.set $left (i32.sub (local.get $left) (i32.const 16)))
                (br_if $carry (i32.ge_u (local.get $left) (i32.const 16)))))
            (else
              (loop $both
                (local.set $old (v128.load $ram (local.get $d)))
                (local.set $y (v128.load $tmp align=1 (local.get $p)))
                (v128.store $tmp align=1 (local.get $p) (local.get $old))
                (v128.store $ram (local.get $d) (v128.or
                  (i8x16.swizzle (local.get $x) (local.get $fromX))
                  (i8x16.swizzle (local.get $y) (local.get $fromY))))
                (local.set $x (local.get $y))
                (local.set $p (i32.add (local.get $p) (i32.const 16)))
                (local.set $p (select (local.get $begin) (local.get $p) (i32.eq (local.get $p) (local.get $end))))
                (local.set $d (i32.add (local.get $d) (i32.const 16)))
                (local.set $left (i32.sub (local.get $left) (i32.const 16)))
                (br_if $both (i32.ge_u (local.get $left) (i32.const 16))))))))
        (v128.store $tmp align=1 (local.get $t) (local.get $x))))
    ;; }wide
    ;; slim{
    (if (i32.eqz (local.get $r))
      (then
        (if (i32.ge_u (local.get $left) (i32.const 8)) (then
          (loop $whole
            (local.set $old (i64.load $ram (local.get $d)))
            (local.set $y (i64.load $tmp align=1 (local.get $p)))
            (i64.store $tmp align=1 (local.get $p) (local.get $old))
            (i64.store $ram (local.get $d) (local.get $y))
            (local.set $p (i32.add (local.get $p) (i32.const 8)))
            (local.set $p (select (local.get $begin) (local.get $p) (i32.eq (local.get $p) (local.get $end))))
            (local.set $d (i32.add (local.get $d) (i32.const 8)))
            (local.set $left (i32.sub (local.get $left) (i32.const 8)))
            (br_if $whole (i32.ge_u (local.get $left) (i32.const 8)))))))
      (else
        ;; What goes out is the last r bytes of x, then the first 8 - r of y; little-endian, as WebAssembly is.
        (local.set $shift (i64.shl (i64.extend_i32_u (local.get $r)) (i64.const 3)))
        (local.set $x (i64.load $tmp align=1 (local.get $t)))
        (if (i32.ge_u (local.get $left) (i32.const 8)) (then
          (loop $both
            (local.set $old (i64.load $ram (local.get $d)))
            (if (i32.eq (local.get $begin) (local.get $end))
              (then (local.set $y (local.get $old)))
              (else
                (local.set $y (i64.load $tmp align=1 (local.get $p)))
                (i64.store $tmp align=1 (local.get $p) (local.get $old))
                (local.set $p (i32.add (local.get $p) (i32.const 8)))
                (local.set $p (select (local.get $begin) (local.get $p) (i32.eq (local.get $p) (local.get $end))))))
            (i64.store $ram (local.get $d) (i64.or
              (i64.shr_u (local.get $x) (i64.sub (i64.const 64) (local.get $shift)))
              (i64.shl (local.get $y) (local.get $shift))))
            (local.set $x (local.get $y))
            (local.set $d (i32.add (local.get $d) (i32.const 8)))
            (local.set $left (i32.sub (local.get $left) (i32.const 8)))
            (br_if $both (i32.ge_u (local.get $left) (i32.const 8))))))
        (i64.store $tmp align=1 (local.get $t) (local.get $x))))
    ;; }slim

    ;; Fewer source bytes than an element are left in $ram: one by one they take the places of the oldest in the queue.
    (local.set $a (i32.sub (local.get $begin) (local.get $r)))
    (if (i32.eqz (local.get $r)) (then (local.set $a (local.get $p))))
    (block $taken
      (loop $take
        (br_if $taken (i32.eq (local.get $i) (local.get $left)))
        (local.set $b1 (i32.load8_u $ram (local.get $d)))
        (i32.store8 $ram (local.get $d) (i32.load8_u $tmp (local.get $a)))
        (i32.store8 $tmp (local.get $a) (local.get $b1))
        (local.set $d (i32.add (local.get $d) (i32.const 1)))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        ;; behind the carry comes the ring's oldest element; with no ring, the carry again
        (if (i32.eq (local.get $a) (local.get $begin)) (then
          (local.set $a (select
            (i32.sub (local.get $begin) (local.get $r)) (local.get $p) (i32.eq (local.get $begin) (local.get $end))))))
        (br $take)))

    ;; The queue holds all the rest: from a on, once around.
    (if (i32.lt_u (local.get $a) (local.get $begin))
      (then
        ;; in the carry: its end, the ring from p around to p, the carry's beginning
        (local.set $d (call $drain (local.get $d) (local.get $a) (local.get $begin)))
        (local.set $d (call $drain (local.get $d) (local.get $p) (local.get $end)))
        (local.set $d (call $drain (local.get $d) (local.get $begin) (local.get $p)))
        (drop (call $drain (local.get $d) (i32.sub (local.get $begin) (local.get $r)) (local.get $a))))
      (else
        ;; in the ring's oldest element: the ring from a around to p, the carry, that element's beginning
        (local.set $d (call $drain (local.get $d) (local.get $a) (local.get $end)))
        (local.set $d (call $drain (local.get $d) (local.get $begin) (local.get $p)))
        (local.set $d (call $drain (local.get $d) (i32.sub (local.get $begin) (local.get $r)) (local.get $begin)))
        (drop (call $drain (local.get $d) (local.get $p) (local.get $a))))))

  ;; drain(d, from, to): the scratch bytes [from, to) to d; gives the address behind them.
  (func $drain (param $d i32) (param $from i32) (param $to i32) (result i32)
    (call $copyIn (local.get $d) (local.get $from) (i32.sub (local.get $to) (local.get $from)))
    (i32.add (local.get $d) (i32.sub (local.get $to) (local.get $from))))

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

  ;; bulk(d, s, n): the engine's memmove, unordered: for bytes that nobody watches (S4, strict false and normal memory).
  ;; each{ bulk $dst=$ram $src=$ram; bulkIn $dst=$ram $src=$tmp; bulkOut $dst=$tmp $src=$ram
  (func (export "each") (param $d i32) (param $s i32) (param $n i32)
    (memory.copy $dst $src (local.get $d) (local.get $s) (local.get $n)))
  ;; }each
)
