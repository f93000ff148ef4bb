// Quantized operations become float ones between QuantizeLinear and
// DequantizeLinear, and compute the same integers.

// REQUIRES: python-onnx
// RUN: lw-opt %s --mlir-print-debuginfo -o %t.mlir
// RUN: lw-translate --export-onnx %t.mlir -o %t.onnx
// RUN: %onnx_python %S/Inputs/print_onnx.py %t.onnx | FileCheck %s
// RUN: %onnx_python %S/Inputs/evaluate_onnx.py %t.onnx %t.mlir | FileCheck %s --check-prefix=VALUES
// VALUES: elements agree

// CHECK: input x: FLOAT [1x3x4x4]
// CHECK-DAG: constant conv_weight: INT8 [4x3x1x1]
// CHECK-DAG: constant conv_weight_scale: FLOAT [4] = 0.25 0.5 0.125 0.01
// CHECK-DAG: constant conv_bias: INT32 [4] = 7 -8 9 1000
// The products of the scales of input and weights.
// CHECK-DAG: constant conv_bias_scale: FLOAT [4] = 0.0125 0.025 0.00625 0.0005
// CHECK-DAG: constant [[STEP:.*]]: FLOAT [] = 0.05
// CHECK-DAG: constant [[ZERO:.*]]: UINT8 [] = 128
// CHECK-DAG: constant [[ZEROS:.*]]: INT8 [4] = 0 0 0 0
// CHECK-DAG: constant [[MINUS5:.*]]: INT8 [] = -5
// CHECK-DAG: constant [[TABLE:look.*]]: UINT8 [256]
// CHECK-DAG: constant [[OTHER:more.*]]: INT8 [256]
func.func @main(%nchw: tensor<1x3x4x4xf32> {lw.name = "x"})
    -> (tensor<1x4x4x4xi8> {lw.name = "product"}, tensor<1x2xf32> {lw.name = "full"},
        tensor<1x2x2x4xi32> {lw.name = "sums"}, tensor<1x4x4x8xi8> {lw.name = "joined"},
        tensor<1x2x2x4xi8> {lw.name = "means"}) {
  %x = tosa.transpose %nchw {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x3x4x4xf32>) -> tensor<1x4x4x3xf32>
  %w = "tosa.const"() <{values = dense<[[[[1, -2, 3, -4], [5, 6, 7, 8], [-127, 127, 3, 4]]]]> : tensor<1x1x3x4xi8>}> : () -> tensor<1x1x3x4xi8>
  %b = "tosa.const"() <{values = dense<[7, -8, 9, 1000]> : tensor<4xi32>}> : () -> tensor<4xi32>
  %wd = "tosa.const"() <{values = dense<[[[[1], [-2], [3], [4]]], [[[5], [-6], [7], [8]]]]> : tensor<2x1x4x1xi8>}> : () -> tensor<2x1x4x1xi8>
  %wi = "tosa.const"() <{values = dense<[[[[1, 2, 3, 4], [4, 3, 2, 1], [5, 6, 7, 8], [-1, 2, -3, 4]]]]> : tensor<1x1x4x4xi8>}> : () -> tensor<1x1x4x4xi8>
  // CHECK: [[Q:.*]] = QuantizeLinear(x, [[STEP]], [[ZERO]]) as start_QuantizeLinear
  %q = lw.quantize %x to <u8, 0.05, 128> : tensor<1x4x4x3xf32> -> tensor<1x4x4x3xi8> loc("start")
  // CHECK-NEXT: [[X:.*]] = DequantizeLinear([[Q]], [[STEP]], [[ZERO]])
  // CHECK-NEXT: [[W:.*]] = DequantizeLinear(conv_weight, conv_weight_scale, [[ZEROS]]) axis=0
  // CHECK-NEXT: [[B:.*]] = DequantizeLinear(conv_bias, conv_bias_scale, {{.*}}) axis=0
  // CHECK-NEXT: conv = Conv([[X]], [[W]], [[B]])
  // CHECK-NEXT: [[R:.*]] = Relu(conv)
  // CHECK-NEXT: [[C:.*]] = QuantizeLinear([[R]], {{.*}}, [[MINUS5]])
  %c = lw.pointwise_conv_2d %q, %w bias %b {activation = #lw.act<relu>, quantization = #lw.conv_quant<input = <u8, 0.05, 128>,
      filter = [0.25, 0.5, 0.125, 0.01], output = <s8, 1.0, -5>>}
    : (tensor<1x4x4x3xi8>, tensor<1x1x3x4xi8>, tensor<4xi32>) -> tensor<1x4x4x4xi8> loc("conv")
  // CHECK: deep = Conv({{.*}}) {{.*}}group=4
  // CHECK-NEXT: [[SUM:.*]] = Add(deep, {{.*}})
  // CHECK-NEXT: [[CLIP:.*]] = Clip([[SUM]],
  // CHECK-NEXT: [[D:.*]] = QuantizeLinear([[CLIP]],
  %d = lw.depthwise_conv_2d %c, %wd residual %c {padding = array<i64: 1, 0, 0, 0>, activation = #lw.act<clamp, -10.0, 40.0>,
      quantization = #lw.conv_quant<input = <s8, 1.0, -5>, filter = [0.25, 0.5, 0.125, 0.01],
                                    output = <u8, 0.3, 40>, residual = <s8, 1.0, -5>>}
    : (tensor<1x4x4x4xi8>, tensor<2x1x4x1xi8>, tensor<1x4x4x4xi8>) -> tensor<1x4x4x4xi8> loc("deep")
  // The reader of the table's bytes takes them for unsigned.
  // CHECK: [[I:.*]] = Cast([[D]]) to=6
  // CHECK-NEXT: look = Gather([[TABLE]], [[I]]) axis=0
  %l = lw.lookup %d in dense<"0xFFFEFDFCFBFAF9F8F7F6F5F4F3F2F1F0EFEEEDECEBEAE9E8E7E6E5E4E3E2E1E0DFDEDDDCDBDAD9D8D7D6D5D4D3D2D1D0CFCECDCCCBCAC9C8C7C6C5C4C3C2C1C0BFBEBDBCBBBAB9B8B7B6B5B4B3B2B1B0AFAEADACABAAA9A8A7A6A5A4A3A2A1A09F9E9D9C9B9A999897969594939291908F8E8D8C8B8A898887868584838281807F7E7D7C7B7A797877767574737271706F6E6D6C6B6A696867666564636261605F5E5D5C5B5A595857565554535251504F4E4D4C4B4A494847464544434241403F3E3D3C3B3A393837363534333231302F2E2D2C2B2A292827262524232221201F1E1D1C1B1A191817161514131211100F0E0D0C0B0A09080706050403020100"> : tensor<256xi8> : tensor<1x4x4x4xi8> loc("look")
  // Bytes below zero are counted from the table's end.
  // CHECK: more = Gather([[OTHER]],
  %n = lw.lookup %c in dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F"> : tensor<256xi8> : tensor<1x4x4x4xi8> loc("more")
  // CHECK: DequantizeLinear({{.*}}
  // CHECK-NEXT: [[RE:.*]] = QuantizeLinear({{.*}} as re_QuantizeLinear
  %r = lw.requantize %n from <s8, 1.0, -5> to <u8, 1.5, 10> : tensor<1x4x4x4xi8> loc("re")
  // CHECK: sum = Add({{.*}})
  // CHECK-NEXT: QuantizeLinear(sum,
  %a = lw.add %l from <u8, 0.1, 3>, %r from <u8, 1.5, 10> to <s8, 1.7, 3>
    : tensor<1x4x4x4xi8>, tensor<1x4x4x4xi8> -> tensor<1x4x4x4xi8> loc("sum")
  // CHECK: [[M:.*]] = Mul({{.*}}) as times
  // CHECK-NEXT: [[P:.*]] = QuantizeLinear([[M]],
  %m = lw.mul %a from <s8, 1.7, 3>, %d from <u8, 0.3, 40> to <u8, 3.0, 100>
    : tensor<1x4x4x4xi8>, tensor<1x4x4x4xi8> -> tensor<1x4x4x4xi8> loc("times")
  // CHECK-NEXT: sumint = ConvInteger([[P]], sumint_weight, {{.*}}) {{.*}}strides=[2, 2]
  %i = lw.pointwise_conv_2d %m, %wi {strides = array<i64: 2, 2>, quantization = #lw.conv_quant<input = <u8, 3.0, 100>>}
    : (tensor<1x4x4x4xi8>, tensor<1x1x4x4xi8>) -> tensor<1x2x2x4xi32> loc("sumint")
  %flat = "tosa.const_shape"() <{values = dense<[1, 1, 1, 64]> : tensor<4xindex>}> : () -> !tosa.shape<4>
  %rows = "tosa.const_shape"() <{values = dense<[1, 2]> : tensor<2xindex>}> : () -> !tosa.shape<2>
  %f = tosa.reshape %m, %flat : (tensor<1x4x4x4xi8>, !tosa.shape<4>) -> tensor<1x1x1x64xi8>
  %wf = "tosa.const"() <{values = dense<"0x000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF"> : tensor<1x1x64x2xi8>}> : () -> tensor<1x1x64x2xi8>
  // Integers are flattened, so that they are dequantized where they are read.
  // CHECK: [[FLAT:.*]] = Flatten([[P]])
  // CHECK-NEXT: [[REAL:.*]] = DequantizeLinear([[FLAT]],
  // CHECK: full = Gemm([[REAL]], {{.*}}) transB=1
  %g = lw.pointwise_conv_2d %f, %wf {quantization = #lw.conv_quant<input = <u8, 3.0, 100>, filter = [0.25, 0.5]>}
    : (tensor<1x1x1x64xi8>, tensor<1x1x64x2xi8>) -> tensor<1x1x1x2xf32> loc("full")
  %g2 = tosa.reshape %g, %rows : (tensor<1x1x1x2xf32>, !tosa.shape<2>) -> tensor<1x2xf32>
  // CHECK: MaxPool([[C]])
  %p = tosa.max_pool2d %c {kernel = array<i64: 3, 3>, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}
    : (tensor<1x4x4x4xi8>) -> tensor<1x4x4x4xi8> loc("pool")
  %j = tosa.concat %p, %a {axis = 3 : i32} : (tensor<1x4x4x4xi8>, tensor<1x4x4x4xi8>) -> tensor<1x4x4x8xi8> loc("join")
  // Averages of integers are convolutions with ones.
  // CHECK: [[MEAN:.*]] = AveragePool({{.*}}) kernel_shape=[2, 2] pads=[0, 0, 0, 0] strides=[2, 2] as mean
  // CHECK-NEXT: QuantizeLinear([[MEAN]],
  %ones = "tosa.const"() <{values = dense<1> : tensor<2x2x4x1xi8>}> : () -> tensor<2x2x4x1xi8>
  %v = lw.depthwise_conv_2d %d, %ones {strides = array<i64: 2, 2>, quantization = #lw.conv_quant<input = <u8, 0.3, 40>,
      filter = [0.25, 0.25, 0.25, 0.25], output = <s8, 0.23, -5>>}
    : (tensor<1x4x4x4xi8>, tensor<2x2x4x1xi8>) -> tensor<1x2x2x4xi8> loc("mean")
  // CHECK: output product: UINT8 [1x4x4x4]
  // CHECK: output sums: INT32 [1x2x2x4]
  // CHECK: output joined: INT8 [1x4x4x8]
  // CHECK: output means: INT8 [1x2x2x4]
  return %m, %g2, %i, %j, %v : tensor<1x4x4x4xi8>, tensor<1x2xf32>, tensor<1x2x2x4xi32>, tensor<1x4x4x8xi8>, tensor<1x2x2x4xi8>
}
