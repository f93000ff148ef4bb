// RUN: lw-opt %s --pass-pipeline="builtin.module(func.func(lw-expand-library-math))" | FileCheck %s

// What needs a library becomes arithmetic; what has instructions stays, and so does
// f64, which is refused where the code is complete.
// CHECK-LABEL: func.func @expanded(
// CHECK-NOT: math.{{exp|log|tanh|erf|sin}} 
// CHECK: return
func.func @expanded(%x: f32, %v: vector<8xf32>) -> (f32, f32, f32, f32, f32, vector<8xf32>) {
  %a = math.exp %x : f32
  %b = math.log %x : f32
  %c = math.tanh %x : f32
  %d = math.erf %x : f32
  %e = math.sin %x : f32
  %f = math.exp %v : vector<8xf32>
  return %a, %b, %c, %d, %e, %f : f32, f32, f32, f32, f32, vector<8xf32>
}

// CHECK-LABEL: func.func @kept(
// CHECK: math.sqrt %{{.*}} : f32
// CHECK: math.floor %{{.*}} : f32
// CHECK: math.exp %{{.*}} : f64
func.func @kept(%x: f32, %y: f64) -> (f32, f32, f64) {
  %a = math.sqrt %x : f32
  %b = math.floor %x : f32
  %c = math.exp %y : f64
  return %a, %b, %c : f32, f32, f64
}
