;; An RV32I hart that interprets its guest's code. Its memory is the guest's RAM, and the page table that says where the
;; guest's pages are in it: {load32 $pc} and its like are replaced by the text of accesses.mjs, which looks the page up and
;; makes the access at once, or calls a function.
(module
  (import "cpu" "memory" {memory})
  {imports}
  ;; The byte address of x0 to x31.
  (import "cpu" "registers" (global $registers i32))
  {otherAccesses}
  (global $pc (export "pc") (mut i32) (i32.const 0))
  (global $retired (export "retired") (mut i32) (i32.const 0))

  ;; A register, times 4: `shift` is by how many bits its number is up in the instruction, less 2.
  (func $x (param $instruction i32) (param $shift i32) (result i32)
    (i32.load (i32.add (global.get $registers)
      (i32.and (i32.shr_u (local.get $instruction) (local.get $shift)) (i32.const 124)))))

  ;; Runs from `pc` on: to an instruction that is none of the below, such as ecall, or until so many have been run.
  (func (export "run") (param $most i32)
    (local $left i32) (local $pc i32) (local $next i32) (local $i i32) (local $a i32) (local $b i32) (local $value i32)
    (local $entry i32) (local $function i32)
    (local.set $left (local.get $most))
    (local.set $pc (global.get $pc))
    (block $halt
      (loop $step
        (br_if $halt (i32.eqz (local.get $left)))
        (local.set $i {load32 $pc})
        (local.set $next (i32.add (local.get $pc) (i32.const 4)))
        (local.set $function (i32.and (i32.shr_u (local.get $i) (i32.const 12)) (i32.const 7)))
        (local.set $a (call $x (local.get $i) (i32.const 13)))
        (local.set $b (call $x (local.get $i) (i32.const 18)))
        (block $retire
        (block $write
        (block $op
          (block $system (block $jal (block $jalr (block $branch (block $lui (block $register (block $store
          (block $auipc (block $immediate (block $load
            (br_table
              $load $system $system $system $immediate $auipc $system $system
              $store $system $system $system $register $lui $system $system
              $system $system $system $system $system $system $system $system
              $branch $jalr $system $jal $system $system $system $system
              (i32.and (i32.shr_u (local.get $i) (i32.const 2)) (i32.const 31))))

          ;; load
          (local.set $a (i32.add (local.get $a) (i32.shr_s (local.get $i) (i32.const 20))))
          (block $word (block $half (block $byte (block $unsignedHalf (block $unsignedByte
            (br_table $byte $half $word $system $unsignedByte $unsignedHalf $system $system (local.get $function)))
            (local.set $value {load8 $a}) (br $write))
            (local.set $value {load16 $a}) (br $write))
            (local.set $value (i32.extend8_s {load8 $a})) (br $write))
            (local.set $value (i32.extend16_s {load16 $a})) (br $write))
            (local.set $value {load32 $a}) (br $write))

          ;; immediate: as with two registers, but that there is no subtraction
          (local.set $b (i32.shr_s (local.get $i) (i32.const 20)))
          (if (i32.ne (i32.and (local.get $function) (i32.const 3)) (i32.const 1))
            (then (local.set $i (i32.and (local.get $i) (i32.const 0xbfffffff)))))
          (br $op))

          ;; auipc
          (local.set $value (i32.add (local.get $pc) (i32.and (local.get $i) (i32.const 0xfffff000))))
          (br $write))

          ;; store
          (local.set $a (i32.add (local.get $a) (i32.or
            (i32.and (i32.shr_s (local.get $i) (i32.const 20)) (i32.const -32))
            (i32.and (i32.shr_u (local.get $i) (i32.const 7)) (i32.const 31)))))
          (block $word (block $half (block $byte
            (br_table $byte $half $word $system (local.get $function)))
            {store8 $a $b} (br $retire))
            {store16 $a $b} (br $retire))
            {store32 $a $b} (br $retire))

          ;; register
          (br $op))

          ;; lui
          (local.set $value (i32.and (local.get $i) (i32.const 0xfffff000)))
          (br $write))

          ;; branch
          (if (i32.ne
              (i32.and (local.get $function) (i32.const 1))
              (if (result i32) (i32.lt_u (local.get $function) (i32.const 4))
                (then (i32.eq (local.get $a) (local.get $b)))
                (else (if (result i32) (i32.lt_u (local.get $function) (i32.const 6))
                  (then (i32.lt_s (local.get $a) (local.get $b)))
                  (else (i32.lt_u (local.get $a) (local.get $b)))))))
            (then (local.set $next (i32.add (local.get $pc) (i32.or (i32.or
              (i32.and (i32.shr_s (local.get $i) (i32.const 19)) (i32.const -4096))
              (i32.and (i32.shl (local.get $i) (i32.const 4)) (i32.const 2048)))
              (i32.or
              (i32.and (i32.shr_u (local.get $i) (i32.const 20)) (i32.const 2016))
              (i32.and (i32.shr_u (local.get $i) (i32.const 7)) (i32.const 30))))))))
          (br $retire))

          ;; jalr
          (local.set $value (local.get $next))
          (local.set $next (i32.and
            (i32.add (local.get $a) (i32.shr_s (local.get $i) (i32.const 20))) (i32.const -2)))
          (br $write))

          ;; jal
          (local.set $value (local.get $next))
          (local.set $next (i32.add (local.get $pc) (i32.or (i32.or
            (i32.and (i32.shr_s (local.get $i) (i32.const 11)) (i32.const -1048576))
            (i32.and (local.get $i) (i32.const 0xff000)))
            (i32.or
            (i32.and (i32.shr_u (local.get $i) (i32.const 9)) (i32.const 2048))
            (i32.and (i32.shr_u (local.get $i) (i32.const 20)) (i32.const 2046))))))
          (br $write))

          ;; system, and all that is not here
          (br $halt))

        (block $and (block $or (block $right (block $xor (block $below (block $less (block $left_ (block $add
          (br_table $add $left_ $less $below $xor $right $or $and (local.get $function)))
          (local.set $value (if (result i32) (i32.and (local.get $i) (i32.const 0x40000000))
            (then (i32.sub (local.get $a) (local.get $b)))
            (else (i32.add (local.get $a) (local.get $b)))))
          (br $write))
          (local.set $value (i32.shl (local.get $a) (local.get $b))) (br $write))
          (local.set $value (i32.lt_s (local.get $a) (local.get $b))) (br $write))
          (local.set $value (i32.lt_u (local.get $a) (local.get $b))) (br $write))
          (local.set $value (i32.xor (local.get $a) (local.get $b))) (br $write))
          (local.set $value (if (result i32) (i32.and (local.get $i) (i32.const 0x40000000))
            (then (i32.shr_s (local.get $a) (local.get $b)))
            (else (i32.shr_u (local.get $a) (local.get $b)))))
          (br $write))
          (local.set $value (i32.or (local.get $a) (local.get $b))) (br $write))
          (local.set $value (i32.and (local.get $a) (local.get $b))))

        ;; write: x0 stays 0
        (local.set $b (i32.and (i32.shr_u (local.get $i) (i32.const 5)) (i32.const 124)))
        (if (local.get $b)
          (then (i32.store (i32.add (global.get $registers) (local.get $b)) (local.get $value)))))

        ;; retire
        (local.set $pc (local.get $next))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $step)))
    (global.set $pc (local.get $pc))
    (global.set $retired (i32.add (global.get $retired) (i32.sub (local.get $most) (local.get $left))))))
