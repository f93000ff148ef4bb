// A batch becomes groups of images where each image is computed by itself.
// RUN: lw-opt %s --split-input-file --lw-set-target=cpu=x86-64-v4 --lw-record-entry --lw-group-batch=images=2 | FileCheck %s
// RUN: lw-opt %s --split-input-file --lw-set-target=cpu=x86-64-v4 --lw-record-entry --lw-group-batch="images=2 threads=2" | FileCheck %s --check-prefix=THREADS
// RUN: lw-opt %s --split-input-file --lw-set-target=cpu=x86-64-v4 --lw-record-entry --lw-group-batch="images=2,8 cuts=2" | FileCheck %s --check-prefix=CUTS
// RUN: lw-opt %s --split-input-file --lw-set-target=cpu=x86-64-v4 --lw-record-entry --lw-group-batch="images=2,4,8 cuts=1,2" | FileCheck %s --check-prefix=THREE

// CHECK: lw.entry = {{.*}}runs = 4
// THREADS: lw.entry = {{.*}}parts = 2{{.*}}runs = 4
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%{{.*}}: tensor<2x8x8x4xf32>) -> tensor<2x8xf32>
// CHECK: lw.conv_2d {{.*}} -> tensor<2x8x8x8xf32>
// CHECK: tosa.reduce_sum {{.*}} -> tensor<2x1x8x8xf32>
// CHECK: %[[SIZE:.*]] = tosa.const_shape {values = dense<[2, 1, 1, 8]>
// CHECK: tosa.slice %{{.*}}, %{{.*}}, %[[SIZE]] : {{.*}} -> tensor<2x1x1x8xf32>
// CHECK: %[[SHAPE:.*]] = tosa.const_shape {values = dense<[2, 8]>
// CHECK: tosa.reshape %{{.*}}, %[[SHAPE]] : {{.*}} -> tensor<2x8xf32>
// CHECK: tosa.add {{.*}} -> tensor<2x8xf32>
func.func @main(%x: tensor<8x8x8x4xf32>) -> tensor<8x8xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x4x8xf32>} : () -> tensor<3x3x4x8xf32>
  %b = "tosa.const"() {values = dense<0.25> : tensor<1x8xf32>} : () -> tensor<1x8xf32>
  %start = tosa.const_shape {values = dense<0> : tensor<4xindex>} : () -> !tosa.shape<4>
  %size = tosa.const_shape {values = dense<[8, 1, 1, 8]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %shape = tosa.const_shape {values = dense<8> : tensor<2xindex>} : () -> !tosa.shape<2>
  %y = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<8x8x8x4xf32>, tensor<3x3x4x8xf32>) -> tensor<8x8x8x8xf32>
  %s = tosa.reduce_sum %y {axis = 1 : i32} : (tensor<8x8x8x8xf32>) -> tensor<8x1x8x8xf32>
  %p = tosa.slice %s, %start, %size : (tensor<8x1x8x8xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<8x1x1x8xf32>
  %r = tosa.reshape %p, %shape : (tensor<8x1x1x8xf32>, !tosa.shape<2>) -> tensor<8x8xf32>
  %z = tosa.add %r, %b : (tensor<8x8xf32>, tensor<1x8xf32>) -> tensor<8x8xf32>
  return %z : tensor<8x8xf32>
}

// -----

