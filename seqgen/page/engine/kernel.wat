;; out = matrix vector. Four rows at a time, four columns at a time; both numbers must be multiples of four.
;; All six parameters are in bytes except $rows. Lane l of a row sums its columns l, l + 4, l + 8, ... in this order,
;; and the four lanes are added as (0 + 1) + (2 + 3): kernel.js does the same without SIMD.
(module
  (memory (import "page" "memory") 1)
  (func $across (param $lanes v128) (result f32)
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $lanes)) (f32x4.extract_lane 1 (local.get $lanes)))
      (f32.add (f32x4.extract_lane 2 (local.get $lanes)) (f32x4.extract_lane 3 (local.get $lanes)))))
  (func (export "multiply")
    (param $matrix i32) (param $stride i32) (param $vector i32) (param $out i32) (param $rows i32) (param $width i32)
    (local $second i32) (local $third i32) (local $fourth i32) (local $at i32) (local $x v128)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (block $done
      (loop $four_rows
        (br_if $done (i32.eqz (local.get $rows)))
        (local.set $second (i32.add (local.get $matrix) (local.get $stride)))
        (local.set $third (i32.add (local.get $second) (local.get $stride)))
        (local.set $fourth (i32.add (local.get $third) (local.get $stride)))
        (local.set $sum0 (v128.const f32x4 0 0 0 0))
        (local.set $sum1 (local.get $sum0))
        (local.set $sum2 (local.get $sum0))
        (local.set $sum3 (local.get $sum0))
        (local.set $at (i32.const 0))
        (loop $four_columns
          (local.set $x (v128.load (i32.add (local.get $vector) (local.get $at))))
          (local.set $sum0 (f32x4.add (local.get $sum0)
            (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $matrix) (local.get $at))))))
          (local.set $sum1 (f32x4.add (local.get $sum1)
            (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $second) (local.get $at))))))
          (local.set $sum2 (f32x4.add (local.get $sum2)
            (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $third) (local.get $at))))))
          (local.set $sum3 (f32x4.add (local.get $sum3)
            (f32x4.mul (local.get $x) (v128.load (i32.add (local.get $fourth) (local.get $at))))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $four_columns (i32.lt_u (local.get $at) (local.get $width))))
        (f32.store (local.get $out) (call $across (local.get $sum0)))
        (f32.store offset=4 (local.get $out) (call $across (local.get $sum1)))
        (f32.store offset=8 (local.get $out) (call $across (local.get $sum2)))
        (f32.store offset=12 (local.get $out) (call $across (local.get $sum3)))
        (local.set $matrix (i32.add (local.get $fourth) (local.get $stride)))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 4)))
        (br $four_rows)))))
