//===- lwc.cpp - Compile a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Flags.h"
#include "lw/Driver/ImageFlags.h"
#include "lw/ExecutionEngine/Header.h"
#include "lw/Support/Table.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
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
  lwc net.onnx -o net.so
      a shared library and its header net.h, for this machine
  lwc net.onnx -o net.o --cpu=x86-64-v3
      object code for any machine with AVX2
  lwc net.onnx -o net.so --separate=max-error=0.1 --name=small
      separable form where the weights allow it; functions small_run, small_info
  lwc net.onnx -o net.so --separable=macs=2x --calibrate=cifar.npz:images \
      --scale=1/255 --mean=.485,.456,.406 --std=.229,.224,.225
      half the MACs, fitted to sample images
  lwc net.onnx -o net.mlirbc
      the optimized network, before code generation
)";

namespace {

/// What is written.
enum class Emit { Auto, MLIR, LLVM, Assembly, Object, Shared };

struct CompilerFlags {
  cl::OptionCategory category{"Input and output"};
  cl::opt<std::string> model{cl::Positional, cl::Required,
                             cl::desc("<network>"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::Required, cl::cat(category),
                              cl::value_desc("file"),
                              cl::desc("What to write")};
  cl::opt<Emit> emit{
      "emit", cl::cat(category), cl::init(Emit::Auto),
      cl::desc("What it is to be; by default what the file's ending says"),
      cl::values(
          clEnumValN(Emit::MLIR, "mlir",
                     "the optimized network (.mlir text, .mlirbc bytecode)"),
          clEnumValN(Emit::LLVM, "llvm", "LLVM IR (.ll)"),
          clEnumValN(Emit::Assembly, "asm", "assembly (.s)"),
          clEnumValN(Emit::Object, "obj", "object code and header (.o)"),
          clEnumValN(Emit::Shared, "shared",
                     "shared library and header (.so)"))};
  cl::opt<std::string> name{
      "name", cl::cat(category), cl::value_desc("prefix"),
      cl::desc("Prefix of the C functions; by default from the file's name")};
  cl::opt<std::string> target{
      "target", cl::cat(category), cl::value_desc("triple"),
      cl::desc("Target triple, e.g. aarch64-linux-gnu (the host)")};
  cl::opt<bool> quiet{"quiet", cl::cat(category), cl::desc("Print no report")};
};

} // namespace

/// The kind of file that the ending of `path` says.
static Emit emitOf(StringRef path) {
  return llvm::StringSwitch<Emit>(llvm::sys::path::extension(path))
      .Cases({".mlir", ".mlirbc"}, Emit::MLIR)
      .Case(".ll", Emit::LLVM)
      .Case(".s", Emit::Assembly)
      .Case(".o", Emit::Object)
      .Case(".so", Emit::Shared)
      .Default(Emit::Auto);
}

static bool isCIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// A C identifier from a file's name: `my-net.v2.so` gives `my_net_v2`.
static std::string prefixOf(StringRef path) {
  std::string result = llvm::sys::path::stem(path).str();
  for (char &c : result)
    if (!llvm::isAlnum(c))
      c = '_';
  return isCIdentifier(result) ? result : "net_" + result;
}

/// Bytes of machine code in an object file.
static uint64_t codeBytes(const llvm::MemoryBuffer &object) {
  auto file = llvm::object::ObjectFile::createObjectFile(object);
  if (!file) {
    llvm::consumeError(file.takeError());
    return 0;
  }
  uint64_t bytes = 0;
  for (const llvm::object::SectionRef &section : (*file)->sections())
    if (section.isText())
      bytes += section.getSize();
  return bytes;
}

static void printReport(const Compilation &compilation, StringRef output,
                        uint64_t fileBytes, uint64_t machineCode) {
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
  table.print(llvm::outs());
  llvm::outs() << output << ": " << groupDigits(fileBytes) << " bytes";
  if (machineCode)
    llvm::outs() << ", " << groupDigits(machineCode) << " of machine code";
  llvm::outs() << " for " << compilation.getCpu() << '\n';
  llvm::outs() << llvm::format("%.2f s:", compilation.getSeconds());
  for (const PhaseTime &phase : compilation.getPhases())
    llvm::outs() << llvm::format(" %s %.2f", phase.name.c_str(), phase.seconds);
  llvm::outs() << '\n';
}

static llvm::Error writeModule(Compilation &compilation, StringRef path) {
  return llvm::writeToOutput(
      path, [&](llvm::raw_ostream &stream) -> llvm::Error {
        ModuleOp module = compilation.getModule();
        if (path.ends_with(".mlirbc")) {
          if (failed(writeBytecodeToFile(module, stream)))
            return createStringError("writing bytecode failed");
        } else {
          module->print(stream);
        }
        return llvm::Error::success();
      });
}

/// The header beside `path`: `net.so` gives `net.h`.
static std::string headerOf(StringRef path) {
  llvm::SmallString<128> header(path);
  llvm::sys::path::replace_extension(header, "h");
  return header.str().str();
}

/// Writes object code or a library, and its header.
static llvm::Error writeCode(Compilation &compilation, StringRef path,
                             Emit emit, uint64_t &machineCode) {
  auto info = compilation.getInfo();
  if (!info)
    return info.takeError();
  auto object = compilation.generateCode();
  if (!object)
    return object.takeError();
  machineCode = codeBytes(**object);
  llvm::Error error = emit == Emit::Shared
                          ? compilation.link(**object, path)
                          : writeFile(path, (*object)->getBuffer());
  if (error)
    return error;
  return writeFile(headerOf(path), makeHeader(*info));
}

static llvm::Error compile(const CompilerFlags &flags, CompileOptions options,
                           Emit emit) {
  StringRef path = flags.output;
  bool hasHeader = emit == Emit::Object || emit == Emit::Shared;
  if (llvm::Error error = checkWritable(path))
    return error;
  if (hasHeader)
    if (llvm::Error error = checkWritable(headerOf(path)))
      return error;
  auto created = Compilation::create(std::move(options));
  if (!created)
    return created.takeError();
  Compilation &compilation = **created;
  if (llvm::Error error = compilation.load(flags.model))
    return error;
  if (llvm::Error error = compilation.optimize())
    return error;

  uint64_t machineCode = 0;
  if (emit == Emit::MLIR) {
    if (llvm::Error error = writeModule(compilation, path))
      return error;
  } else {
    if (llvm::Error error = compilation.lower())
      return error;
    if (emit == Emit::LLVM) {
      auto module = compilation.generateLLVM();
      if (!module)
        return module.takeError();
      std::string text;
      llvm::raw_string_ostream(text) << **module;
      if (llvm::Error error = writeFile(path, text))
        return error;
    } else if (emit == Emit::Assembly) {
      auto assembly = compilation.generateCode(/*assembly=*/true);
      if (!assembly)
        return assembly.takeError();
      if (llvm::Error error = writeFile(path, (*assembly)->getBuffer()))
        return error;
    } else if (llvm::Error error =
                   writeCode(compilation, path, emit, machineCode)) {
      return error;
    }
  }
  uint64_t bytes = 0;
  if (std::error_code error = llvm::sys::fs::file_size(path, bytes))
    return llvm::createFileError(path, error);
  if (!flags.quiet)
    printReport(compilation, path, bytes, machineCode);
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  prepareCommandLine();
  CompilerFlags flags;
  CompileFlags compileFlags;
  ImageFlags imageFlags;
  if (!parseCommandLine(argc, argv, kOverview,
                        {&flags.category, &compileFlags.graphCategory,
                         &compileFlags.codeCategory, &imageFlags.category}))
    return ExitUsage;
  auto options = compileFlags.get();
  if (!options)
    return reportError("lwc", options.takeError(), ExitUsage);
  auto preprocessing = imageFlags.get();
  if (!preprocessing)
    return reportError("lwc", preprocessing.takeError(), ExitUsage);
  options->preprocessing = *preprocessing;
  Emit emit = flags.emit == Emit::Auto ? emitOf(flags.output) : flags.emit;
  if (emit == Emit::Auto)
    return reportError(
        "lwc",
        createStringError("-o %s: the ending says nothing; name it .mlir, "
                          ".mlirbc, .ll, .s, .o or .so, or give --emit",
                          flags.output.c_str()),
        ExitUsage);
  options->prefix = flags.name.empty() ? prefixOf(flags.output) : flags.name;
  if (!isCIdentifier(options->prefix))
    return reportError("lwc",
                       createStringError("--name=%s: expected a C identifier",
                                         flags.name.c_str()),
                       ExitUsage);
  options->target.triple = flags.target;
  if (!flags.target.empty() && !compileFlags.cpu.getNumOccurrences())
    options->target.cpu = "";
  if (llvm::Error error = compile(flags, std::move(*options), emit))
    return reportError("lwc", std::move(error));
  return ExitSuccess;
}
