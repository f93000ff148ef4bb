//===- Weights.cpp - Constants of a network's code
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/Weights.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

/// A cache line, which is the largest vector too.
static constexpr int64_t kWeightAlignment = 64;

/// The section of weights. Programs that link object code, also by scripts of
/// their own, have them among constants, as what starts with kRodata.
static constexpr llvm::StringLiteral kSection = ".lw_weights";
static constexpr llvm::StringLiteral kRodata = ".rodata";

using ELF = llvm::object::ELF64LE;

size_t lw::Weights::add(DialectResourceBlobManager::BlobEntry &resource) {
  auto [known, isNew] = taken.try_emplace(&resource, entries.size());
  if (!isNew)
    return known->second;
  AsmResourceBlob blob = std::move(*resource.getBlob());
  resource.setBlob(UnmanagedAsmResourceBlob::allocateWithAlign({}, 1));
  ArrayRef<char> bytes = blob.getData();
  uint64_t hash = llvm::xxh3_64bits(StringRef(bytes.data(), bytes.size()));
  std::vector<size_t> &equal = byHash[hash];
  for (size_t index : equal)
    if (entries[index].blob.getData() == bytes)
      return known->second = index;
  equal.push_back(entries.size());
  entries.push_back(
      {"lw_weights_" + std::to_string(entries.size()), std::move(blob), hash});
  return entries.size() - 1;
}

/// Whether the blob has all elements, as they lie in memory.
static bool isComplete(DenseResourceElementsAttr elements) {
  AsmResourceBlob *blob = elements.getRawHandle().getBlob();
  Type type = elements.getElementType();
  return blob && type.isIntOrFloat() && type.getIntOrFloatBitWidth() % 8 == 0 &&
         static_cast<int64_t>(blob->getData().size()) ==
             elements.getNumElements() * (type.getIntOrFloatBitWidth() / 8);
}

void lw::Weights::take(ModuleOp module) {
  llvm::DenseMap<StringAttr, FlatSymbolRefAttr> newNames;
  llvm::DenseSet<size_t> declared;
  for (auto global :
       llvm::make_early_inc_range(module.getOps<LLVM::GlobalOp>())) {
    auto elements =
        dyn_cast_or_null<DenseResourceElementsAttr>(global.getValueOrNull());
    if (!elements || !global.getConstant())
      continue;
    auto *resource = elements.getRawHandle().getResource();
    if (!taken.contains(resource) && !isComplete(elements))
      continue;
    size_t index = add(*resource);
    auto name = StringAttr::get(module.getContext(), entries[index].name);
    newNames[global.getSymNameAttr()] = FlatSymbolRefAttr::get(name);
    if (!declared.insert(index).second) {
      global.erase();
      continue;
    }
    global.setSymNameAttr(name);
    global.removeValueAttr();
    global.setLinkage(LLVM::Linkage::External);
    global.setVisibility_(LLVM::Visibility::Hidden);
    global.setDsoLocal(true);
    global.setAlignment(kWeightAlignment);
  }
  module.walk([&](LLVM::AddressOfOp use) {
    auto found = newNames.find(use.getGlobalNameAttr().getAttr());
    if (found != newNames.end())
      use.setGlobalNameAttr(found->second);
  });
}

void lw::Weights::define(llvm::Module &module) {
  std::vector<Entry> used;
  // As text, since LLVM gives constants of its own contents, zeros or not.
  std::string text;
  llvm::raw_string_ostream assembly(text);
  assembly << ".section " << kRodata << kSection << ",\"a\",%nobits\n";
  for (Entry &entry : entries) {
    llvm::GlobalVariable *global = module.getGlobalVariable(entry.name);
    if (!global || global->use_empty()) {
      if (global)
        global->eraseFromParent();
      continue;
    }
    // Defined by the text, in the same file.
    global->setVisibility(llvm::GlobalValue::DefaultVisibility);
    global->setDSOLocal(true);
    uint64_t size = entry.blob.getData().size();
    assembly << ".balign " << kWeightAlignment << "\n.type " << entry.name
             << ",%object\n.size " << entry.name << ',' << size << '\n'
             << entry.name << ":\n.zero " << size << '\n';
    bytes = llvm::alignTo(bytes, kWeightAlignment) + size;
    used.push_back(std::move(entry));
  }
  entries = std::move(used);
  if (bytes)
    module.appendModuleInlineAsm(text);
}

uint64_t lw::Weights::hash() const {
  std::vector<uint64_t> hashes;
  for (const Entry &entry : entries)
    hashes.push_back(entry.hash);
  return llvm::xxh3_64bits(
      ArrayRef(reinterpret_cast<const uint8_t *>(hashes.data()),
               hashes.size() * sizeof(uint64_t)));
}

namespace {

/// An ELF file whose headers are changed in memory.
class ElfFile {
public:
  explicit ElfFile(StringRef file) : bytes(file.begin(), file.end()) {}

  /// Finds the section for weights, which holds `size` bytes.
  llvm::Error findRoom(uint64_t size);

  ELF::Ehdr &header() { return *at<ELF::Ehdr>(0); }
  MutableArrayRef<ELF::Shdr> sections() {
    return {at<ELF::Shdr>(header().e_shoff), header().e_shnum};
  }
  MutableArrayRef<ELF::Phdr> segments() {
    return {at<ELF::Phdr>(header().e_phoff), header().e_phnum};
  }

