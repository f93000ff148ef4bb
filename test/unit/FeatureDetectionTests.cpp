//===- FeatureDetectionTests.cpp - Tables of features against LLVM's
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Target/FeatureDetection.h"
#include "lw/Target/Target.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "gtest/gtest.h"
#if defined(__x86_64__)
#include <cpuid.h>
#endif

using namespace mlir::lw;

namespace {

/// The names that LLVM knows for an architecture.
llvm::StringSet<> namesOf(llvm::StringRef triple) {
  initializeTargets();
  std::string error;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(llvm::Triple(triple), error);
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      target->createMCSubtargetInfo(llvm::Triple(triple), "", ""));
  llvm::StringSet<> names;
  for (const llvm::SubtargetFeatureKV &feature :
       subtarget->getAllProcessorFeatures())
    names.insert(feature.Key);
  return names;
}

TEST(FeatureDetection, NamesAreLLVMs) {
  llvm::StringSet<> x86 = namesOf("x86_64-linux-gnu");
  for (const X86Feature &feature : getX86Features())
    EXPECT_TRUE(x86.contains(feature.name)) << feature.name.str();
  llvm::StringSet<> aarch64 = namesOf("aarch64-linux-gnu");
  for (const AArch64Feature &feature : getAArch64Features())
    EXPECT_TRUE(aarch64.contains(feature.name)) << feature.name.str();
}

TEST(FeatureDetection, NoBitTwice) {
  // But for the parts of APX, which come together.
  for (const X86Feature &a : getX86Features())
    for (const X86Feature &b : getX86Features())
      if (&a != &b && a.reg == b.reg && a.leaf == b.leaf &&
          a.subleaf == b.subleaf)
        EXPECT_TRUE(a.bit != b.bit || a.bit == 21) << a.name.str();
  for (const AArch64Feature &a : getAArch64Features())
    for (const AArch64Feature &b : getAArch64Features())
      EXPECT_TRUE(&a == &b || a.vector != b.vector || a.bit != b.bit)
          << a.name.str();
}

/// Everything that tells the levels of x86-64 apart and that code can use.
TEST(FeatureDetection, LevelsAreComplete) {
  llvm::StringSet<> known;
  for (const X86Feature &feature : getX86Features())
    known.insert(feature.name);
  for (const char *name :
       {"sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "avx", "avx2", "bmi",
        "bmi2", "f16c", "fma", "lzcnt", "movbe", "avx512f", "avx512bw",
        "avx512cd", "avx512dq", "avx512vl"})
    EXPECT_TRUE(known.contains(name)) << name;
}

#if defined(__x86_64__)
bool isReported(const X86Feature &feature) {
  std::array<unsigned, 4> registers;
  auto read = [&](uint32_t leaf, uint32_t subleaf) {
    return __get_cpuid_count(leaf, subleaf, &registers[0], &registers[1],
                             &registers[2], &registers[3]);
  };
  if (!read(feature.leaf, feature.subleaf) ||
      !(registers[static_cast<size_t>(feature.reg)] >> feature.bit & 1))
    return false;
  if (!feature.state)
    return true;
  if (!read(1, 0) || !(registers[2] >> 27 & 1))
    return false;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & feature.state) == feature.state;
}

TEST(FeatureDetection, AgreesWithTheHost) {
  auto host = llvm::sys::getHostCPUFeatures();
  unsigned compared = 0;
  for (const X86Feature &feature : getX86Features()) {
    auto expected = host.find(feature.name);
    if (expected == host.end())
      continue;
    ++compared;
    EXPECT_EQ(isReported(feature), expected->second) << feature.name.str();
  }
  EXPECT_GT(compared, 40u);
}
#endif

} // namespace
