// RUN: lw-opt %s --lw-expand-copy | FileCheck %s

// CHECK-LABEL: func.func @copies
func.func @copies(%x: memref<4x4xf32>, %y: memref<4x4xf32>, %z: memref<4x8xf32, strided<[16, 1], offset: 3>>,
                  %w: memref<4x8xf32>) {
  // CHECK-NEXT: memref.copy %{{.*}} : memref<4x4xf32> to memref<4x4xf32>
  memref.copy %x, %y : memref<4x4xf32> to memref<4x4xf32>
  // CHECK-NEXT: linalg.generic {{.*}} ins(%{{.*}} : memref<4x8xf32, strided<[16, 1], offset: 3>>) outs(%{{.*}} : memref<4x8xf32>)
  // CHECK-NOT: memref.copy
  memref.copy %z, %w : memref<4x8xf32, strided<[16, 1], offset: 3>> to memref<4x8xf32>
  return
}