  /// Gives the section contents: where they start in the file, after how many
  /// of its bytes, which of them come next, and what those move by. What is
  /// between has been left out by the linker to keep places in pages.
  struct Contents {
    uint64_t start, before, next, shift;
  };
  llvm::Expected<Contents> giveContents();

  llvm::SmallVector<char, 0> bytes;
  ELF::Shdr *room = nullptr;

private:
  template <typename T> T *at(uint64_t offset) {
    return reinterpret_cast<T *>(bytes.data() + offset);
  }
};

} // namespace

llvm::Error ElfFile::findRoom(uint64_t size) {
  auto file = llvm::object::ELFFile<ELF>::create({bytes.data(), bytes.size()});
  if (!file)
    return file.takeError();
  auto all = file->sections();
  if (!all)
    return all.takeError();
  for (const ELF::Shdr &section : *all) {
    auto name = file->getSectionName(section);
    if (!name)
      return name.takeError();
    if (name->ends_with(kSection) && section.sh_size == size &&
        section.sh_type == llvm::ELF::SHT_NOBITS)
      room = &sections()[&section - all->data()];
  }
  return room ? llvm::Error::success()
              : llvm::createStringError("the code has no room for its weights");
}

llvm::Expected<ElfFile::Contents> ElfFile::giveContents() {
  Contents contents{room->sh_offset, room->sh_offset, header().e_shoff, 0};
  uint64_t alignment = 1;
  for (const ELF::Shdr &section : sections()) {
    alignment = std::max<uint64_t>(alignment, section.sh_addralign);
    if (&section != room && section.sh_offset >= contents.before)
      contents.next = std::min<uint64_t>(contents.next, section.sh_offset);
  }
  contents.start = llvm::alignTo(contents.start, room->sh_addralign);
  for (ELF::Phdr &segment : segments()) {
    alignment = std::max<uint64_t>(alignment, segment.p_align);
    if (segment.p_type != llvm::ELF::PT_LOAD ||
        room->sh_addr < segment.p_vaddr ||
        room->sh_addr >= segment.p_vaddr + segment.p_memsz)
      continue;
    if (segment.p_offset + segment.p_filesz != contents.before)
      return llvm::createStringError("the linker has placed weights before "
                                     "other contents of a segment");
    contents.start = segment.p_offset + (room->sh_addr - segment.p_vaddr);
    segment.p_filesz = room->sh_addr + room->sh_size - segment.p_vaddr;
  }
  // What is mapped stays at its place in a page.
  uint64_t end = contents.start + room->sh_size;
  if (end > contents.next)
    contents.shift = llvm::alignTo(end - contents.next, alignment);
  for (ELF::Phdr &segment : segments())
    if (segment.p_offset >= contents.before)
      segment.p_offset = segment.p_offset + contents.shift;
  for (ELF::Shdr &section : sections())
    if (section.sh_offset >= contents.before)
      section.sh_offset = section.sh_offset + contents.shift;
  room->sh_type = llvm::ELF::SHT_PROGBITS;
  room->sh_offset = contents.start;
  header().e_shoff = header().e_shoff + contents.shift;
  return contents;
}

llvm::Error lw::Weights::write(StringRef file, llvm::raw_ostream &stream) {
  if (!bytes) {
    stream << file;
    return llvm::Error::success();
  }
  ElfFile elf(file);
  if (llvm::Error error = elf.findRoom(bytes))
    return error;
  auto contents = elf.giveContents();
  if (!contents)
    return contents.takeError();
  StringRef changed(elf.bytes.data(), elf.bytes.size());
  stream << changed.take_front(contents->before);
  stream.write_zeros(contents->start - contents->before);
  uint64_t written = 0;
  auto padTo = [&](uint64_t offset) {
    stream.write_zeros(offset - written);
    written = offset;
  };
  for (Entry &entry : entries) {
    padTo(llvm::alignTo(written, kWeightAlignment));
    ArrayRef<char> data = entry.blob.getData();
    stream.write(data.data(), data.size());
    written += data.size();
    entry.blob = AsmResourceBlob();
  }
  padTo(contents->next + contents->shift - contents->start);
  stream << changed.drop_front(contents->next);
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
lw::Weights::complete(StringRef object) {
  llvm::SmallVector<char, 0> whole;
  // A vector that grows is copied.
  whole.reserve(object.size() + bytes + (1 << 16));
  llvm::raw_svector_ostream stream(whole);
  if (llvm::Error error = write(object, stream))
    return std::move(error);
  return std::make_unique<llvm::SmallVectorMemoryBuffer>(
      std::move(whole), "lw", /*RequiresNullTerminator=*/false);
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
lw::Weights::separate(StringRef object) const {
  ElfFile elf(object);
  if (bytes) {
    if (llvm::Error error = elf.findRoom(bytes))
      return std::move(error);
    // The end of the name is a name, too.
    elf.room->sh_name = elf.room->sh_name + kRodata.size();
  }
  return std::make_unique<llvm::SmallVectorMemoryBuffer>(
      std::move(elf.bytes), "lw", /*RequiresNullTerminator=*/false);
}
