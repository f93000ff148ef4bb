//===- LwSequenceEnums.td - Kinds of recurrent layers ------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWSEQUENCEENUMS_TD
#define LW_DIALECT_IR_LWSEQUENCEENUMS_TD

include "mlir/IR/EnumAttr.td"

class Lw_SequenceEnum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::mlir::lw";
}

def Lw_RecurrentKind : Lw_SequenceEnum<"RecurrentKind", "Kind of a recurrent layer", [
    I32EnumAttrCase<"LSTM", 0, "lstm">,
    I32EnumAttrCase<"GRU", 1, "gru">,
    I32EnumAttrCase<"RNN", 2, "rnn">
  ]>;

def Lw_RecurrentDirection : Lw_SequenceEnum<"RecurrentDirection", "Order of the steps", [
    I32EnumAttrCase<"Forward", 0, "forward">,
    I32EnumAttrCase<"Reverse", 1, "reverse">,
    I32EnumAttrCase<"Bidirectional", 2, "bidirectional">
  ]>;

def Lw_RecurrentFunction : Lw_SequenceEnum<"RecurrentFunction", "Activation of a gate", [
    I32EnumAttrCase<"Relu", 0, "relu">,
    I32EnumAttrCase<"Tanh", 1, "tanh">,
    I32EnumAttrCase<"Sigmoid", 2, "sigmoid">,
    I32EnumAttrCase<"Affine", 3, "affine">,
    I32EnumAttrCase<"LeakyRelu", 4, "leaky_relu">,
    I32EnumAttrCase<"ThresholdedRelu", 5, "thresholded_relu">,
    I32EnumAttrCase<"ScaledTanh", 6, "scaled_tanh">,
    I32EnumAttrCase<"HardSigmoid", 7, "hard_sigmoid">,
    I32EnumAttrCase<"Elu", 8, "elu">,
    I32EnumAttrCase<"Softsign", 9, "softsign">,
    I32EnumAttrCase<"Softplus", 10, "softplus">
  ]>;

#endif // LW_DIALECT_IR_LWSEQUENCEENUMS_TD
