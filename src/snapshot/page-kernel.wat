;; What is done with every page of a machine: is it zero, is it as another one, and its checksum. Vectors of 16 bytes are four to
;; eight times as quick here as script is. It has a memory of its own, for no guest's bytes but copies: page-scratch.ts has its layout.
;; `each{ name: list` ... `}each` is written once for each of the list, which stands in place of its name.
(module
  (memory (export "memory") 5)

  ;; isZero(at): 1 where all 4096 bytes from `at` on are 0.
  (func (export "isZero") (param $at i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (i32.const 4096)))
    (loop $next
      (if (v128.any_true
            (v128.or
              (v128.or (v128.load (local.get $at)) (v128.load offset=16 (local.get $at)))
              (v128.or (v128.load offset=32 (local.get $at)) (v128.load offset=48 (local.get $at)))))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.const 1))

  ;; isEqual(a, b): 1 where the 4096 bytes from `a` on are those from `b` on.
  (func (export "isEqual") (param $a i32) (param $b i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $a) (i32.const 4096)))
    (loop $next
      (if (v128.any_true
            (v128.or
              (v128.xor (v128.load (local.get $a)) (v128.load (local.get $b)))
              (v128.xor (v128.load offset=16 (local.get $a)) (v128.load offset=16 (local.get $b)))))
        (then (return (i32.const 0))))
      (local.set $a (i32.add (local.get $a) (i32.const 32)))
      (local.set $b (i32.add (local.get $b) (i32.const 32)))
      (br_if $next (i32.lt_u (local.get $a) (local.get $end))))
    (i32.const 1))

  ;; lanes(at, to): XXH32 goes over its input in four lanes; over a page it goes here in 32, of which lane i takes the words i,
  ;; i + 32, i + 64 and so on. Their values at the end are stored from `to` on.
  (func (export "lanes") (param $at i32) (param $to i32)
    (local $end i32) (local $p1 v128) (local $p2 v128)
    ;; each{ N: 0 16 32 48 64 80 96 112
    (local $lanesN v128)
    ;; }each
    (local.set $p1 (v128.const i32x4 0x9e3779b1 0x9e3779b1 0x9e3779b1 0x9e3779b1))
    (local.set $p2 (v128.const i32x4 0x85ebca77 0x85ebca77 0x85ebca77 0x85ebca77))
    ;; each{ N: 0 16 32 48 64 80 96 112
    (local.set $lanesN (v128.const i32x4 0x24234428 0x85ebca77 0 0x61c8864f))
    ;; }each
    (local.set $end (i32.add (local.get $at) (i32.const 4096)))
    (loop $next
      ;; each{ N: 0 16 32 48 64 80 96 112
      (local.set $lanesN
        (i32x4.add (local.get $lanesN) (i32x4.mul (v128.load offset=N (local.get $at)) (local.get $p2))))
      (local.set $lanesN
        (i32x4.mul
          (v128.or (i32x4.shl (local.get $lanesN) (i32.const 13)) (i32x4.shr_u (local.get $lanesN) (i32.const 19)))
          (local.get $p1)))
      ;; }each
      (local.set $at (i32.add (local.get $at) (i32.const 128)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    ;; each{ N: 0 16 32 48 64 80 96 112
    (v128.store offset=N (local.get $to) (local.get $lanesN))
    ;; }each
  ))
