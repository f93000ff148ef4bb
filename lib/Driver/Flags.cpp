//===- Flags.cpp - Command line of the end-to-end tools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Flags.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Version.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using llvm::createStringError;

/// `a=1,b=2` as a pass reads it: `a=1 b=2`. A comma that no `key=` follows
/// belongs to a list: `layers=x,y,terms=2`.
static std::string passOptions(StringRef flag) {
  std::string result;
  for (StringRef piece : llvm::split(flag, ',')) {
    if (!result.empty())
      result += piece.contains('=') ? ' ' : ',';
    result += piece;
  }
  return result;
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
    bool byDrop = goal->goal == SeparableGoal::Drop;
    if (byDrop == calibrateLabels.empty())
      return createStringError(
          "--separable=max-drop=... and --calibrate-labels belong together");
  } else if (!calibrateLabels.empty()) {
    return createStringError("--calibrate-labels needs "
                             "--separable=max-drop=... and --calibrate");
  }
  options.separable = separable;
  options.calibrate = calibrate;
  options.calibrateLabels = calibrateLabels;
  options.calibrateMirror = calibrateMirror;
  options.target.cpu = cpu;
  options.target.features = features;
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
      &calibrate, &calibrateLabels, &calibrateMirror, &batch,
      &printCost, &printGraph,      &reference,       &cpu,
      &features,  &threads,         &noWinograd};
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

llvm::Error lw::checkWritable(StringRef path) {
  if (path.empty() || path == "-")
    return llvm::Error::success();
  if (llvm::sys::fs::is_directory(path))
    return createStringError("cannot write '%s': it is a directory",
                             path.str().c_str());
  if (llvm::sys::fs::exists(path)) {
    if (!llvm::sys::fs::can_write(path))
      return createStringError("cannot write '%s': permission denied",
                               path.str().c_str());
    return llvm::Error::success();
  }
  // Folder permissions alone do not tell (read-only file systems): try.
  std::string probe = (path + ".tmp%%%%%%").str();
  int descriptor;
  llvm::SmallString<128> created;
  std::error_code error =
      llvm::sys::fs::createUniqueFile(probe, descriptor, created);
  if (!error)
    error = llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);
  if (!error)
    error = llvm::sys::fs::remove(created);
  if (error)
    return createStringError("cannot write '%s': %s", path.str().c_str(),
                             error.message().c_str());
  return llvm::Error::success();
}

llvm::Error lw::writeFile(StringRef path, StringRef text) {
  return llvm::writeToOutput(path,
                             [&](llvm::raw_ostream &stream) -> llvm::Error {
                               stream << text;
                               return llvm::Error::success();
                             });
}

int lw::reportError(StringRef tool, llvm::Error error, ExitCode code) {
  llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase &info) {
    llvm::WithColor::error(llvm::errs(), tool) << info.message() << '\n';
  });
  if (code == ExitUsage)
    llvm::errs() << "See " << tool << " --help.\n";
  return code;
}
