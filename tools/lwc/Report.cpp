//===- Report.cpp - What lwc says of a compilation
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "lw/Support/Table.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace mlir::lw;

static void printTotals(llvm::raw_ostream &os, const Compilation &compilation) {
  const Cost &before = compilation.getOriginalCost().total;
  const Cost &after = compilation.getCost().total;
  Table table({{"", Table::Left},
               {"as trained", Table::Right},
               {"compiled", Table::Right}});
  auto add = [&](const char *name, int64_t a, int64_t b) {
    table.add({name, groupDigits(a), groupDigits(b)});
  };
  add("MACs", before.macs, after.macs);
  add("parameters", before.parameters, after.parameters);
  add("bytes of weights", before.weightBytes, after.weightBytes);
  table.print(os);
  if (compilation.getIntegerUse().isQuantized())
    printIntegerUse(os, compilation.getIntegerUse());
}

/// Which weights have become bfloat16; the report in JSON says why not all.
static void printWeights(llvm::raw_ostream &os,
                         ArrayRef<StoredWeights> layers) {
  int64_t rounded = 0, bytes = 0;
  for (const StoredWeights &layer : layers) {
    if (!layer.rounded)
      continue;
    ++rounded;
    bytes += layer.bytes;
    os << "weights of " << layer.layer << ": bfloat16, "
       << groupDigits(layer.bytes / 2) << " bytes\n";
  }
  os << "weights of " << rounded << " of " << layers.size()
     << " layers are bfloat16, " << groupDigits(bytes / 2) << " bytes less\n";
}

/// How many layers multiply bfloat16; the report in JSON says why not all.
static void printArithmetic(llvm::raw_ostream &os,
                            ArrayRef<LayerArithmetic> layers) {
  os << llvm::count_if(
            layers,
            [](const LayerArithmetic &layer) { return layer.isBFloat16; })
     << " of " << layers.size() << " layers multiply bfloat16\n";
}

void lw::printReport(llvm::raw_ostream &os, Library &library, StringRef output,
                     const Written &written) {
  llvm::MapVector<StringRef, double> phases;
  double seconds = 0;
  for (const Library::Member &member : library.getMembers()) {
    if (!member.name.empty())
      os << member.name << ":\n";
    printTotals(os, *member.compilation);
    if (member.compilation->getOptions().rounding)
      printWeights(os, member.compilation->getStoredWeights());
    if (member.compilation->getOptions().bfloat16)
      printArithmetic(os, member.compilation->getArithmetic());
    seconds += member.compilation->getSeconds();
    for (const PhaseTime &phase : member.compilation->getPhases())
      phases[phase.name] += phase.seconds;
  }
  os << output << ": ";
  if (written.fileBytes)
    os << groupDigits(written.fileBytes) << " bytes";
  if (written.sizes)
    os << (written.fileBytes ? ", " : "")
       << groupDigits(written.sizes->sections.code) << " of machine code";
  os << " for " << library.getFirst().getCpu() << '\n';
  if (written.sizes)
    os << "flash "
       << groupDigits(written.sizes->sections.code +
                      written.sizes->sections.constants)
       << " bytes (code and constants), RAM "
       << groupDigits(written.sizes->arenaBytes) << " bytes (arena)\n";
  os << llvm::format("%.2f s:", seconds);
  for (auto &[name, spent] : phases)
    os << ' ' << name << llvm::format(" %.2f", spent);
  os << '\n';
}

void lw::addToReport(llvm::json::Object &report, const Library &library) {
  if (library.getMembers().size() == 1) {
    report["compilation"] = library.getMembers().front().compilation->toJson();
    return;
  }
  llvm::json::Array all;
  for (const Library::Member &member : library.getMembers()) {
    llvm::json::Object entry = member.compilation->toJson();
    entry["name"] = llvm::json::fixUTF8(member.name);
    all.push_back(std::move(entry));
  }
  report["compilations"] = std::move(all);
}
