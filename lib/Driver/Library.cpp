//===- Library.cpp - One library of one or several compiled networks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Library.h"
#include "lw/Lowering/ClassNames.h"
#include "lw/Lowering/Dispatch.h"
#include "lw/Support/OutputFile.h"
#include "lw/Support/Table.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using llvm::createStringError;

std::string lw::describeShapes(ArrayRef<TensorInfo> tensors) {
  std::string text;
  for (const TensorInfo &tensor : tensors)
    if (!tensor.shape.empty())
      text += (text.empty() ? "" : " ") + tensor.name + ":" +
              joinExtents(tensor.shape);
  return text;
}

lw::Library::Library(CompileOptions options) : options(std::move(options)) {}

llvm::Error lw::Library::addMember(StringRef name,
                                   CompileOptions memberOptions) {
  auto compilation = Compilation::create(std::move(memberOptions));
  if (!compilation)
    return compilation.takeError();
  members.push_back({name.str(), std::move(*compilation)});
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<lw::Library>>
lw::Library::create(CompileOptions options) {
  std::unique_ptr<Library> library(new Library(options));
  bool several = library->hasShapes() || options.towers;
  if (several && !options.calibrate.empty())
    return createStringError(
        "--calibrate: its samples are inputs of one network; a library of "
        "several %s is compiled without",
        options.towers ? "towers" : "shapes");
  if (several && options.imageInput && options.towers)
    return createStringError("--input-type=uint8 is for networks of one input");
  if (options.towers && (options.softmax || !options.classNames.empty()))
    return createStringError("--softmax and --class-names are for networks "
                             "that classify, not for towers");
  if (library->hasShapes() && options.towers)
    return createStringError("--split-towers: a library of towers holds each "
                             "for one shape: give one --shape for each input");
  CompileOptions member = options;
  member.moreInputs.clear();
  if (library->hasShapes()) {
    std::vector<InputShapes> all = {options.inputs};
    llvm::append_range(all, options.moreInputs);
    for (auto [i, inputs] : llvm::enumerate(all)) {
      member.inputs = inputs;
      member.prefix = options.prefix + "_shape" + std::to_string(i);
      if (llvm::Error error = library->addMember("", member))
        return std::move(error);
    }
  } else if (options.towers) {
    for (const char *part : {"user", "item", "score"}) {
      member.part = part;
      member.prefix = options.prefix + "_" + part;
      if (llvm::Error error = library->addMember(part, member))
        return std::move(error);
    }
  } else if (llvm::Error error = library->addMember("", std::move(member))) {
    return std::move(error);
  }
  return library;
}

llvm::Error lw::Library::load(StringRef path) {
  for (Member &member : members) {
    if (llvm::Error error = member.compilation->load(path))
      return error;
    if (llvm::Error error = member.compilation->optimize())
      return error;
    if (!hasShapes())
      continue;
    auto inputs = member.compilation->getInputs();
    if (!inputs)
      return inputs.takeError();
    member.name = describeShapes(*inputs);
    for (Member &other : members)
      if (&other != &member && other.name == member.name)
        return createStringError("--shape: %s is given twice",
                                 member.name.c_str());
  }
  return llvm::Error::success();
}

llvm::Error lw::Library::lower() {
  for (Member &member : members)
    if (llvm::Error error = member.compilation->lower())
      return error;
  if (hasShapes())
    if (llvm::Error error = dispatchShapes())
      return error;
  if (!options.classNames.empty())
    emitClassNames(dispatch ? *dispatch : getFirst().getModule(),
                   options.prefix, options.classNames);
  return llvm::Error::success();
}

llvm::Error lw::Library::dispatchShapes() {
  std::vector<LoweredShape> shapes;
  for (Member &member : members) {
    LoweredShape &shape = shapes.emplace_back();
    shape.prefix = member.compilation->getOptions().prefix;
    shape.info = member.compilation->getInfoText().str();
    auto info = ModelInfo::parse(shape.info);
    if (!info)
      return info.takeError();
    for (const TensorInfo &input : info->inputs)
      shape.inputs.push_back(input.shape);
    for (auto [first, input] :
         llvm::zip_equal(shapes.front().inputs, info->inputs))
      if (first.size() != input.shape.size())
        return createStringError(
            "--shape: the shapes of '%s' have %zu and %zu extents; those of "
            "one library need the same number",
            input.name.c_str(), first.size(), input.shape.size());
  }
  dispatch = makeShapeDispatch(getFirst().getModule().getContext(),
                               options.prefix, shapes, getFirst().isMulti());
  return llvm::Error::success();
}

llvm::Expected<llvm::Module *> lw::Library::generateLLVM() {
  return makeLLVM(nullptr);
}

llvm::Expected<llvm::Module *> lw::Library::makeLLVM(Weights *weights) {
  llvmContext = std::make_unique<llvm::LLVMContext>();
  std::vector<std::unique_ptr<llvm::Module>> parts;
  for (Member &member : members) {
    auto part = member.compilation->makeLLVM(*llvmContext, weights);
    if (!part)
      return part.takeError();
    parts.push_back(std::move(*part));
  }
  if (dispatch) {
    auto made =
        lw::generateLLVM(*dispatch, *llvmContext, getFirst().getMachine());
    if (!made)
      return made.takeError();
    llvmModule = std::move(*made);
  } else {
    llvmModule = std::move(parts.front());
    parts.erase(parts.begin());
  }
  if (!parts.empty()) {
    auto joined = joinModules(std::move(llvmModule), std::move(parts),
                              /*exportParts=*/!dispatch);
    if (!joined)
      return joined.takeError();
    llvmModule = std::move(*joined);
  }
  return llvmModule.get();
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
lw::Library::generateCode(bool assembly) {
  // They join the object file or library when that is written, see Weights.
  const llvm::Triple &triple = getFirst().getMachine().getTargetTriple();
  bool apart = !assembly && triple.isOSBinFormatELF() && triple.isArch64Bit() &&
               triple.isLittleEndian();
  auto llvmIR = makeLLVM(apart ? &weights : nullptr);
  if (!llvmIR)
    return llvmIR.takeError();
  // Its check names operations.
  if (!options.freestanding) {
    dispatch = nullptr;
    for (Member &member : members)
      member.compilation->forgetNetwork();
  }
  auto code =
      getFirst().makeCode(**llvmIR, assembly, apart ? &weights : nullptr);
  llvmModule.reset();
  llvmContext.reset();
  if (!code || !options.freestanding || assembly)
    return code;
  SmallVector<ModuleOp> modules;
  for (Member &member : members)
    llvm::append_range(modules, member.compilation->getLowered());
  if (llvm::Error error = checkFreestanding(**code, modules))
    return std::move(error);
  return code;
}

llvm::Expected<std::vector<lw::ModelInfo>> lw::Library::getInfos() {
  std::vector<ModelInfo> infos;
  for (Member &member : members) {
    auto info = ModelInfo::parse(member.compilation->getInfoText());
    if (!info)
      return info.takeError();
    infos.push_back(std::move(*info));
  }
  if (!hasShapes())
    return infos;
  ModelInfo all = infos.front();
  all.name = options.prefix;
  for (ModelInfo &info : infos) {
    all.arenaBytes = std::max(all.arenaBytes, info.arenaBytes);
    all.shapes.push_back({std::move(info.inputs), std::move(info.outputs)});
  }
  return std::vector<ModelInfo>{std::move(all)};
}

llvm::Error lw::Library::writeObject(llvm::MemoryBuffer &object,
                                     StringRef path) {
  return writeOutput(path, [&](llvm::raw_ostream &stream) {
    return weights.write(object.getBuffer(), stream);
  });
}

llvm::Error lw::Library::archive(llvm::MemoryBuffer &object, StringRef path) {
  auto complete = weights.complete(object.getBuffer());
  if (!complete)
    return complete.takeError();
  auto archived =
      makeArchive(**complete, getFirst().getMachine(), options.prefix);
  if (!archived)
    return archived.takeError();
  return writeFile(path, (*archived)->getBuffer());
}

llvm::Error lw::Library::link(llvm::MemoryBuffer &object, StringRef path) {
  return getFirst().runPhase("link", [&] {
    return linkSharedLibrary(object, weights, getFirst().getMachine(), path);
  });
}
