;; How many pages of guest RAM are zero, looked at where they are: to copy them first takes twice as long. They are only loaded, by
;; vectors of 16 bytes, of which nobody is promised any order.
(module
  (import "guestmem" "ram" (memory 0 65536 shared))

  ;; zeros(at, n): how many pages of 4096 bytes are zero from `at` on, up to the first that is not; at most n.
  (func (export "zeros") (param $at i32) (param $n i32) (result i32)
    (local $end i32) (local $pages i32)
    (block $used
      (loop $page
        (br_if $used (i32.eq (local.get $pages) (local.get $n)))
        (local.set $end (i32.add (local.get $at) (i32.const 4096)))
        (loop $next
          (br_if $used
            (v128.any_true
              (v128.or
                (v128.or (v128.load align=1 (local.get $at)) (v128.load offset=16 align=1 (local.get $at)))
                (v128.or (v128.load offset=32 align=1 (local.get $at)) (v128.load offset=48 align=1 (local.get $at))))))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (br_if $next (i32.ne (local.get $at) (local.get $end))))
        (local.set $pages (i32.add (local.get $pages) (i32.const 1)))
        (br $page)))
    (local.get $pages)))
