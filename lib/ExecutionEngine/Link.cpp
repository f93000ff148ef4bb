//===- Link.cpp - Object code to a shared library
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/ExecutionEngine/Linker.h"
#include "lw/ExecutionEngine/Weights.h"
#include "lw/Support/OutputFile.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/xxhash.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using llvm::createStringError;

/// The first of `names` in PATH, empty when there is none.
static std::string findProgram(ArrayRef<StringRef> names) {
  for (StringRef name : names)
    if (auto path = llvm::sys::findProgramByName(name))
      return *path;
  return "";
}

/// What `setLinker` has set.
static std::string &ownLinker() {
  static std::string program;
  return program;
}

void lw::setLinker(std::string program) { ownLinker() = std::move(program); }

static std::string findLinker() {
  return ownLinker().empty() ? findProgram({"ld.lld-22", "ld.lld"})
                             : ownLinker();
}

/// The command without a compiler driver, which would know where the system's
/// libraries are. What is not found of C's is left to the program that loads
/// the library; few programs would bring OpenMP's.
static llvm::Expected<std::vector<std::string>>
bareLinkCommand(StringRef lld, const llvm::Triple &triple, StringRef object,
                StringRef library, bool threads) {
  std::vector<std::string> command = {lld.str(),     "-shared",    "-z",
                                      "noexecstack", object.str(), "-o",
                                      library.str()};
  std::string multiarch = triple.getArchName().str() + "-linux-gnu";
  std::vector<std::string> folders = {"/lib/" + multiarch,
                                      "/usr/lib/" + multiarch,
                                      "/lib64",
                                      "/usr/lib64",
                                      "/lib",
                                      "/usr/lib",
                                      "/usr/lib/llvm-22/lib"};
  std::vector<StringRef> names = {"libm.so.6", "libc.so.6"};
  if (threads)
    names.push_back("libomp.so.5");
  for (StringRef name : names) {
    auto found = llvm::find_if(folders, [&](const std::string &folder) {
      return llvm::sys::fs::exists(folder + "/" + name);
    });
    if (found != folders.end())
      command.push_back(*found + "/" + name.str());
    else if (name.starts_with("libomp"))
      return createStringError(
          "a shared library for several threads needs LLVM's OpenMP library: "
          "'" +
          name + "' is not in " + llvm::join(folders, ", ") +
          " (Debian: apt-get install libomp5); -o NAME.o does not");
  }
  return command;
}

static llvm::Error cannotLink(const llvm::Triple &triple) {
  return createStringError(
      "a shared library for %s cannot be linked here; write object code, -o "
      "NAME.o, and link it there",
      triple.str().c_str());
}

/// The command for another architecture than this machine's: the bare linker
/// with Debian's libraries of that architecture.
static llvm::Expected<std::vector<std::string>>
crossLinkCommand(const llvm::Triple &triple, StringRef object,
                 StringRef library, bool threads) {
  if (!triple.isOSLinux())
    return cannotLink(triple);
  if (threads)
    return createStringError(
        "a shared library for several threads on %s needs LLVM's OpenMP "
        "library for it, which Debian has not; write object code, -o NAME.o, "
        "and link it there",
        triple.str().c_str());
  std::string lld = findLinker();
  if (lld.empty())
    return createStringError("linking for %s needs ld.lld in PATH (Debian: "
                             "apt-get install lld-22); -o NAME.o does not",
                             triple.str().c_str());
  std::string folder = "/usr/" + triple.getArchName().str() + "-linux-gnu/lib";
  std::vector<std::string> command = {
      lld,          "-shared", "-z",          "noexecstack", "--as-needed",
      object.str(), "-o",      library.str(), "-L" + folder};
  for (const char *name : {"libm.so.6", "libc.so.6"}) {
    if (!llvm::sys::fs::exists(folder + "/" + name))
      return createStringError(
          "linking for %s needs its C library: '%s/%s' is missing (Debian: "
          "apt-get install libc6-dev-arm64-cross, as scripts/setup.sh --cross "
          "does); -o NAME.o does not",
          triple.str().c_str(), folder.c_str(), name);
    command.push_back("-l:" + std::string(name));
  }
  return command;
}

/// The command that links `object` into `library`. `threads`: the code calls
/// OpenMP.
static llvm::Expected<std::vector<std::string>>
linkCommand(const llvm::Triple &triple, StringRef object, StringRef library,
            bool threads) {
  llvm::Triple host(llvm::sys::getProcessTriple());
  // What is linked with glibc does not run with another C library.
  bool isGlibc = triple.isGNUEnvironment() ||
                 triple.getEnvironment() == llvm::Triple::UnknownEnvironment;
  if (triple.isOSLinux() && !isGlibc &&
      triple.getEnvironment() != host.getEnvironment())
    return cannotLink(triple);
  if (triple.getArch() != host.getArch())
    return crossLinkCommand(triple, object, library, threads);
  std::vector<std::string> command;
  std::string lld = findLinker();
  // Not beside a linker of our own, which is to make the same everywhere.
  std::string driver =
      ownLinker().empty() ? findProgram({"clang-22", "clang"}) : "";
  if (!driver.empty()) {
    command = {driver, "--target=" + triple.str(), "-shared", "-nostartfiles"};
    if (!lld.empty())
      command.push_back("-fuse-ld=" + lld);
    if (threads)
      command.push_back("-fopenmp=libomp");
    command.insert(command.end(), {object.str(), "-o", library.str(), "-lm"});
    return command;
  }
  if (!lld.empty())
    return bareLinkCommand(lld, triple, object, library, threads);
  return createStringError(
      "linking a shared library needs clang or ld.lld in PATH (Debian: apt-get "
      "install clang-22 lld-22); --emit=obj needs neither");
}

