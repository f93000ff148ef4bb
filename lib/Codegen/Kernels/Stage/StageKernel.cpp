//===- StageKernel.cpp - Several layers strip by strip
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Stage/StageKernel.h"
#include "Kernels/Copy/CopyKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

bool StageSpec::isPossible() const {
  if (strips() < 2)
    return false;
  if (!expand)
    return true;
  // The rows above the image come like those that a strip before had left, and
  // rows below it are asked for by the last strip only.
  int64_t top = depthwise.g.padding[0];
  return top <= overlap() && overlap() <= step() &&
         (strips() - 1) * step() - top + overlap() <= expand->g.outHeight;
}

namespace {

class StageEmitter {
public:
  StageEmitter(KernelBuilder &k, const StageSpec &spec,
               const StageBuffers &buffers)
      : k(k), s(spec), buffers(buffers) {}
  void emit();

private:
  /// Strips from `begin` to `end`, of `outputs` rows each.
  void emitStrips(Value begin, Value end, int64_t outputs);
  void emitStrip(Value index, int64_t outputs);
  void keepOverlap();
  void expandRows(Value index, int64_t outputs);
  void finishStrip(Value index, int64_t outputs);
  void project(Value index, int64_t outputs);

  KernelBuilder &k;
  const StageSpec &s;
  const StageBuffers &buffers;
  // The thread at hand: its first strip, and where its rows of the expanded and
  // of the depthwise strip begin; null for one thread.
  Value first, expandBase, depthwiseBase;
};

} // namespace

/// Moves the last rows of the strip before to the beginning.
void StageEmitter::keepOverlap() {
  if (s.overlap() == 0)
    return;
  const Layout &l = s.expand->out;
  StridedCopy copy;
  copy.dims = {{l.blocks(), l.blockStride(), l.blockStride()},
               {s.overlap() * l.rowStride(), 1, 1}};
  copy.sourceBase = s.step() * l.rowStride();
  emitCopies(k, copy, buffers.expand.output, buffers.expand.output);
}

/// Computes the expanded rows of a strip that the one before has not left, and
/// clears those below the image.
void StageEmitter::expandRows(Value index, int64_t outputs) {
  const GemmSpec &e = *s.expand;
  int64_t top = s.depthwise.g.padding[0], rows = s.expandedRows(outputs);
  // The first strip has the rows above the image in place of an overlap; the
  // first of another thread has nothing.
  auto isStrip = [&](Value number) -> Value {
    return arith::CmpIOp::create(k.b, arith::CmpIPredicate::eq, index, number);
  };
  auto select = [&](Value condition, Value a, Value b) -> Value {
    return arith::SelectOp::create(k.b, condition, a, b);
  };
  Value begin = k.constant(s.overlap());
  if (first)
    begin = select(isStrip(first), k.constant(0), begin);
  if (first || top != s.overlap())
    begin = select(isStrip(k.constant(0)), k.constant(top), begin);
  int64_t image = e.g.outHeight + top;
  bool ends = (s.strips() - 1) * s.step() + rows > image;
  Value end = k.constant(rows);
  if (ends)
    end = arith::MinSIOp::create(
        k.b, end,
        arith::SubIOp::create(k.b, k.constant(image), k.mul(index, s.step())));
  int64_t inRow = e.g.strides[0] * e.in.rowStride();
  Value from = k.add(k.add(k.mul(index, s.step()), begin), -top);
  k.setBase(buffers.expand.input, k.mul(from, inRow));
  k.setBase(buffers.expand.output,
            k.add(k.mul(begin, e.out.rowStride()), expandBase));
  emitGemm(k, e, buffers.expand, arith::SubIOp::create(k.b, end, begin));
  k.setBase(buffers.expand.input, {});
  k.setBase(buffers.expand.output, expandBase);
  if (ends)
    k.loop(end, k.constant(rows), 1, [&](Value row) {
      emitZeroRows(k, e.out, buffers.expand.output, row, 1);
    });
}

