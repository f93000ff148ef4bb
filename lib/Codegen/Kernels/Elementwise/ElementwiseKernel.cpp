//===- ElementwiseKernel.cpp - Element-wise operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Elementwise/ElementwiseKernel.h"
#include "Kernels/Elementwise/QuantizedElements.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

SmallVector<Value> mlir::lw::kernelOperands(Operation *op) {
  if (isQuantizedElementwise(op))
    return op->getOperands();
  if (isa<tosa::AddOp, tosa::SubOp, tosa::MulOp, tosa::MaximumOp,
          tosa::MinimumOp>(op))
    return {op->getOperand(0), op->getOperand(1)};
  if (isa<tosa::ClampOp, tosa::SigmoidOp, tosa::TanhOp, tosa::ExpOp,
          tosa::AbsOp, tosa::NegateOp, tosa::ReciprocalOp, tosa::FloorOp,
          tosa::CeilOp>(op))
    return {op->getOperand(0)};
  return {};
}

static ActivationAttr activationOf(Operation *op) {
  MLIRContext *context = op->getContext();
  if (isa<tosa::SigmoidOp>(op))
    return ActivationAttr::get(context, ActivationKind::Sigmoid);
  if (isa<tosa::TanhOp>(op))
    return ActivationAttr::get(context, ActivationKind::Tanh);
  auto clamp = dyn_cast<tosa::ClampOp>(op);
  if (!clamp)
    return {};
  auto bound = [](Attribute attr) {
    return static_cast<float>(cast<FloatAttr>(attr).getValueAsDouble());
  };
  return ActivationAttr::get(context, ActivationKind::Clamp,
                             bound(clamp.getMinVal()),
                             bound(clamp.getMaxVal()));
}

Value mlir::lw::applyElementwise(KernelBuilder &k, Operation *op,
                                 ValueRange x) {
  if (isQuantizedElementwise(op))
    return applyQuantized(k, op, x);
  if (ActivationAttr activation = activationOf(op))
    return k.activate(activation, x[0]);
  ImplicitLocOpBuilder &b = k.b;
  // The sign of a zero costs as much as NaN.
  auto fast =
      arith::FastMathFlagsAttr::get(b.getContext(), arith::FastMathFlags::nsz);
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](tosa::AddOp) { return arith::AddFOp::create(b, x[0], x[1]); })
      .Case([&](tosa::SubOp) { return arith::SubFOp::create(b, x[0], x[1]); })
      .Case([&](tosa::MulOp) { return arith::MulFOp::create(b, x[0], x[1]); })
      .Case([&](tosa::MaximumOp) {
        return arith::MaximumFOp::create(b, x[0], x[1], fast);
      })
      .Case([&](tosa::MinimumOp) {
        return arith::MinimumFOp::create(b, x[0], x[1], fast);
      })
      .Case([&](tosa::ExpOp) { return math::ExpOp::create(b, x[0]); })
      .Case([&](tosa::AbsOp) { return math::AbsFOp::create(b, x[0]); })
      .Case([&](tosa::NegateOp) { return arith::NegFOp::create(b, x[0]); })
      .Case([&](tosa::FloorOp) { return math::FloorOp::create(b, x[0]); })
      .Case([&](tosa::CeilOp) { return math::CeilOp::create(b, x[0]); })
      .Case([&](tosa::ReciprocalOp) {
        return arith::DivFOp::create(b, k.splat(1), x[0]);
      });
}

namespace {

class ElementwiseEmitter {
public:
  ElementwiseEmitter(KernelBuilder &k, const ElementwiseSpec &spec,
                     Operation *op, ArrayRef<Value> buffers, Value output)
      : k(k), s(spec), op(op), buffers(buffers), output(output) {}
  void emit();

private:
  bool isFlat() const;
  void emitRun(Value n, Value block, Value y, Value x, int64_t run);
  void emitVector(ArrayRef<Address> from, Address to, Value block, Value i,
                  int64_t count);
  static Address start(KernelBuilder &k, const Layout &l, Value n, Value block,
                       Value y, Value x);

