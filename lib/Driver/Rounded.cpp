//===- Rounded.cpp - Networks that are partly bfloat16
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Compilation.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using llvm::createStringError;

llvm::Error lw::Compilation::roundWeights() {
  auto main = getMain();
  if (!main)
    return main.takeError();
  storedWeights = lw::roundWeights(*main, *options.rounding);
  return llvm::Error::success();
}

llvm::Error lw::Compilation::useBFloat16() {
  auto main = getMain();
  if (!main)
    return main.takeError();
  for (const Version &version : versions) {
    FailureOr<TargetInfo> info = getTargetInfo(version);
    if (failed(info))
      return createStringError("nothing is known of %s", version.name.c_str());
    if (!info->bfloatDot) {
      *options.report << "note: " << version.name
                      << " has no instructions for bfloat16: the network "
                         "stays in f32\n";
      return llvm::Error::success();
    }
  }
  BFloat16Options use = *options.bfloat16;
  use.threads = getThreads();
  arithmetic = lw::useBFloat16(*main, *getTargetInfo(versions.front()), use);
  return llvm::Error::success();
}

static llvm::json::Value toJson(ArrayRef<lw::StoredWeights> layers) {
  llvm::json::Array all;
  for (const lw::StoredWeights &layer : layers)
    all.push_back(
        llvm::json::Object{{"layer", llvm::json::fixUTF8(layer.layer)},
                           {"type", layer.rounded ? "bf16" : "f32"},
                           {"elements", layer.bytes / 4},
                           {"uses", layer.uses},
                           {"reason", layer.reason}});
  return all;
}

static llvm::json::Value toJson(ArrayRef<lw::LayerArithmetic> layers) {
  llvm::json::Array all;
  for (const lw::LayerArithmetic &layer : layers)
    all.push_back(
        llvm::json::Object{{"layer", llvm::json::fixUTF8(layer.layer)},
                           {"type", layer.isBFloat16 ? "bf16" : "f32"},
                           {"reason", layer.reason}});
  return all;
}

void lw::Compilation::addRounded(llvm::json::Object &report) const {
  if (options.rounding)
    report["weights"] = ::toJson(storedWeights);
  if (options.bfloat16)
    report["arithmetic"] = ::toJson(arithmetic);
}
