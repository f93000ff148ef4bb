//===- AArch64Features.cpp - What Linux says of AArch64
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Target/FeatureDetection.h"

using namespace mlir::lw;

static constexpr unsigned kHwcap = 16, kHwcap2 = 26;

// Those of Armv8.0 (fp-armv8, neon) are in every processor.
static constexpr AArch64Feature kFeatures[] = {
    {"crc", kHwcap, 7},        {"lse", kHwcap, 8},
    {"fullfp16", kHwcap, 10},  {"rdm", kHwcap, 12},
    {"jsconv", kHwcap, 13},    {"complxnum", kHwcap, 14},
    {"rcpc", kHwcap, 15},      {"sha3", kHwcap, 17},
    {"dotprod", kHwcap, 20},   {"sve", kHwcap, 22},
    {"fp16fml", kHwcap, 23},   {"lse2", kHwcap, 25},
    {"rcpc-immo", kHwcap, 26}, {"flagm", kHwcap, 27},
    {"sve2", kHwcap2, 1},      {"altnzcv", kHwcap2, 7},
    {"fptoint", kHwcap2, 8},   {"f32mm", kHwcap2, 10},
    {"f64mm", kHwcap2, 11},    {"i8mm", kHwcap2, 13},
    {"bf16", kHwcap2, 14},     {"sme", kHwcap2, 23},
    {"cssc", kHwcap2, 34},     {"sve2p1", kHwcap2, 36},
    {"sme2", kHwcap2, 37},     {"mops", kHwcap2, 43},
};

llvm::ArrayRef<AArch64Feature> mlir::lw::getAArch64Features() {
  return kFeatures;
}
