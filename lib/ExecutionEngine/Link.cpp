//===- Link.cpp - Object code to a shared library
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/CodeGen.h"
#include "mlir/Support/LLVM.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using llvm::createStringError;

/// The first of `names` in PATH, empty when there is none.
static std::string findProgram(ArrayRef<StringRef> names) {
  for (StringRef name : names)
    if (auto path = llvm::sys::findProgramByName(name))
      return *path;
  return "";
}

/// The command that links `object` into `library`. A compiler driver knows
/// where the C and math libraries are; the bare linker leaves their symbols
/// to the program that loads the library. `threads`: the code calls OpenMP.
static llvm::Expected<std::vector<std::string>>
linkCommand(const llvm::Triple &triple, StringRef object, StringRef library,
            bool threads) {
  std::vector<std::string> command;
  std::string driver = findProgram({"clang-22", "clang"});
  std::string lld = findProgram({"ld.lld-22", "ld.lld"});
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
    return std::vector<std::string>{
        lld, "-shared", "-z", "noexecstack", object.str(), "-o", library.str()};
  return createStringError(
      "linking a shared library needs clang or ld.lld in PATH (Debian: apt-get "
      "install clang-22 lld-22); --emit=obj needs neither");
}

llvm::Error lw::linkSharedLibrary(llvm::MemoryBuffer &object,
                                  const llvm::TargetMachine &machine,
                                  StringRef path) {
  llvm::SmallString<128> objectPath, logPath;
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("lw", "o", objectPath))
    return createStringError(error, "cannot make a temporary file");
  llvm::FileRemover removeObject(objectPath);
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("lw", "log", logPath))
    return createStringError(error, "cannot make a temporary file");
  llvm::FileRemover removeLog(logPath);
  if (llvm::Error error = llvm::writeToOutput(
          objectPath, [&](llvm::raw_ostream &stream) -> llvm::Error {
            stream << object.getBuffer();
            return llvm::Error::success();
          }))
    return error;

  // Beside the result, so that the last step is a rename.
  std::string temporary = path.str() + ".tmp";
  llvm::FileRemover removeTemporary(temporary);
  auto command = linkCommand(machine.getTargetTriple(), objectPath, temporary,
                             object.getBuffer().contains("__kmpc_"));
  if (!command)
    return command.takeError();
  SmallVector<StringRef> arguments(command->begin(), command->end());
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(logPath),
                                          StringRef(logPath)};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(command->front(), arguments,
                                         /*Env=*/std::nullopt, redirects,
                                         /*SecondsToWait=*/0, /*MemoryLimit=*/0,
                                         &message);
  if (status != 0) {
    if (auto log = llvm::MemoryBuffer::getFile(logPath))
      message += (*log)->getBuffer();
    return createStringError("linking '%s' with %s failed: %s",
                             path.str().c_str(), command->front().c_str(),
                             message.c_str());
  }
  if (std::error_code error = llvm::sys::fs::rename(temporary, path))
    return llvm::createFileError(path, error);
  return llvm::Error::success();
}
