//===- Flags.cpp - Command line of the end-to-end tools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Flags.h"
#include "lw/Driver/Classifier.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Support/OutputFile.h"
#include "lw/Version.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

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

/// Whether a goal is one by the weights alone: options of --lw-make-separable,
/// or `exact` for none.
static bool isWeightGoal(StringRef goal) {
  StringRef key = goal.take_until([](char c) { return c == '=' || c == ','; });
  return llvm::is_contained(
      {"exact", "terms", "weight-error", "min-gain", "layers", "skip"}, key);
}

/// The options of --lw-make-separable for such a goal.
static llvm::Expected<std::string> weightOptions(StringRef goal) {
  StringRef options = goal;
  if (options.consume_front("exact") && !options.consume_front(",") &&
      !options.empty())
    return createStringError("--separable: unknown goal '" + goal + "'");
  bool exact = options.size() < goal.size();
  for (StringRef piece : splitUnquoted(options))
    if (exact &&
        (piece.starts_with("terms=") || piece.starts_with("weight-error=")))
      return createStringError("--separable: exact and " + piece +
                               " exclude one another");
  return passOptions(options);
}

/// What `--separable` has to be for an old `--separate`.
static std::string renameSeparate(StringRef old) {
  if (old.empty())
    return "exact";
  std::vector<std::string> pieces;
  for (StringRef piece : splitUnquoted(old))
    pieces.push_back(piece.consume_front("max-error=")
                         ? ("weight-error=" + piece).str()
                         : piece.str());
  return llvm::join(pieces, ",");
}

llvm::Error lw::CompileFlags::getSeparable(CompileOptions &options,
                                           llvm::raw_ostream &report) const {
  std::string goal = separable;
  if (separate.getNumOccurrences()) {
    if (separable.getNumOccurrences())
      return createStringError("--separate is the old name of --separable: "
                               "give one goal");
    goal = renameSeparate(separate);
    llvm::WithColor::note(report)
        << "--separate is now --separable=" << goal << '\n';
  } else if (separable.getNumOccurrences() && goal.empty()) {
    return createStringError("--separable: expected a goal such as macs=2x "
                             "with --calibrate, or exact");
  }
  if (quantize.getNumOccurrences()) {
    auto parsed = parseQuantizationOptions(quantize);
    if (!parsed)
      return createStringError("--quantize: " +
                               llvm::toString(parsed.takeError()));
    if (calibrate.empty())
      return createStringError(
          "--quantize=" + quantize +
          " takes its ranges from samples of the input: give "
          "--calibrate=FILE, some hundred samples without labels");
    if (parsed->maxDrop && calibrateLabels.empty())
      return createStringError(
          "--quantize=...,max-drop=... needs --calibrate-labels");
    options.quantize = quantize;
  }
  bool fits = !goal.empty() && !isWeightGoal(goal);
  if (plan.getNumOccurrences()) {
    if (!goal.empty())
      return createStringError("--plan=" + plan +
                               " says what --separable chooses: give one of "
                               "the two");
    if (calibrate.empty())
      return createStringError("--plan=" + plan +
                               " is fitted to samples of the input: give "
                               "--calibrate=FILE");
    options.plan = plan;
  }
  if (savePlan.getNumOccurrences() && !fits && options.quantize.empty() &&
      options.plan.empty())
    return createStringError("--save-plan=" + savePlan +
                             " needs what chooses a plan: --separable with a "
                             "goal that is fitted to samples, or --quantize");
  options.savePlan = savePlan;
  if (fits) {
    auto parsed = parseSeparableOptions(goal);
    if (!parsed)
      return createStringError(
          "--separable: " + llvm::toString(parsed.takeError()) +
          (calibrate.empty()
               ? "; without samples exact, terms=4 or weight-error=0.1"
               : ""));
    if (calibrate.empty())
      return createStringError(
          "--separable=" + goal +
          " is fitted to samples of the input: give --calibrate=FILE, or a "
          "goal by the weights alone: exact, terms=4 or weight-error=0.1");
    if (parsed->goal == SeparableGoal::Drop && calibrateLabels.empty())
      return createStringError(
          "--separable=max-drop=... needs --calibrate-labels");
  } else {
    for (const llvm::cl::Option *flag :
         {static_cast<const llvm::cl::Option *>(&calibrateLabels),
          static_cast<const llvm::cl::Option *>(&worstFirst),
          static_cast<const llvm::cl::Option *>(&calibrate)})
      if (flag->getNumOccurrences() &&
          (flag == &worstFirst ||
           (options.quantize.empty() && options.plan.empty())))
        return createStringError(
            "--" + flag->ArgStr +
            " needs --separable with a goal that is fitted to samples: "
            "macs=2x, time=1.5x, max-error=0.05 or max-drop=0.5" +
            (flag == &worstFirst ? "" : ", --quantize=int8 or --plan"));
  }
  if (calibrateMirror && calibrate.empty())
    return createStringError("--calibrate-mirror needs --calibrate");
  if (fits) {
    options.separable = goal;
  } else if (!goal.empty()) {
    auto passOptions = weightOptions(goal);
    if (!passOptions)
      return passOptions.takeError();
    options.graph.separable = std::move(*passOptions);
  }
  options.calibrate = calibrate;
  options.calibrateLabels = calibrateLabels;
  options.calibrateMirror = calibrateMirror;
  options.worstFirst = worstFirst;
  return llvm::Error::success();
}

