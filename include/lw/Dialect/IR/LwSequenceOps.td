//===- LwSequenceOps.td - Operations that run over a sequence -*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWSEQUENCEOPS_TD
#define LW_DIALECT_IR_LWSEQUENCEOPS_TD

include "lw/Dialect/IR/LwBase.td"
include "lw/Dialect/IR/LwSequenceEnums.td"

class Lw_F32OfRank<int rank>
    : RankedTensorOf<[F32], [HasStaticShapePred, HasAnyRankOfPred<[rank]>],
                     "static tensor of f32, of rank " # rank>;

def Lw_RecurrentWeights
    : RankedTensorOf<[F32, BF16, I8], [HasStaticShapePred, HasAnyRankOfPred<[3]>],
                     "static tensor of f32, bf16 or i8, of rank 3">;

def Lw_RecurrentOp : Lw_Op<"recurrent", [AttrSizedOperandSegments]> {
  let summary = "Recurrent layer: LSTM, GRU or RNN";
  let description = [{
    The part of a recurrent layer that goes step by step. What does not depend on
    the step before, the products of all inputs with their weights, is computed
    before it, as one matrix product (`projected`, biases included). With `T` steps,
    `N` samples, `D` directions, `G` gates and `H` hidden units:

    | operand          | shape           |                                        |
    |------------------|-----------------|----------------------------------------|
    | `projected`      | `T x N x D*G*H` | products with the inputs, and biases   |
    | `weights`        | `D x H x G*H`   | of the state before, a row per unit    |
    | `scales`         | `D x G*H`       | of the columns of i8 weights           |
    | `bias`           | `D x H`         | of the last gate's product (`gru` with `linear_before_reset`) |
    | `initial_hidden` | `D x N x H`     | state before the first step, else 0    |
    | `initial_cell`   | `D x N x H`     | the same of the cell (`lstm`)          |
    | `peepholes`      | `D x 3*H`       | weights of the cell in i, o, f (`lstm`)|

    Gates lie in ONNX's order: `i o f c` of `lstm` (`G` = 4), `z r h` of `gru` (3),
    `h` of `rnn` (1). With `x_g` the projected part of gate `g`, `R_g` its recurrent
    weights, `h`, `c` the state before, and f, g, h the `activations` of a direction:

    ```
    lstm:  i = f(x_i + h R_i + p_i c)      o = f(x_o + h R_o + p_o c')
           f = f(x_f + h R_f + p_f c)      (1 - i with input_forget)
           c' = f * c + i * g(x_c + h R_c)
           h' = o * h(c')
    gru:   z = f(x_z + h R_z)              r = f(x_r + h R_r)
           n = g(x_h + (r * h) R_h)        (g(x_h + r * (h R_h + bias)) with linear_before_reset)
           h' = (1 - z) * n + z * h
    rnn:   h' = f(x_h + h R_h)
    ```

    `clip` bounds what f and g of gates are taken of to `[-clip, clip]`. The second
    direction of a `bidirectional` layer, and a `reverse` one, begin with the last
    step. `alphas` and `betas` are the parameters of the activations, of all
    directions one after another (0 where a function has none).

    Weights of i8 are integers `w` less the zero point of their direction
    (`zero_points`, 0 without), times the scale of their column. The state that they
    multiply, of all samples together, is quantized in each step as
    DynamicQuantizeLinear says; the sum of products is an integer:

    ```
    low = min(0, min h)       high = max(0, max h)
    scale = (high - low) / 255                       (1 where both are 0)
    zero = saturate(round(-low / scale))   q = saturate(round(h / scale) + zero)
    h R = sum((q - zero) * (w - zero_point)) * (scale * scales)
    ```

    The result holds the hidden state after each step, `T x D x N x H`, at the step's
    own place; with `with_cell` there is one row more, the cells after the last step.

    Costs `T * N * D * G * H * H` MACs.

    Example:

    ```mlir
    %y = lw.recurrent lstm forward %x, %r {
           activations = ["sigmoid", "tanh", "tanh"],
           alphas = array<f32: 0.0, 0.0, 0.0>, betas = array<f32: 0.0, 0.0, 0.0>}
         : (tensor<20x1x256xf32>, tensor<1x64x256xf32>) -> tensor<20x1x1x64xf32>
    ```
  }];
  let arguments = (ins
    Lw_RecurrentKind:$kind, Lw_RecurrentDirection:$direction,
    Lw_F32OfRank<3>:$projected, Lw_RecurrentWeights:$weights,
    Optional<Lw_F32OfRank<2>>:$scales,
    Optional<Lw_F32OfRank<2>>:$bias,
    Optional<Lw_F32OfRank<3>>:$initial_hidden,
    Optional<Lw_F32OfRank<3>>:$initial_cell,
    Optional<Lw_F32OfRank<2>>:$peepholes,
    StrArrayAttr:$activations, DenseF32ArrayAttr:$alphas, DenseF32ArrayAttr:$betas,
    OptionalAttr<DenseI32ArrayAttr>:$zero_points, OptionalAttr<F32Attr>:$clip,
    UnitAttr:$input_forget, UnitAttr:$linear_before_reset, UnitAttr:$with_cell);
  let results = (outs Lw_F32OfRank<4>:$output);
  let assemblyFormat = [{
    $kind $direction $projected `,` $weights (`scales` $scales^)?
      (`bias` $bias^)? (`initial_hidden` $initial_hidden^)? (`initial_cell` $initial_cell^)?
      (`peepholes` $peepholes^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getSteps() { return getProjected().getType().getDimSize(0); }
    int64_t getBatch() { return getProjected().getType().getDimSize(1); }
    int64_t getDirections() { return getWeights().getType().getDimSize(0); }
    int64_t getHidden() { return getWeights().getType().getDimSize(1); }
    /// Of the integers of a direction's weights.
    int64_t getZeroPoint(int64_t direction) {
      return getZeroPoints() ? (*getZeroPoints())[direction] : 0;
    }
    int64_t getGates() { return ::mlir::lw::gatesOf(getKind()); }
    /// Activation `i` (f, g, h) of a direction.
    ::mlir::lw::RecurrentActivation getActivation(int64_t direction, int64_t i);
    int64_t getMacs();
  }];
}

#endif // LW_DIALECT_IR_LWSEQUENCEOPS_TD
