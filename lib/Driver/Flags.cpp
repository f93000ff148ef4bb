//===- Flags.cpp - Command line of the end-to-end tools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Flags.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Support/OutputFile.h"
#include "lw/Version.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::createStringError;

/// The parts of `text` between the commas that stand outside of quotes.
static std::vector<StringRef> splitUnquoted(StringRef text) {
  std::vector<StringRef> pieces;
  char quote = '\0';
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    char c = i < text.size() ? text[i] : '\0';
    if (i == text.size() || (c == ',' && !quote)) {
      pieces.push_back(text.slice(begin, i));
      begin = i + 1;
    } else if (quote ? c == quote : c == '\'' || c == '"') {
      quote = quote ? '\0' : c;
    }
  }
  return pieces;
}

/// `a=1,b=2` as a pass reads it: `a=1 b=2`. A comma that no `key=` follows
/// belongs to a list: `layers=x,'y,z',terms=2`. A list with quotes is put in
/// braces, in which passes leave the commas between them alone.
static std::string passOptions(StringRef flag) {
  std::vector<std::string> options;
  for (StringRef piece : splitUnquoted(flag)) {
    bool hasKey = piece.take_until([](char c) { return c == '\'' || c == '"'; })
                      .contains('=');
    if (options.empty() || hasKey)
      options.push_back(piece.str());
    else
      options.back() += "," + piece.str();
  }
  for (std::string &option : options) {
    auto [key, value] = StringRef(option).split('=');
    if (value.find_first_of("'\"") != StringRef::npos && value.front() != '{')
      option = (key + "={" + value + "}").str();
  }
  return llvm::join(options, " ");
}

llvm::Expected<lw::CompileOptions> lw::CompileFlags::get() const {
  if (batch < 1)
    return createStringError("--batch=%lld: expected at least 1",
                             static_cast<long long>(batch));
  if (threads < 1 || threads > 1024)
    return createStringError("--threads=%lld: expected 1 to 1024",
                             static_cast<long long>(threads));
  CompileOptions options;
  options.graph.foldBatchNorm = !noFold;
  options.graph.fuseEpilogue = !noFuse;
  if (separate.getNumOccurrences())
    options.graph.separate = passOptions(separate);
  if (separable.empty() != calibrate.empty())
    return createStringError("--separable and --calibrate belong together");
  if (calibrateMirror && calibrate.empty())
    return createStringError("--calibrate-mirror needs --calibrate");
  if (!separable.empty()) {
    auto goal = parseSeparableOptions(separable);
    if (!goal)
      return createStringError("--separable: %s",
                               llvm::toString(goal.takeError()).c_str());
    if (goal->goal == SeparableGoal::Drop && calibrateLabels.empty())
      return createStringError(
          "--separable=max-drop=... needs --calibrate-labels");
  } else if (!calibrateLabels.empty()) {
    return createStringError("--calibrate-labels needs --separable");
  } else if (worstFirst) {
    return createStringError("--worst-first needs --separable");
  }
  options.separable = separable;
  options.calibrate = calibrate;
  options.calibrateLabels = calibrateLabels;
  options.calibrateMirror = calibrateMirror;
  options.worstFirst = worstFirst;
  options.target.cpu = cpu;
  options.target.features = features;
  if (batch.getNumOccurrences())
    options.batch = batch;
  options.reference = reference;
  options.threads = threads;
  options.winograd = noWinograd ? WinogradUse::Never : WinogradUse::Auto;
  options.printCost = printCost;
  options.printGraph = printGraph;
  return options;
}

bool lw::CompileFlags::anyGiven() const {
  const llvm::cl::Option *flags[] = {
      &noFold,    &noFuse,          &separate,        &separable,
      &calibrate, &calibrateLabels, &calibrateMirror, &worstFirst,
      &batch,     &printCost,       &printGraph,      &reference,
      &cpu,       &features,        &threads,         &noWinograd};
  return llvm::any_of(flags, [](const llvm::cl::Option *flag) {
    return flag->getNumOccurrences() > 0;
  });
}

void lw::prepareCommandLine() {
  llvm::SmallVector<llvm::cl::Option *> unrelated;
  for (const auto &option : llvm::cl::getRegisteredOptions())
    if (llvm::is_contained(option.second->Categories,
                           &llvm::cl::getGeneralCategory()))
      unrelated.push_back(option.second);
  for (llvm::cl::Option *option : unrelated)
    option->removeArgument();
  registerAsmPrinterCLOptions();
  registerPassManagerCLOptions();
}

bool lw::parseCommandLine(int argc, char **argv, StringRef overview,
                          ArrayRef<const llvm::cl::OptionCategory *> shown) {
  llvm::cl::HideUnrelatedOptions(shown);
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << "lw " << kVersion << ", LLVM " << LLVM_VERSION_STRING << '\n';
  });
  return llvm::cl::ParseCommandLineOptions(argc, argv, overview, &llvm::errs());
}

llvm::json::Object lw::beginReport(StringRef network, StringRef cpu,
                                   int64_t threads) {
  return llvm::json::Object{{"schema", kReportSchema},
                            {"lw_version", kVersion},
                            {"network", llvm::json::fixUTF8(network)},
                            {"cpu", cpu},
                            {"threads", threads}};
}

llvm::Error lw::writeReport(StringRef path, llvm::json::Object report) {
  if (path.empty())
    return llvm::Error::success();
  return writeFile(
      path,
      llvm::formatv("{0:2}\n", llvm::json::Value(std::move(report))).str());
}
