// RUN: lw-opt %s | lw-opt | FileCheck %s
// RUN: lw-opt %s --emit-bytecode | lw-opt | FileCheck %s

// Every kind, and a clamp without an upper bound: infinity is printed as the
// bits of an f32 and must be read as such.
// CHECK: #lw.act<relu>
// CHECK-SAME: #lw.act<clamp, -3.40282347E+38, 3.40282347E+38>
// CHECK-SAME: #lw.act<clamp, 0.000000e+00, 0x7F800000>
// CHECK-SAME: #lw.act<leaky_relu, 1.000000e-01>
// CHECK-SAME: #lw.act<sigmoid>
// CHECK-SAME: #lw.act<tanh>
// CHECK-SAME: #lw.act<hard_sigmoid, 0.166666672, 5.000000e-01>
// CHECK-SAME: #lw.act<hard_swish>
// CHECK-SAME: #lw.act<silu>
// CHECK-SAME: #lw.act<gelu>
// CHECK-SAME: #lw.act<gelu_tanh>
func.func private @kinds() attributes {
  a = #lw.act<relu>, b = #lw.act<clamp, -3.40282347E+38, 3.40282347E+38>, c = #lw.act<clamp, 0.0, 0x7F800000>,
  d = #lw.act<leaky_relu, 0.1>, e = #lw.act<sigmoid>, f = #lw.act<tanh>, g = #lw.act<hard_sigmoid, 0.166666672, 0.5>,
  h = #lw.act<hard_swish>, i = #lw.act<silu>, j = #lw.act<gelu>, k = #lw.act<gelu_tanh>}

// Strategy and target.
// CHECK: #lw.gemm<tile = [1, 14, 2], taps = 3, order = panels>
// CHECK-SAME: #lw.winograd<outputs = 4, rows = 7, vectors = 4, threads = 2, tile = [7, 4], order = rows>
// CHECK-SAME: #lw.depthwise<tile = [2, 4]>
// CHECK-SAME: #lw.pool
// CHECK-SAME: #lw.elementwise
// CHECK-SAME: #lw.copy
// CHECK-SAME: #lw.alias
// CHECK-SAME: #lw.reference
// CHECK-SAME: #lw.target<triple = "aarch64-unknown-linux-gnu", cpu = "cortex-a76", features = "+dotprod">
func.func private @strategy() attributes {
  a = #lw.gemm<tile = [1, 14, 2], taps = 3, order = panels>,
  b = #lw.winograd<outputs = 4, rows = 7, vectors = 4, threads = 2, tile = [7, 4], order = rows>,
  c = #lw.depthwise<tile = [2, 4]>, d = #lw.pool, e = #lw.elementwise, f = #lw.copy, g = #lw.alias,
  h = #lw.reference,
  i = #lw.target<triple = "aarch64-unknown-linux-gnu", cpu = "cortex-a76", features = "+dotprod">}
