//===- VerifyPlaces.cpp - Check where values lie in the arena
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Memory/VerifyPlaces.h"
#include "Kernels/KernelKind.h"
#include "Kernels/Support.h"
#include "Memory/Liveness.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

/// A value or a kernel's scratch memory, and when it is needed.
struct Place {
  Operation *op;
  int64_t begin, end, first, last;
  bool scratch;
};

class PlaceVerifier {
public:
  PlaceVerifier(func::FuncOp main, const TargetInfo &target)
      : main(main), target(target), liveness(main) {}
  LogicalResult verify();

private:
  LogicalResult collect(Operation *op);
  LogicalResult verifyAlias(Operation *op);
  /// The operation whose memory the result of `op` is a part of.
  Operation *rootOf(Operation *op) const {
    for (Operation *root = roots.lookup(op); root && root != op;
         root = roots.lookup(op))
      op = root;
    return op;
  }

  func::FuncOp main;
  const TargetInfo &target;
  const Liveness liveness;
  SmallVector<Place> places;
  llvm::DenseMap<Operation *, Operation *> roots;
};

} // namespace

bool mlir::lw::hasPlaces(func::FuncOp main) {
  return llvm::any_of(
      main.front(), [](Operation &op) { return op.hasAttr(kBufferAttrName); });
}

static BufferAttr bufferOf(Operation *op, StringRef name = kBufferAttrName) {
  return op ? op->getAttrOfType<BufferAttr>(name) : BufferAttr();
}

static bool contains(BufferAttr whole, BufferAttr part) {
  return part.getOffset() >= whole.getOffset() &&
         part.getOffset() + part.getBytes() <=
             whole.getOffset() + whole.getBytes();
}

LogicalResult PlaceVerifier::verifyAlias(Operation *op) {
  BufferAttr place = bufferOf(op);
  BufferAttr operand = bufferOf(op->getOperand(0).getDefiningOp());
  // That of an argument or a constant lies outside of the arena.
  if (static_cast<bool>(place) != static_cast<bool>(operand) ||
      (place && place.getOffset() != operand.getOffset()))
    return op->emitError(
        "is an alias, but does not lie where its operand does");
  return success();
}

LogicalResult PlaceVerifier::collect(Operation *op) {
  bool alias = static_cast<bool>(planOf<AliasAttr>(op));
  if (alias && failed(verifyAlias(op)))
    return failure();
  BufferAttr place = bufferOf(op);
  if (!place && !alias)
    return op->emitError("has no place in memory; run --lw-plan-memory first");
  if (place) {
    // Whole vectors need nothing behind the last.
    Layout storage = getStorage(op);
    int64_t least = storage.block % target.lanes() == 0
                        ? storage.elements() * storage.elementBytes()
                        : storage.bytes();
    if (!alias && place.getBytes() < least)
      return op->emitError("needs ")
             << least << " bytes, its place has " << place.getBytes();
    roots[op] = op;
    if (alias)
      roots[op] = roots.lookup(op->getOperand(0).getDefiningOp());
    places.push_back({op, place.getOffset(),
                      place.getOffset() + place.getBytes(),
                      liveness.positionOf(op), liveness.lastUse(op),
                      /*scratch=*/false});
  }
  int64_t bytes = kindOf(op).scratchBytes(op, target);
  BufferAttr scratch = bufferOf(op, kScratchAttrName);
  if (bytes && !scratch)
    return op->emitError("has no scratch memory; run --lw-plan-memory first");
  if (!bytes)
    return success();
  if (scratch.getBytes() < bytes)
    return op->emitError("needs ")
           << bytes << " bytes of scratch memory, has " << scratch.getBytes();
  int64_t position = liveness.positionOf(op);
  places.push_back({op, scratch.getOffset(),
                    scratch.getOffset() + scratch.getBytes(), position,
                    position, /*scratch=*/true});
  return success();
}

LogicalResult PlaceVerifier::verify() {
  for (Operation &op : main.front().without_terminator())
    if (!isCompileTime(&op) && failed(collect(&op)))
      return failure();
  // Parts of a concatenation that are computed in place belong to the whole.
  for (Operation &op : llvm::reverse(main.front()))
    if (auto concat = dyn_cast<tosa::ConcatOp>(op))
      for (Value part : concat.getInput1()) {
        Operation *producer = part.getDefiningOp();
        BufferAttr place = bufferOf(producer), whole = bufferOf(concat);
        if (place && whole && contains(whole, place))
          roots[producer] = roots.lookup(concat);
      }
  // What is read through one value of a root keeps all of them.
  llvm::DenseMap<Operation *, int64_t> last;
  for (const Place &place : places)
    if (!place.scratch) {
      int64_t &end = last[rootOf(place.op)];
      end = std::max(end, place.last);
    }
  for (Place &place : places)
    if (!place.scratch)
      place.last = last.lookup(rootOf(place.op));
  for (const auto &[i, a] : llvm::enumerate(places))
    for (const Place &b : ArrayRef<Place>(places).drop_front(i + 1)) {
      bool together = a.first <= b.last && b.first <= a.last;
      bool overlap = a.begin < b.end && b.begin < a.end;
      bool same = !a.scratch && !b.scratch && rootOf(a.op) == rootOf(b.op);
      if (!together || !overlap || same)
        continue;
      InFlightDiagnostic error =
          b.op->emitError("overlaps in memory with a value that lives at the "
                          "same time: bytes ")
          << b.begin << " to " << b.end << " with " << a.begin << " to "
          << a.end;
      error.attachNote(a.op->getLoc()) << "this one";
      return error;
    }
  return success();
}

LogicalResult mlir::lw::verifyPlaces(func::FuncOp main,
                                     const TargetInfo &target) {
  return PlaceVerifier(main, target).verify();
}
