//===- lwc.cpp - Compile a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../Main.h"
#include "Report.h"
#include "lw/Driver/Flags.h"
#include "lw/Driver/ImageFlags.h"
#include "lw/Driver/ModuleFile.h"
#include "lw/Driver/NetworkReport.h"
#include "lw/ExecutionEngine/Header.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Support/OutputFile.h"
#include "lw/Support/Tool.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral kOverview =
    R"(compile a network

The network is an ONNX file or MLIR (text or bytecode).

Examples:
  lwc net.onnx
      a shared library net.so and its header net.h in the current folder, for
      this machine
  lwc net.onnx -o net.o --cpu=x86-64-v3
      object code for any machine with AVX2
  lwc net.onnx -o net.so --cpu=multi
      a library with code for SSE4, AVX2, AVX-512 and VNNI, of which it chooses
      one where it runs; weights are in it once
  lwc net.onnx -o net.so --shape=x:1x3x32x32 --shape=x:1x3x48x48
      one library for both shapes, net_run_shape; weights are in it once
  lwc net.onnx -o net.a --freestanding --workspace-limit=262144
      a static library that calls no C library but memcpy and memset, and needs
      at most 256 KiB of working memory
  lwc net.onnx -o net.so --separable=weight-error=0.1 --name=small
      separable form where the weights allow it; functions small_run, small_info
  lwc net.onnx -o net.so --separable=macs=2x --calibrate=cifar.npz:images \
      --scale=1/255 --mean=.485,.456,.406 --std=.229,.224,.225
      half the MACs, fitted to sample images
  lwc net.onnx -o net.mlirbc
      the optimized network, before code generation
  lwc net.onnx -o light.onnx --separable=weight-error=0.1
      the same for other engines
)";

namespace {

/// What is written.
enum class Emit { Auto, MLIR, Onnx, LLVM, Assembly, Object, Archive, Shared };

struct CompilerFlags {
  cl::OptionCategory category{"Input and output"};
  cl::opt<std::string> model{cl::Positional, cl::Required,
                             cl::desc("<network>"), cl::cat(category)};
  cl::opt<std::string> output{
      "o", cl::cat(category), cl::value_desc("file"),
      cl::desc("What to write; by default the network's name with the ending "
               ".so, or that of --emit, in the current folder")};
  cl::opt<Emit> emit{
      "emit", cl::cat(category), cl::init(Emit::Auto),
      cl::desc("What it is to be; by default what the file's ending says"),
      cl::values(
          clEnumValN(Emit::MLIR, "mlir",
                     "the optimized network (.mlir text, .mlirbc bytecode)"),
          clEnumValN(Emit::Onnx, "onnx",
                     "the optimized network for other engines (.onnx)"),
          clEnumValN(Emit::LLVM, "llvm", "LLVM IR (.ll)"),
          clEnumValN(Emit::Assembly, "asm", "assembly (.s)"),
          clEnumValN(Emit::Object, "obj", "object code and header (.o)"),
          clEnumValN(Emit::Archive, "archive",
                     "static library and header (.a)"),
          clEnumValN(Emit::Shared, "shared",
                     "shared library and header (.so)"))};
  cl::opt<std::string> name{
      "name", cl::cat(category), cl::value_desc("prefix"),
      cl::desc("Prefix of the C functions; by default from the file's name")};
  cl::opt<std::string> towers{
      "split-towers", cl::cat(category), cl::value_desc("user:a,b,item:c"),
      cl::desc("One library of a recommender's parts: what depends on the "
               "inputs of the user alone, of the item alone, and the rest: "
               "NAME_user_run, NAME_item_run and NAME_score_run")};
  cl::opt<std::string> target{
      "target", cl::cat(category), cl::value_desc("triple"),
      cl::desc("Target triple, e.g. aarch64-linux-gnu (the host)")};
  cl::opt<std::string> json{
      "json", cl::cat(category), cl::value_desc("file"),
      cl::desc("Write the report as JSON, that of --separable too")};
  cl::opt<std::string> report{
      "report", cl::cat(category), cl::value_desc("file.html | file.json"),
      cl::desc("Write a page that shows the network layer by layer, before and "
               "after, with times measured here; or what it shows as JSON "
               "(docs/report.md)")};
  cl::opt<int64_t> workspaceLimit{
      "workspace-limit", cl::cat(category), cl::init(-1),
      cl::value_desc("bytes"),
      cl::desc("Fail, and say which layers need it, where a run needs more "
               "working memory")};
  cl::opt<bool> freestanding{
      "freestanding", cl::cat(category),
      cl::desc("Code for bare metal: calls nothing but memcpy, memmove and "
               "memset")};
  cl::opt<bool> quiet{"quiet", cl::cat(category), cl::desc("Print no report")};
};

} // namespace

