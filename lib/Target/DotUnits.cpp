//===- DotUnits.cpp - How processors multiply and add
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "TargetTables.h"

using namespace mlir::lw;

//                                  name          lanes inputs memory  lane
const DotUnit mlir::lw::kFma512 = {"fma.zmm", 16, 1, true, false};
const DotUnit mlir::lw::kFma256 = {"fma.ymm", 8, 1, true, false};
const DotUnit mlir::lw::kMulAdd128 = {"mul-add.xmm", 4, 1, true, false};
const DotUnit mlir::lw::kFmlaLane128 = {"fmla.4s", 4, 1, false, true};