llvm::Expected<lw::CompileOptions>
lw::CompileFlags::get(llvm::raw_ostream &report) const {
  auto inputs = inputShapes.getAll();
  if (!inputs)
    return inputs.takeError();
  if (threads < 1 || threads > 1024)
    return createStringError("--threads=%lld: expected 1 to 1024",
                             static_cast<long long>(threads));
  CompileOptions options;
  options.graph.foldBatchNorm = !noFold;
  options.graph.fuseEpilogue = !noFuse;
  options.graph.raiseToTosa = true;
  options.graph.remarks = remarks;
  options.entry = entry;
  if (llvm::Error error = getSeparable(options, report))
    return std::move(error);
  if (inputType.getNumOccurrences() && inputType != "uint8")
    return createStringError("--input-type=" + inputType +
                             ": expected uint8; other networks take the types "
                             "that their files say");
  options.imageInput = inputType.getNumOccurrences();
  options.softmax = softmax;
  if (classNames.getNumOccurrences()) {
    auto names = readClassNames(classNames);
    if (!names)
      return createStringError("--class-names: " +
                               llvm::toString(names.takeError()));
    options.classNames = std::move(*names);
  }
  options.report = &report;
  options.target.cpu = cpu;
  options.target.features = features;
  options.inputs = inputs->front();
  options.moreInputs.assign(inputs->begin() + 1, inputs->end());
  if (embeddings.getNumOccurrences() && embeddings != "int8")
    return createStringError("--embeddings=" + embeddings + ": expected int8");
  options.byteTables = embeddings.getNumOccurrences();
  if (weights.getNumOccurrences() && weights != "bf16" && weights != "bf16,all")
    return createStringError("--weights=" + weights +
                             ": expected bf16 or bf16,all; without the flag "
                             "they are as the network has them");
  if (weights.getNumOccurrences())
    options.rounding = RoundingOptions();
  if (weights == "bf16,all")
    options.rounding->all = true;
  if (arithmetic.getNumOccurrences() && arithmetic != "bf16" &&
      arithmetic != "bf16,all")
    return createStringError("--arithmetic=" + arithmetic +
                             ": expected bf16 or bf16,all; without the flag "
                             "layers multiply what the network has");
  if (arithmetic.getNumOccurrences())
    options.bfloat16 = BFloat16Options();
  if (arithmetic == "bf16,all")
    options.bfloat16->all = true;
  options.reference = reference;
  options.threads = threads;
  options.winograd = noWinograd ? WinogradUse::Never : WinogradUse::Auto;
  options.printCost = printCost;
  options.printGraph = printGraph;
  return options;
}

bool lw::CompileFlags::anyGiven() const {
  const llvm::cl::Option *flags[] = {
      &noFold,     &noFuse,    &separate,   &separable,       &quantize,
      &savePlan,   &plan,      &calibrate,  &calibrateLabels, &calibrateMirror,
      &worstFirst, &inputType, &embeddings, &softmax,         &weights,
      &arithmetic, &printCost, &printGraph, &reference,       &cpu,
      &features,   &threads,   &noWinograd, &entry,           &remarks};
  return inputShapes.anyGiven() ||
         llvm::any_of(flags, [](const llvm::cl::Option *flag) {
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

llvm::Error lw::checkOutputs(ArrayRef<std::string> paths) {
  llvm::StringSet<> files;
  for (const std::string &path : paths) {
    if (llvm::Error error = checkWritable(path))
      return error;
    if (path.empty() || isStreamPath(path))
      continue;
    llvm::SmallString<128> file(path);
    if (std::error_code error = llvm::sys::fs::make_absolute(file))
      return llvm::createFileError(path, error);
    llvm::sys::path::remove_dots(file, /*remove_dot_dot=*/true);
    if (!files.insert(file).second)
      return createStringError("'" + path +
                               "': two outputs have this name; give each its "
                               "own");
  }
  return llvm::Error::success();
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