  KernelBuilder &k;
  const ElementwiseSpec &s;
  Operation *op;
  ArrayRef<Value> buffers;
  Value output;
};

} // namespace

Address ElementwiseEmitter::start(KernelBuilder &k, const Layout &l, Value n,
                                  Value block, Value y, Value x) {
  Address a = k.advance({Value(), l.origin()}, n, l.imageStride());
  a = k.advance(a, block, l.blockStride());
  a = k.advance(a, y, l.rowStride());
  return x ? k.advance(a, x, l.block) : a;
}

/// All operands lie like the result, without a halo: one array.
bool ElementwiseEmitter::isFlat() const {
  return !s.out.hasHalo() &&
         llvm::all_of(s.operands, [&](const ElementwiseOperand &o) {
           return o.kind == ElementwiseOperand::Splat ||
                  (o.kind == ElementwiseOperand::Full &&
                   o.layout.samePlacement(s.out));
         });
}

void ElementwiseEmitter::emitVector(ArrayRef<Address> from, Address to,
                                    Value block, Value i, int64_t count) {
  SmallVector<Value> operands;
  for (auto [index, o] : llvm::enumerate(s.operands)) {
    switch (o.kind) {
    case ElementwiseOperand::Splat:
      operands.push_back(k.splat(o.splat));
      break;
    case ElementwiseOperand::Full:
      operands.push_back(
          k.loadPart(buffers[index], k.advance(from[index], i, 1), count));
      break;
    case ElementwiseOperand::Channel:
      if (s.out.block == k.vl)
        operands.push_back(
            k.loadPart(buffers[index], k.advance({}, block, k.vl), count));
      else if (s.out.block == 1)
        operands.push_back(
            k.broadcast(k.loadScalar(buffers[index], k.advance({}, block, 1))));
      else
        operands.push_back(
            k.loadPart(buffers[index], k.advance({}, i, 1), count));
      break;
    }
  }
  k.storePart(applyElementwise(k, op, operands), output, k.advance(to, i, 1),
              count);
}

void ElementwiseEmitter::emitRun(Value n, Value block, Value y, Value x,
                                 int64_t run) {
  SmallVector<Address> from;
  for (const ElementwiseOperand &o : s.operands)
    from.push_back(o.kind == ElementwiseOperand::Full
                       ? start(k, o.layout, n, block, y, x)
                       : Address());
  Address to = start(k, s.out, n, block, y, x);
  int64_t whole = run / k.vl * k.vl;
  k.loop(0, whole, k.vl,
         [&](Value i) { emitVector(from, to, block, i, k.vl); });
  if (run % k.vl)
    emitVector(from, to, block, k.constant(whole), run % k.vl);
}

void ElementwiseEmitter::emit() {
  const Layout &l = s.out;
  if (isFlat()) {
    SmallVector<Address> from(s.operands.size());
    int64_t whole = l.elements() / k.vl * k.vl;
    k.loop(
        0, whole, k.vl, [&](Value i) { emitVector(from, {}, {}, i, k.vl); },
        /*parallel=*/true);
    if (l.elements() % k.vl)
      emitVector(from, {}, {}, k.constant(whole), l.elements() % k.vl);
    return;
  }
  bool perPixel = l.block == l.c && l.block != k.vl && l.block != 1;
  k.loop(0, l.n, 1, [&](Value n) {
    k.loop(
        0, l.blocks(), 1,
        [&](Value block) {
          k.loop(0, l.h, 1, [&](Value y) {
            if (!perPixel)
              return emitRun(n, block, y, {}, l.w * l.block);
            k.loop(0, l.w, 1, [&](Value x) { emitRun(n, block, y, x, l.c); });
          });
        },
        /*parallel=*/true);
  });
}

void mlir::lw::emitElementwise(KernelBuilder &k, const ElementwiseSpec &spec,
                               Operation *op, ArrayRef<Value> buffers,
                               Value output) {
  // Real numbers beside bytes lie in blocks of those.
  if (isQuantizedElementwise(op))
    k.vl = isa<LookupOp>(op) ? k.target.tableLanes : TargetInfo::kByteBlock;
  ElementwiseEmitter(k, spec, op, buffers, output).emit();
}
