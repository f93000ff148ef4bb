//===- Profile.cpp - Time of every layer of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Profile.h"
#include "lw/Codegen/Profile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <limits>
#include <numeric>

using namespace mlir;
using namespace mlir::lw;
using Clock = std::chrono::steady_clock;

// The profiled code calls a plain function, so its memory is global.
static std::vector<double> least;
static Clock::time_point last;

std::vector<LayerInfo> lw::listProfiledLayers(ModuleOp module) {
  std::vector<LayerInfo> layers;
  auto attr = module->getAttrOfType<ArrayAttr>(kProfileLayersAttrName);
  for (Attribute layer : attr ? attr.getValue() : ArrayRef<Attribute>()) {
    auto entry = cast<DictionaryAttr>(layer);
    LayerInfo &info = layers.emplace_back();
    info.label = entry.getAs<StringAttr>("label").str();
    for (Attribute name : entry.getAs<ArrayAttr>("names"))
      info.names.push_back(cast<StringAttr>(name).str());
    info.operation = entry.getAs<StringAttr>("operation").str();
    info.kernel = entry.getAs<StringAttr>("kernel").str();
    info.macs = entry.getAs<IntegerAttr>("macs").getInt();
  }
  return layers;
}

void lw::profileMark(int32_t layer) {
  Clock::time_point now = Clock::now();
  double passed = std::chrono::duration<double, std::micro>(now - last).count();
  if (static_cast<size_t>(layer) >= least.size())
    least.resize(layer + 1, std::numeric_limits<double>::infinity());
  least[layer] = std::min(least[layer], passed);
  last = Clock::now();
}

void lw::clearProfile() { least.clear(); }

void lw::beginProfiledRun() { last = Clock::now(); }

std::vector<double> lw::profiledMicroseconds(size_t layers) {
  std::vector<double> result = least;
  result.resize(layers, 0.0);
  return result;
}

void lw::printProfile(llvm::raw_ostream &os, ArrayRef<LayerInfo> layers,
                      ArrayRef<double> microseconds) {
  double total = std::accumulate(microseconds.begin(), microseconds.end(), 0.0);
  auto line = [&](double us, int64_t macs, StringRef label) {
    os << llvm::format("%10.1f %5.1f%% %10.3f ", us, 100 * us / total,
                       static_cast<double>(macs) / 1e6);
    if (macs)
      os << llvm::format("%8.1f", 2e-3 * static_cast<double>(macs) / us);
    else
      os << "       -";
    os << "  " << label << '\n';
  };
  os << "        us  share      MMACs  GFLOP/s  layer\n";
  int64_t macs = 0;
  for (auto [layer, us] : llvm::zip(layers, microseconds)) {
    line(us, layer.macs, layer.label);
    macs += layer.macs;
  }
  line(total, macs, "sum of the least times");
}

llvm::json::Array lw::profileToJson(ArrayRef<LayerInfo> layers,
                                    ArrayRef<double> microseconds) {
  llvm::json::Array result;
  for (auto [layer, us] : llvm::zip(layers, microseconds))
    result.push_back(llvm::json::Object{
        {"layer", layer.label}, {"macs", layer.macs}, {"microseconds", us}});
  return result;
}
