//===- StageKernel.cpp - Several layers strip by strip
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "StageKernel.h"
#include "CopyKernel.h"

using namespace mlir;
using namespace mlir::lw;

bool StageSpec::isPossible() const {
  const ConvGeometry &d = depthwise.g;
  int64_t stride = d.strides[0], overlap = window() - stride;
  if (strips() < 2 || (expand && (overlap < 0 || rows * stride < overlap)))
    return false;
  // Rows below the image are asked for by the last strip only.
  return !expand || (strips() - 1) * rows * stride - d.padding[0] + overlap <=
                        expand->g.outHeight;
}

namespace {

class StageEmitter {
public:
  StageEmitter(KernelBuilder &k, const StageSpec &spec,
               const StageBuffers &buffers)
      : k(k), s(spec), buffers(buffers) {}
  void emit();

private:
  /// One strip of `outputs` rows; `index` is its number. Expanded rows `zeros`
  /// and before, and from `zeros + computed` on, are padding.
  void emitStrip(Value index, int64_t outputs, int64_t kept, int64_t zeros,
                 int64_t computed);
  void keepOverlap();
  void expandRows(Value index, int64_t local, int64_t count);
  void finishStrip(Value index, int64_t outputs);
  void project(Value index, int64_t outputs);

  KernelBuilder &k;
  const StageSpec &s;
  const StageBuffers &buffers;
};

} // namespace

/// Moves the last rows of the strip before to the beginning.
void StageEmitter::keepOverlap() {
  const Layout &l = s.expand->out;
  int64_t stride = s.depthwise.g.strides[0];
  int64_t overlap = s.window() - stride;
  if (overlap == 0)
    return;
  StridedCopy copy;
  copy.dims = {{l.blocks(), l.blockStride(), l.blockStride()},
               {overlap * l.rowStride(), 1, 1}};
  copy.sourceBase = s.rows * stride * l.rowStride();
  emitCopies(k, copy, buffers.expand.output, buffers.expand.output);
}

/// Computes expanded rows into the strip from its row `local` on.
void StageEmitter::expandRows(Value index, int64_t local, int64_t count) {
  if (count <= 0)
    return;
  GemmSpec e = *s.expand;
  e.g.outHeight = count;
  // Row of the image that lies at `local`.
  int64_t step = s.rows * s.depthwise.g.strides[0];
  int64_t first = local - s.depthwise.g.padding[0];
  int64_t inRow = e.g.strides[0] * e.in.rowStride();
  Address base = k.advance({Value(), first * inRow}, index, step * inRow);
  k.setBase(buffers.expand.input, k.toIndex(base));
  k.setBase(buffers.expand.output, k.constant(local * e.out.rowStride()));
  emitGemm(k, e, buffers.expand);
  k.setBase(buffers.expand.input, {});
  k.setBase(buffers.expand.output, {});
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
  for (Value buffer : {buffers.depthwise.input, buffers.depthwise.output,
                       buffers.depthwise.residual})
    if (buffer)
      k.setBase(buffer, {});
  if (s.project)
    project(index, outputs);
}

void StageEmitter::emitStrip(Value index, int64_t outputs, int64_t kept,
                             int64_t zeros, int64_t computed) {
  if (kept)
    keepOverlap();
  const Layout &strip = s.expand->out;
  int64_t begin = kept + zeros;
  if (zeros)
    emitZeroRows(k, strip, buffers.expand.output, 0, zeros);
  expandRows(index, begin, computed);
  int64_t missing = s.expandedRows(outputs) - begin - computed;
  if (missing > 0)
    emitZeroRows(k, strip, buffers.expand.output, begin + computed, missing);
  finishStrip(index, outputs);
}

void StageEmitter::emit() {
  int64_t strips = s.strips();
  int64_t last = s.depthwise.g.outHeight - (strips - 1) * s.rows;
  if (!s.expand) {
    int64_t whole = last == s.rows ? strips : strips - 1;
    k.loop(0, whole, 1, [&](Value index) { finishStrip(index, s.rows); });
    if (whole < strips)
      finishStrip(k.constant(whole), last);
    return;
  }
  int64_t image = s.expand->g.outHeight;
  int64_t stride = s.depthwise.g.strides[0], top = s.depthwise.g.padding[0];
  int64_t overlap = s.window() - stride;

  // The left and right border, once for all strips.
  emitBorder(k, s.expand->out, buffers.expand.output);
  emitStrip(k.constant(0), s.rows, 0, top,
            std::min(s.expandedRows(s.rows) - top, image));
  k.loop(1, strips - 1, 1, [&](Value index) {
    emitStrip(index, s.rows, overlap, 0, s.rows * stride);
  });
  int64_t firstNew = (strips - 1) * s.rows * stride - top + overlap;
  emitStrip(k.constant(strips - 1), last, overlap, 0,
            std::min(s.expandedRows(last) - overlap, image - firstNew));
}

void mlir::lw::emitStage(KernelBuilder &k, const StageSpec &spec,
                         const StageBuffers &buffers) {
  StageEmitter(k, spec, buffers).emit();
}