/// The kind of file that the ending of `path` says.
static Emit emitOf(StringRef path) {
  return llvm::StringSwitch<Emit>(llvm::sys::path::extension(path))
      .CasesLower({".mlir", ".mlirbc"}, Emit::MLIR)
      .CaseLower(".onnx", Emit::Onnx)
      .CaseLower(".ll", Emit::LLVM)
      .CaseLower(".s", Emit::Assembly)
      .CaseLower(".o", Emit::Object)
      .CaseLower(".a", Emit::Archive)
      .CaseLower(".so", Emit::Shared)
      .Default(Emit::Auto);
}

/// The ending of such a file.
static StringRef endingOf(Emit emit) {
  switch (emit) {
  case Emit::MLIR:
    return ".mlir";
  case Emit::Onnx:
    return ".onnx";
  case Emit::LLVM:
    return ".ll";
  case Emit::Assembly:
    return ".s";
  case Emit::Object:
    return ".o";
  case Emit::Archive:
    return ".a";
  case Emit::Auto:
  case Emit::Shared:
    return ".so";
  }
  llvm_unreachable("all kinds are above");
}

/// A C identifier from a file's name: `my-net.v2.so` gives `my_net_v2`.
static std::string prefixOf(StringRef path) {
  std::string result = llvm::sys::path::stem(path).str();
  for (char &c : result)
    if (!llvm::isAlnum(c))
      c = '_';
  return isCIdentifier(result) ? result : "net_" + result;
}

/// The header beside `path`: `net.so` gives `net.h`.
static std::string headerOf(StringRef path) {
  llvm::SmallString<128> header(path);
  llvm::sys::path::replace_extension(header, "h");
  return header.str().str();
}

/// Writes object code or a library, and its header where there is a folder.
static llvm::Error writeCode(Library &library, StringRef prefix, StringRef path,
                             Emit emit, Written &written) {
  auto infos = library.getInfos();
  if (!infos)
    return infos.takeError();
  auto object = library.generateCode();
  if (!object)
    return object.takeError();
  written.sizes = CodeSizes{measureSections(**object), 0};
  for (const ModelInfo &info : *infos)
    written.sizes->arenaBytes =
        std::max(written.sizes->arenaBytes, info.arenaBytes);
  llvm::Error error = emit == Emit::Shared ? library.link(**object, path)
                      : emit == Emit::Archive
                          ? library.archive(**object, path)
                          : library.writeObject(**object, path);
  if (error || isStreamPath(path))
    return error;
  return writeFile(headerOf(path), makeHeader(prefix, *infos));
}

/// Everything after the graph level.
static llvm::Error write(Library &library, StringRef prefix, StringRef path,
                         Emit emit, Written &written) {
  if (emit == Emit::MLIR)
    return writeModule(library.getFirst().getModule(), path,
                       path.ends_with_insensitive(".mlirbc"));
  if (emit == Emit::Onnx)
    return writeOnnx(library.getFirst().getModule(), path);
  if (llvm::Error error = library.lower())
    return error;
  if (emit == Emit::LLVM) {
    auto module = library.generateLLVM();
    if (!module)
      return module.takeError();
    return writeOutput(path, [&](llvm::raw_ostream &stream) {
      stream << **module;
      return llvm::Error::success();
    });
  }
  if (emit == Emit::Assembly) {
    auto assembly = library.generateCode(/*assembly=*/true);
    if (!assembly)
      return assembly.takeError();
    return writeFile(path, (*assembly)->getBuffer());
  }
  return writeCode(library, prefix, path, emit, written);
}

