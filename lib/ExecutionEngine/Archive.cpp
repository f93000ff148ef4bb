//===- Archive.cpp - Object code to a static library
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/CodeGen.h"
#include "mlir/Support/LLVM.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
lw::makeArchive(const llvm::MemoryBuffer &object,
                const llvm::TargetMachine &machine, StringRef name) {
  std::string member = (name + ".o").str();
  llvm::NewArchiveMember entry(
      llvm::MemoryBufferRef(object.getBuffer(), member));
  auto kind = machine.getTargetTriple().isOSDarwin()
                  ? llvm::object::Archive::K_DARWIN
                  : llvm::object::Archive::K_GNU;
  // Deterministic: without times and owners.
  return llvm::writeArchiveToBuffer(entry,
                                    llvm::SymtabWritingMode::NormalSymtab, kind,
                                    /*Deterministic=*/true,
                                    /*Thin=*/false);
}

lw::SectionBytes lw::measureSections(const llvm::MemoryBuffer &object) {
  auto file = llvm::object::ObjectFile::createObjectFile(object);
  if (!file) {
    llvm::consumeError(file.takeError());
    return {};
  }
  SectionBytes bytes;
  for (const llvm::object::SectionRef &section : (*file)->sections()) {
    llvm::Expected<StringRef> name = section.getName();
    if (!name) {
      llvm::consumeError(name.takeError());
      continue;
    }
    // .rodata, .rodata.cst32, .data.rel.ro, __const, __literal16, ...
    if (section.isText())
      bytes.code += section.getSize();
    else if (name->starts_with(".rodata") ||
             name->starts_with(".data.rel.ro") || name->contains("__const") ||
             name->contains("__literal"))
      bytes.constants += section.getSize();
  }
  return bytes;
}
