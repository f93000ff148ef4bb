//===- Patches.cpp - What a convolution sees of its input
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Stepping/Patches.h"
#include <cstring>

void mlir::lw::readPatch(const ConvGeometry &g, const float *input,
                         int64_t pixel, float *patch) {
  int64_t x = pixel % g.outWidth, y = pixel / g.outWidth % g.outHeight;
  input += pixel / (g.outWidth * g.outHeight) * g.inHeight * g.inWidth *
           g.inChannels;
  for (int64_t ky = 0; ky < g.kernelHeight; ++ky)
    for (int64_t kx = 0; kx < g.kernelWidth; ++kx, patch += g.inChannels) {
      int64_t iy = y * g.strides[0] + ky * g.dilations[0] - g.padding[0];
      int64_t ix = x * g.strides[1] + kx * g.dilations[1] - g.padding[2];
      if (iy < 0 || iy >= g.inHeight || ix < 0 || ix >= g.inWidth)
        std::memset(patch, 0, g.inChannels * sizeof(float));
      else
        std::memcpy(patch, input + (iy * g.inWidth + ix) * g.inChannels,
                    g.inChannels * sizeof(float));
    }
}