// A sum over the images mixes them.
// CHECK-NOT: runs =
// CHECK-LABEL: func.func @main
// CHECK-SAME: tensor<8x4xf32>
func.func @main(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %s = tosa.reduce_max %x {axis = 0 : i32} : (tensor<8x4xf32>) -> tensor<1x4xf32>
  %y = tosa.add %x, %s : (tensor<8x4xf32>, tensor<1x4xf32>) -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// So does one that takes them for something else.
// CHECK-NOT: runs =
// CHECK-LABEL: func.func @main
// CHECK-SAME: tensor<8x8xf32>
func.func @main(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %y = tosa.transpose %x {perms = array<i32: 1, 0>} : (tensor<8x8xf32>) -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}

// -----

// A constant for each image, and a result that has none.
// CHECK-NOT: runs =
// CHECK-LABEL: func.func @main
// CHECK-SAME: tensor<8x4xf32>
func.func @main(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %c = "tosa.const"() {values = dense<0.25> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
  %y = tosa.add %x, %c : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// CHECK-NOT: runs =
// CHECK-LABEL: func.func @main
// CHECK-SAME: tensor<8x4xf32>
func.func @main(%x: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %c = "tosa.const"() {values = dense<0.25> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
  return %x, %c : tensor<8x4xf32>, tensor<8x4xf32>
}

// -----

// Rows of one image each.
// CHECK: runs = 4
// CHECK-LABEL: func.func @main
// CHECK: lw.normalize {{.*}} -> tensor<2x4xf32>
// CHECK: lw.softmax {{.*}} : tensor<2x4xf32>
func.func @main(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %s = "tosa.const"() {values = dense<0.25> : tensor<1x4xf32>} : () -> tensor<1x4xf32>
  %n = lw.normalize %x scale %s {axes = array<i64: 1>, epsilon = 0.0 : f32} : (tensor<8x4xf32>, tensor<1x4xf32>) -> tensor<8x4xf32>
  %y = lw.softmax %n {axis = 1 : i64} : tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// CHECK-NOT: runs =
// CHECK-LABEL: func.func @main
// CHECK: lw.softmax {{.*}} : tensor<8x4xf32>
func.func @main(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %y = lw.softmax %x {axis = 0 : i64} : tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// All images read one table.
// CHECK: runs = 4
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%{{.*}}: tensor<2xi64>) -> tensor<2x4xf32>
// CHECK: lw.gather {{.*}} (tensor<100x4xf32>, tensor<2xi64>) -> tensor<2x4xf32>
func.func @main(%x: tensor<8xi64>) -> tensor<8x4xf32> {
  %t = "tosa.const"() {values = dense<0.25> : tensor<100x4xf32>} : () -> tensor<100x4xf32>
  %y = lw.gather %t, %x {axis = 0 : i64} : (tensor<100x4xf32>, tensor<8xi64>) -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// Stages of groups of different sizes: what the second reads of the first is in
// memory for the whole batch.
// CUTS: lw.entry = {between = [{offset = 0 : i64, shape = array<i64: 8, 16>, type = f32}]
// CUTS-SAME: arrays = array<i64: 0, 2>, function = "main_0", parts = 1 : i64, runs = 4 : i64
// CUTS-SAME: arrays = array<i64: 2, 1>, function = "main_1", parts = 1 : i64, runs = 1 : i64
// CUTS: func.func @main_0(%{{.*}}: tensor<2x2x2x4xf32> {lw.name = "x"}) -> tensor<2x16xf32>
// CUTS: lw.conv_2d {{.*}} -> tensor<2x2x2x4xf32>
// CUTS: tosa.reshape
// CUTS-NOT: lw.normalize
// CUTS: func.func @main_1(%{{.*}}: tensor<8x16xf32>) -> (tensor<8x16xf32> {lw.name = "y"})
// CUTS: "tosa.const"() <{values = dense<2.500000e-01> : tensor<1x16xf32>}>
// CUTS: lw.normalize {{.*}} -> tensor<8x16xf32>
func.func @main(%x: tensor<8x2x2x4xf32> {lw.name = "x"}) -> (tensor<8x16xf32> {lw.name = "y"}) {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x4x4xf32>} : () -> tensor<3x3x4x4xf32>
  %s = "tosa.const"() {values = dense<0.25> : tensor<1x16xf32>} : () -> tensor<1x16xf32>
  %shape = tosa.const_shape {values = dense<[8, 16]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %c = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<8x2x2x4xf32>, tensor<3x3x4x4xf32>) -> tensor<8x2x2x4xf32>
  %r = tosa.reshape %c, %shape : (tensor<8x2x2x4xf32>, !tosa.shape<2>) -> tensor<8x16xf32>
  %n = lw.normalize %r scale %s {axes = array<i64: 1>, epsilon = 0.0 : f32} : (tensor<8x16xf32>, tensor<1x16xf32>) -> tensor<8x16xf32>
  return %n : tensor<8x16xf32>
}

// -----

// A value that crosses two cuts is written once; an input is read by two stages;
// an output that a later stage reads is read where the caller has it.
// THREE: between = [{offset = 0 : i64, shape = array<i64: 8, 4>, type = f32}]
// THREE-SAME: arrays = array<i64: 0, 3>, function = "main_0", parts = 1 : i64, runs = 4 : i64
// THREE-SAME: arrays = array<i64: 3, 0, 1>, function = "main_1", parts = 1 : i64, runs = 2 : i64
// THREE-SAME: arrays = array<i64: 1, 3, 2>, function = "main_2", parts = 1 : i64, runs = 1 : i64
// THREE: func.func @main_1(%{{.*}}: tensor<4x4xf32>, %{{.*}}: tensor<4x4xf32>) -> tensor<4x4xf32>
func.func @main(%x: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %a = tosa.abs %x : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %b = tosa.add %a, %x : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  %c = tosa.add %b, %a : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return %b, %c : tensor<8x4xf32>, tensor<8x4xf32>
}
