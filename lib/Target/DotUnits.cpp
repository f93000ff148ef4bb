//===- DotUnits.cpp - How processors multiply and add
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "TargetTables.h"

using namespace mlir::lw;

using Form = DotUnit::Form;

// clang-format off
#define VNNI {"llvm.x86.avx512.vpdpbusd.512", "llvm.x86.avx512.vpdpbusd.256", "llvm.x86.avx512.vpdpbusd.128"}
#define MADD {"llvm.x86.avx512.pmaddw.d.512", "llvm.x86.avx2.pmadd.wd", "llvm.x86.sse2.pmadd.wd"}
#define UBSW {"llvm.x86.avx512.pmaddubs.w.512", "llvm.x86.avx2.pmadd.ub.sw", "llvm.x86.ssse3.pmadd.ub.sw.128"}
#define BF16 {"llvm.x86.avx512bf16.dpbf16ps.512", "llvm.x86.avx512bf16.dpbf16ps.256", "llvm.x86.avx512bf16.dpbf16ps.128"}
//                                 name           form              lanes inputs memory lane  u8   registers scratch cost
const DotUnit mlir::lw::kFma512      = {"fma.zmm",       Form::MultiplyAdd,  16, 1, true,  false, false, 1, 0, 1};
// A processor of 256-bit units, which multiplies half a vector in half the time.
const DotUnit mlir::lw::kFmaHalves512 = {"fma.zmm/2",   Form::MultiplyAdd,  16, 1, true,  false, false, 1, 0, 1, {"llvm.fma", "llvm.fma", ""}};
const DotUnit mlir::lw::kFma256      = {"fma.ymm",       Form::MultiplyAdd,   8, 1, true,  false, false, 1, 0, 1};
const DotUnit mlir::lw::kMulAdd128   = {"mul-add.xmm",   Form::MultiplyAdd,   4, 1, true,  false, false, 1, 0, 1};
const DotUnit mlir::lw::kFmlaLane128 = {"fmla.4s",       Form::MultiplyAdd,   4, 1, false, true,  false, 1, 0, 1};
const DotUnit mlir::lw::kVnni512     = {"vpdpbusd.zmm",  Form::Dot,          16, 4, true,  false, true,  1, 0, 1, VNNI};
const DotUnit mlir::lw::kVnni256     = {"vpdpbusd.ymm",  Form::Dot,           8, 4, true,  false, true,  1, 0, 1, VNNI};
const DotUnit mlir::lw::kMadd512     = {"vpmaddwd.zmm",  Form::WidenedPairs, 16, 4, true,  false, true,  2, 3, 2.5, MADD};
const DotUnit mlir::lw::kMadd256     = {"vpmaddwd.ymm",  Form::WidenedPairs,  8, 4, true,  false, true,  2, 3, 2.5, MADD};
const DotUnit mlir::lw::kMadd128     = {"pmaddwd.xmm",   Form::WidenedPairs,  4, 4, true,  false, true,  2, 3, 2.5, MADD};
const DotUnit mlir::lw::kShortPairs256 = {"vpmaddubsw.ymm",  Form::ShortSums,    8, 4, true,  false, true,  1, 2, 2, UBSW, false, MADD};
const DotUnit mlir::lw::kShortFours256 = {"vpmaddubsw2.ymm", Form::ShortSums,    8, 8, true,  false, true,  2, 2, 3.25, UBSW, false, MADD};
const DotUnit mlir::lw::kShortPairs128 = {"pmaddubsw.xmm",   Form::ShortSums,    4, 4, true,  false, true,  1, 2, 2, UBSW, false, MADD};
const DotUnit mlir::lw::kShortFours128 = {"pmaddubsw2.xmm",  Form::ShortSums,    4, 8, true,  false, true,  2, 2, 3.25, UBSW, false, MADD};
const DotUnit mlir::lw::kSdot128     = {"sdot.4s",       Form::Dot,           4, 4, false, true,  false, 1, 0, 1, {"", "", "llvm.aarch64.neon.sdot"}};
const DotUnit mlir::lw::kSmull128    = {"smull.sadalp",  Form::LongProducts,  4, 4, false, true,  false, 2, 2, 3, {"", "", "llvm.aarch64.neon.saddlp"}};
const DotUnit mlir::lw::kSmmla128    = {"smmla.4s",      Form::MatrixProducts, 4, 8, false, false, false, 2, 0, 1, {"", "", "llvm.aarch64.neon.smmla"}};
const DotUnit mlir::lw::kBFloat512   = {"vdpbf16ps.zmm", Form::Dot,          16, 2, true,  false, false, 1, 0, 1, BF16, true};
const DotUnit mlir::lw::kBfdot128    = {"bfdot.4s",      Form::Dot,           4, 2, false, true,  false, 1, 0, 1, {"", "", "llvm.aarch64.neon.bfdot"}, true};
const DotUnit mlir::lw::kBfmmla128   = {"bfmmla.4s",     Form::MatrixProducts, 4, 4, false, false, false, 2, 0, 1, {"", "", "llvm.aarch64.neon.bfmmla"}, true};
#undef VNNI
#undef BF16
#undef MADD
#undef UBSW
// clang-format on

static constexpr NarrowUnit kPacks[] = {
    {16, "llvm.x86.avx512.packssdw.512", "llvm.x86.avx512.packuswb.512",
     "llvm.x86.avx512.packsswb.512"},
    {8, "llvm.x86.avx2.packssdw", "llvm.x86.avx2.packuswb",
     "llvm.x86.avx2.packsswb"},
    {4, "llvm.x86.sse2.packssdw.128", "llvm.x86.sse2.packuswb.128",
     "llvm.x86.sse2.packsswb.128"}};
static constexpr NarrowUnit kNeon[] = {{4, "", "", ""}};

const llvm::ArrayRef<NarrowUnit> mlir::lw::kPacks512 = kPacks;
const llvm::ArrayRef<NarrowUnit> mlir::lw::kPacks256 =
    llvm::ArrayRef(kPacks).drop_front();
const llvm::ArrayRef<NarrowUnit> mlir::lw::kPacks128 =
    llvm::ArrayRef(kPacks).drop_front(2);
const llvm::ArrayRef<NarrowUnit> mlir::lw::kNarrowNeon = kNeon;

int64_t DotUnit::weightPosition(int64_t lane, int64_t input) const {
  switch (form) {
  case Form::MultiplyAdd:
  case Form::Dot:
  case Form::WidenedPairs:
  case Form::MatrixProducts:
    return lane * inputs + input;
  case Form::ShortSums: // the first four, the last four
    return input / 4 * 4 * lanes + lane * 4 + input % 4;
  case Form::LongProducts: // the first two, the last two
    return input / 2 * 2 * lanes + 2 * lane + input % 2;
  }
  llvm_unreachable("unknown form");
}