/// The errors in what the linker has printed, at most ten. A crash has none: it
/// maps the file that it writes, so that a full disk ends it by a signal.
static std::string errorsIn(StringRef log, StringRef folder) {
  SmallVector<StringRef> errors;
  for (StringRef line : llvm::split(log, '\n'))
    if ((line.contains("error:") || line.contains("LLVM ERROR:")) &&
        !line.contains("linker command failed") && errors.size() < 10)
      errors.push_back(line.trim());
  if (!errors.empty())
    return llvm::join(errors, "\n");
  return "the linker has ended without an error, as it does when no space is "
         "left in '" +
         folder.str() + "'";
}

namespace {

/// A file in the system's folder for such, which goes with this object or a
/// signal.
class TemporaryFile {
public:
  static llvm::Expected<TemporaryFile> create(StringRef suffix) {
    SmallString<128> path;
    if (std::error_code error =
            llvm::sys::fs::createTemporaryFile("lw", suffix, path))
      return createStringError(error, "cannot make a temporary file: %s",
                               error.message().c_str());
    return TemporaryFile(path);
  }
  TemporaryFile(TemporaryFile &&other) : path(std::exchange(other.path, "")) {}
  ~TemporaryFile() {
    if (path.empty())
      return;
    (void)llvm::sys::fs::remove(path);
    llvm::sys::DontRemoveFileOnSignal(path);
  }

  const std::string &getPath() const { return path; }

private:
  explicit TemporaryFile(StringRef path) : path(path.str()) {
    llvm::sys::RemoveFileOnSignal(path);
  }

  std::string path;
};

} // namespace

llvm::Error lw::linkSharedLibrary(llvm::MemoryBuffer &object, Weights &weights,
                                  const llvm::TargetMachine &machine,
                                  StringRef path) {
  std::vector<TemporaryFile> files;
  for (StringRef suffix : {"o", "so", "log"}) {
    auto file = TemporaryFile::create(suffix);
    if (!file)
      return file.takeError();
    files.push_back(std::move(*file));
  }
  StringRef objectPath = files[0].getPath(), libraryPath = files[1].getPath(),
            logPath = files[2].getPath();
  auto command = linkCommand(machine.getTargetTriple(), objectPath, libraryPath,
                             object.getBuffer().contains("__kmpc_"));
  if (!command)
    return command.takeError();
  bool isDriver =
      llvm::sys::path::filename(command->front()).starts_with("clang");
  // A section without contents keeps its place among constants with lld; other
  // linkers give it contents, or a place among variables.
  bool apart = llvm::any_of(*command, [](StringRef word) {
    return word.contains("ld.lld") || word == ownLinker();
  });
  auto linked = apart ? weights.separate(object.getBuffer())
                      : weights.complete(object.getBuffer());
  if (!linked)
    return linked.takeError();
  if (llvm::Error error = writeFile(objectPath, (*linked)->getBuffer()))
    return error;
  // Else libraries that differ by their weights would have one identity.
  if (apart && isDriver)
    command->push_back(llvm::formatv("-Wl,--build-id=0x{0:x-16}{1:x-16}",
                                     llvm::xxh3_64bits(object.getBuffer()),
                                     weights.hash()));
  // What is called lib*.so is for -l: programs then find it by its name, in
  // whatever folder. Others are found where they were linked from.
  if (StringRef name = llvm::sys::path::filename(path);
      name.starts_with("lib") && name.contains(".so")) {
    // Not by -Wl, which cuts names at commas.
    if (isDriver)
      command->push_back("-Xlinker");
    command->push_back(("-soname=" + name).str());
  }
  SmallVector<StringRef> arguments(command->begin(), command->end());
  if (arguments.front() == ownLinker())
    arguments.front() = kLinkerName;
  std::optional<StringRef> redirects[] = {StringRef(""), logPath, logPath};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(command->front(), arguments,
                                         /*Env=*/std::nullopt, redirects,
                                         /*SecondsToWait=*/0, /*MemoryLimit=*/0,
                                         &message);
  if (status != 0) {
    if (auto log = llvm::MemoryBuffer::getFile(logPath))
      message += errorsIn((*log)->getBuffer(),
                          llvm::sys::path::parent_path(libraryPath));
    return createStringError("linking '%s' with %s failed: %s",
                             path.str().c_str(), command->front().c_str(),
                             message.empty() ? "the linker says nothing"
                                             : message.c_str());
  }
  auto library = llvm::MemoryBuffer::getFile(libraryPath, /*IsText=*/false,
                                             /*RequiresNullTerminator=*/false);
  if (!library)
    return llvm::createFileError(libraryPath, library.getError());
  if (!apart)
    return writeFile(path, (*library)->getBuffer(), FileMode::Executable);
  return writeOutput(
      path,
      [&](llvm::raw_ostream &stream) {
        return weights.write((*library)->getBuffer(), stream);
      },
      FileMode::Executable);
}