static llvm::Error compile(const CompilerFlags &flags, CompileOptions options,
                           StringRef path, Emit emit) {
  bool hasHeader =
      (emit == Emit::Object || emit == Emit::Archive || emit == Emit::Shared) &&
      !isStreamPath(path);
  std::vector<std::string> files = {path.str(), flags.json, flags.report,
                                    options.savePlan};
  if (hasHeader)
    files.push_back(headerOf(path));
  if (llvm::Error error = checkOutputs(files))
    return error;
  std::string prefix = options.prefix;
  auto created = Library::create(std::move(options));
  if (!created)
    return created.takeError();
  Library &library = **created;
  if (llvm::Error error = library.load(flags.model))
    return error;
  llvm::json::Object details;
  if (!flags.report.empty()) {
    auto described = describeNetwork(library.getFirst());
    if (!described)
      return described.takeError();
    details = std::move(*described);
  }
  Written written;
  if (llvm::Error error = write(library, prefix, path, emit, written))
    return error;
  if (!isStreamPath(path))
    if (std::error_code error =
            llvm::sys::fs::file_size(path, written.fileBytes))
      return llvm::createFileError(path, error);
  if (!flags.quiet)
    printReport(isStandardOutput(path) ? llvm::errs() : llvm::outs(), library,
                path, written);
  llvm::json::Object report =
      beginReport(flags.model, library.getFirst().getCpu(),
                  library.getFirst().getThreads());
  report["output"] = llvm::json::fixUTF8(path);
  report["file_bytes"] = written.fileBytes;
  report["code_bytes"] = written.sizes ? written.sizes->sections.code : 0;
  addToReport(report, library);
  if (llvm::Error error = writeReport(flags.json, report))
    return error;
  report["details"] = std::move(details);
  return writeDetailedReport(flags.report, std::move(report));
}

/// The inputs in `user:a,b,item:c`, in either order; std::nullopt where it is
/// something else. Names may have colons.
static std::optional<TowerInputs> towersOf(StringRef flag) {
  TowerInputs towers;
  std::vector<std::string> *tower = nullptr;
  SmallVector<StringRef> pieces;
  flag.split(pieces, ',');
  for (StringRef piece : pieces) {
    if (piece.consume_front("user:"))
      tower = &towers.user;
    else if (piece.consume_front("item:"))
      tower = &towers.item;
    if (!tower || piece.empty())
      return std::nullopt;
    tower->push_back(piece.str());
  }
  if (towers.user.empty() || towers.item.empty())
    return std::nullopt;
  return towers;
}

/// The file to write: that of `-o`, or one in the current folder.
static llvm::Expected<std::string> outputOf(const CompilerFlags &flags) {
  if (!flags.output.empty())
    return flags.output;
  std::string path =
      (llvm::sys::path::stem(flags.model) + endingOf(flags.emit)).str();
  bool same = false;
  if (!llvm::sys::fs::equivalent(path, flags.model, same) && same)
    return createStringError("'%s' is the network itself: give -o",
                             path.c_str());
  return path;
}