void StageEmitter::project(Value index, int64_t outputs) {
  GemmSpec p = *s.project;
  auto base = [&](Value buffer, const Layout &l) {
    k.setBase(buffer, k.mul(index, s.rows * l.rowStride()));
  };
  base(buffers.project.output, p.out);
  if (p.residual)
    base(buffers.project.residual, *p.residual);
  // Without a halo the rows of a strip are one long row.
  bool joined = !p.out.hasHalo() && !(p.residual && p.residual->hasHalo());
  auto join = [](Layout &l) {
    l.w *= l.h;
    l.h = 1;
  };
  p.g.outHeight = outputs;
  if (joined) {
    p.g.outWidth *= outputs;
    p.g.outHeight = 1;
    join(p.in);
    join(p.out);
    if (p.residual)
      join(*p.residual);
  }
  emitGemm(k, p, buffers.project);
  k.setBase(buffers.project.output, {});
  if (p.residual)
    k.setBase(buffers.project.residual, {});
}

/// The depthwise rows of a strip, and what follows them.
void StageEmitter::finishStrip(Value index, int64_t outputs) {
  DepthwiseSpec d = s.depthwise;
  d.g.outHeight = outputs;
  auto base = [&](Value buffer, const Layout &l, int64_t rows) {
    if (buffer)
      k.setBase(buffer, k.mul(index, rows * l.rowStride()));
  };
  if (s.expand)
    d.g.padding[0] = d.g.padding[1] = 0; // padding rows are in the strip
  else
    base(buffers.depthwise.input, d.in, s.rows * d.g.strides[0]);
  if (!s.project) {
    base(buffers.depthwise.output, d.out, s.rows);
    if (d.residual)
      base(buffers.depthwise.residual, *d.residual, s.rows);
  }
  emitDepthwise(k, d, buffers.depthwise);
  if (!s.expand)
    k.setBase(buffers.depthwise.input, {});
  if (!s.project)
    for (Value buffer : {buffers.depthwise.output, buffers.depthwise.residual})
      if (buffer)
        k.setBase(buffer, {});
  if (s.project)
    project(index, outputs);
}

void StageEmitter::emitStrip(Value index, int64_t outputs) {
  if (s.expand) {
    keepOverlap();
    expandRows(index, outputs);
  }
  finishStrip(index, outputs);
}

void StageEmitter::emitStrips(Value begin, Value end, int64_t outputs) {
  if (s.expand) {
    k.setBase(buffers.expand.output, expandBase);
    // The left and right border, once for all strips, and the rows above the
    // image.
    emitBorder(k, s.expand->out, buffers.expand.output, 0);
    if (int64_t top = s.depthwise.g.padding[0])
      emitZeroRows(k, s.expand->out, buffers.expand.output,
                   k.constant(s.step()), top);
  }
  if (s.project)
    k.setBase(buffers.depthwise.output, depthwiseBase);
  k.loop(begin, end, 1, [&](Value index) { emitStrip(index, outputs); });
}

void StageEmitter::emit() {
  llvm::SaveAndRestore marks(k.marksParallel, s.threads > 1);
  int64_t strips = s.strips();
  int64_t last = s.depthwise.g.outHeight - (strips - 1) * s.rows;
  int64_t whole = last == s.rows ? strips : strips - 1;
  if (s.threads == 1) {
    emitStrips(k.constant(0), k.constant(whole), s.rows);
  } else {
    k.share(s.threads, [&](Value slot) {
      if (s.expand)
        expandBase = k.mul(slot, s.expand->out.imageStride());
      if (s.project)
        depthwiseBase = k.mul(slot, s.depthwise.out.imageStride());
      Part part = k.partOf(slot, s.threads, whole);
      first = part.begin;
      emitStrips(part.begin, part.end, s.rows);
    });
    expandBase = depthwiseBase = {};
    first = k.constant(whole);
  }
  if (whole == strips)
    return;
  if (s.threads > 1)
    return emitStrips(first, k.constant(strips), last);
  emitStrip(k.constant(whole), last);
}

void mlir::lw::emitStage(KernelBuilder &k, const StageSpec &spec,
                         const StageBuffers &buffers) {
  StageEmitter(k, spec, buffers).emit();
}
