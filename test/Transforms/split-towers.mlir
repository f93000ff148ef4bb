// RUN: lw-opt %s --lw-split-towers="user=u item=i,g" | FileCheck %s
// RUN: lw-opt %s --lw-split-towers="user=u item=i,g part=item" | FileCheck %s --check-prefix=PART
// RUN: not lw-opt %s --lw-split-towers="user=u item=x" 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not lw-opt %s --lw-split-towers="user=u,i item=g" 2>&1 | FileCheck %s --check-prefix=NONE
// Together the parts are the whole.
// RUN: lw-opt %s --lw-split-towers="user=u item=i,g" --inline -o %t.whole.mlir
// RUN: lw-run %t.whole.mlir --random-input --output %t.split.npy
// RUN: lw-run %s --random-input --output %t.npy
// RUN: cmp %t.split.npy %t.npy

// CHECK-LABEL: func.func private @user(
// CHECK-SAME:    {lw.name = "u"}) -> (tensor<2x3xf32> {lw.name = "user_0"})
// CHECK:         tosa.exp
// CHECK-NOT:     tosa.mul
// CHECK-LABEL: func.func private @item(
// CHECK-SAME:    {lw.name = "i"}, {{.*}} {lw.name = "g"}) -> (tensor<2x3xf32> {lw.name = "item_0"})
// CHECK:         tosa.const
// CHECK:         tosa.add
// CHECK:         tosa.add
// CHECK-LABEL: func.func private @score(
// CHECK-SAME:    {lw.name = "user_0"}, {{.*}} {lw.name = "item_0"}, {{.*}} {lw.name = "u"}) -> (tensor<2x3xf32> {lw.name = "y"})
// CHECK:         tosa.const
// CHECK-LABEL: func.func @main(
// CHECK:         %[[U:.*]] = call @user
// CHECK:         %[[I:.*]] = call @item
// CHECK:         %[[S:.*]] = call @score(%[[U]], %[[I]],
// CHECK:         return %[[S]]

// PART:     func.func @main({{.*}} {lw.name = "i"}, {{.*}} {lw.name = "g"})
// PART-NOT: func.func

// NAME: has no input 'x'; its inputs are 'u', 'i', 'g'
// NONE: nothing depends on the inputs of 'item' alone
func.func @main(%u: tensor<2x3xf32> {lw.name = "u"}, %i: tensor<2x3xf32> {lw.name = "i"},
                %g: tensor<2x3xf32> {lw.name = "g"}) -> (tensor<2x3xf32> {lw.name = "y"}) {
  %two = "tosa.const"() {values = dense<2.0> : tensor<2x3xf32>} : () -> tensor<2x3xf32>
  %a = tosa.exp %u : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %b = tosa.add %i, %two : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %c = tosa.add %b, %g : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %d = tosa.sub %a, %c : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %e = tosa.add %d, %u : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %f = tosa.maximum %e, %two : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %f : tensor<2x3xf32>
}