/// The options of the command line, the path and kind of the output.
static llvm::Error readFlags(const CompilerFlags &flags,
                             const CompileFlags &compileFlags,
                             const ImageFlags &imageFlags,
                             CompileOptions &options, std::string &path,
                             Emit &emit) {
  auto read = compileFlags.get(flags.quiet ? llvm::nulls() : llvm::errs());
  if (!read)
    return read.takeError();
  options = std::move(*read);
  auto preprocessing = imageFlags.get();
  if (!preprocessing)
    return preprocessing.takeError();
  if (*preprocessing && options.calibrate.empty() && !options.imageInput)
    return createStringError("--mean, --std, --scale and --bgr are for the "
                             "images of --calibrate");
  options.preprocessing = *preprocessing;
  options.preprocessesSamples = *preprocessing && !options.imageInput;
  auto framing = imageFlags.getFraming();
  if (!framing)
    return framing.takeError();
  if (framing->isGiven() && !options.imageInput)
    return createStringError("--resize and --crop are said of the images of "
                             "--input-type=uint8");
  options.framing = *framing;
  auto output = outputOf(flags);
  if (!output)
    return output.takeError();
  path = std::move(*output);
  emit = flags.emit == Emit::Auto ? emitOf(path) : flags.emit;
  if (emit == Emit::Auto)
    return createStringError("-o %s: the ending says nothing; name it .mlir, "
                             ".mlirbc, .onnx, .ll, .s, .o, .a or .so, or give "
                             "--emit",
                             path.c_str());
  bool isNetwork = emit == Emit::MLIR || emit == Emit::Onnx;
  if (isNetwork &&
      (!flags.name.empty() || flags.freestanding || options.reference ||
       flags.workspaceLimit.getNumOccurrences()))
    return createStringError(
        "--name, --freestanding, --reference and "
        "--workspace-limit are for code, not for networks");
  if (isNetwork && !options.classNames.empty())
    return createStringError("--class-names is for libraries, which keep them");
  if (isNetwork && (!options.moreInputs.empty() || !flags.towers.empty()))
    return createStringError("%s is one network; several %s are in libraries",
                             path.c_str(),
                             flags.towers.empty() ? "shapes" : "towers");
  options.prefix = flags.name.empty() ? prefixOf(path) : flags.name.getValue();
  if (!isCIdentifier(options.prefix))
    return createStringError("--name=%s: expected a C identifier",
                             flags.name.c_str());
  if (flags.freestanding && options.threads > 1)
    return createStringError("--freestanding and --threads=%lld: threads need "
                             "OpenMP's library",
                             static_cast<long long>(options.threads));
  if (flags.towers.getNumOccurrences()) {
    options.towers = towersOf(flags.towers);
    if (!options.towers)
      return createStringError("--split-towers=%s: expected the inputs of both "
                               "towers, such as user:id,age,item:id",
                               flags.towers.c_str());
  }
  if (llvm::Error error = checkReportPath(flags.report))
    return error;
  if (!flags.report.empty() &&
      (!options.moreInputs.empty() || !flags.towers.empty()))
    return createStringError("--report shows one network: give it one shape, "
                             "and no --split-towers");
  options.keepTrained = !flags.report.empty();
  if (flags.workspaceLimit.getNumOccurrences() && flags.workspaceLimit < 0)
    return createStringError("--workspace-limit=%lld: expected a number of "
                             "bytes",
                             static_cast<long long>(flags.workspaceLimit));
  options.arenaLimit = flags.workspaceLimit;
  options.freestanding = flags.freestanding;
  options.target.triple = flags.target;
  if (!flags.target.empty() && !compileFlags.cpu.getNumOccurrences())
    options.target.cpu = "";
  return llvm::Error::success();
}

int lw::lwcMain(int argc, char **argv) {
  Tool tool(argc, argv, "lwc");
  prepareCommandLine();
  CompilerFlags flags;
  CompileFlags compileFlags;
  ImageFlags imageFlags;
  if (!parseCommandLine(argc, argv, kOverview,
                        {&flags.category, &compileFlags.graphCategory,
                         &compileFlags.codeCategory, &imageFlags.category}))
    return ExitUsage;
  CompileOptions options;
  std::string path;
  Emit emit;
  if (llvm::Error error =
          readFlags(flags, compileFlags, imageFlags, options, path, emit))
    return tool.reportError(std::move(error), ExitUsage);
  if (llvm::Error error = compile(flags, std::move(options), path, emit))
    return tool.finish(tool.reportError(std::move(error)));
  return tool.finish(ExitSuccess);
}
