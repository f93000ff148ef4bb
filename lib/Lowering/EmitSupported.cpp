//===- EmitSupported.cpp - A function that looks at the processor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "EmitSupported.h"
#include "lw/Target/FeatureDetection.h"
#include "lw/Target/Target.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/TargetParser/Triple.h"
#include <map>

using namespace mlir;
using namespace mlir::lw;

namespace {

/// Emits the checks of one function, each of which leaves it when it fails.
class Checks {
public:
  Checks(LLVM::LLVMFuncOp function, Location loc)
      : b(loc, function.getContext()), function(function) {
    b.setInsertionPointToStart(function.addEntryBlock(b));
    fail = function.addBlock();
  }

  void checkX86(ArrayRef<std::string> features);
  void checkAArch64(ArrayRef<std::string> features);
  void finish();

private:
  Value constant(Type type, uint64_t value) {
    return LLVM::ConstantOp::create(b, type, b.getIntegerAttr(type, value));
  }
  /// Goes on where all bits of `mask` are set in `value`.
  void requireBits(Value value, uint64_t mask) {
    Value expected = constant(value.getType(), mask);
    require(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq,
                                 LLVM::AndOp::create(b, value, expected),
                                 expected));
  }
  void require(Value condition);
  Value inlineAssembly(Type result, ValueRange operands, StringRef text,
                       StringRef constraints) {
    return LLVM::InlineAsmOp::create(b, result, operands, text, constraints,
                                     /*has_side_effects=*/true,
                                     /*is_align_stack=*/false,
                                     LLVM::tailcallkind::TailCallKind::None,
                                     LLVM::AsmDialectAttr(), ArrayAttr())
        .getRes();
  }
  /// The four registers that cpuid writes.
  std::array<Value, 4> cpuid(uint32_t leaf, uint32_t subleaf);

  ImplicitLocOpBuilder b;
  LLVM::LLVMFuncOp function;
  Block *fail;
};

} // namespace

void Checks::require(Value condition) {
  Block *next = new Block;
  function.getBody().getBlocks().insert(fail->getIterator(), next);
  LLVM::CondBrOp::create(b, condition, next, fail);
  b.setInsertionPointToStart(next);
}

std::array<Value, 4> Checks::cpuid(uint32_t leaf, uint32_t subleaf) {
  Type i32 = b.getI32Type();
  auto registers =
      LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
  Value all = inlineAssembly(
      registers, {constant(i32, leaf), constant(i32, subleaf)}, "cpuid",
      "={ax},={bx},={cx},={dx},{ax},{cx},~{dirflag},~{fpsr},~{flags}");
  std::array<Value, 4> result;
  for (auto [i, value] : llvm::enumerate(result))
    value = LLVM::ExtractValueOp::create(b, all, i);
  return result;
}

void Checks::checkX86(ArrayRef<std::string> features) {
  // Bits that are needed, of each register of each leaf.
  std::map<std::pair<uint32_t, uint32_t>, std::array<uint32_t, 4>> leaves;
  uint32_t state = 0;
  auto need = [&](uint32_t leaf, uint32_t subleaf, CpuidRegister reg,
                  unsigned bit) {
    leaves[{leaf, subleaf}][static_cast<size_t>(reg)] |= uint32_t(1) << bit;
  };
  for (const X86Feature &feature : getX86Features())
    if (llvm::is_contained(features, feature.name)) {
      need(feature.leaf, feature.subleaf, feature.reg, feature.bit);
      state |= feature.state;
    }
  constexpr unsigned kOsxsave = 27;
  if (state)
    need(1, 0, CpuidRegister::ECX, kOsxsave);

  // Leaves beyond the last one repeat others.
  for (uint32_t range : {0u, 0x80000000u}) {
    uint32_t last = 0;
    for (const auto &leaf : leaves)
      if ((leaf.first.first & 0x80000000u) == range)
        last = std::max(last, leaf.first.first);
    if (!last)
      continue;
    Value most = cpuid(range, 0)[0];
    require(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::uge, most,
                                 constant(b.getI32Type(), last)));
  }
  for (const auto &[leaf, masks] : leaves) {
    std::array<Value, 4> registers = cpuid(leaf.first, leaf.second);
    for (auto [value, mask] : llvm::zip(registers, masks))
      if (mask)
        requireBits(value, mask);
  }
  if (!state)
    return;
  Type i32 = b.getI32Type();
  Value saved = inlineAssembly(
      LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32}),
      {constant(i32, 0)}, "xgetbv",
      "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}");
  requireBits(LLVM::ExtractValueOp::create(b, saved, 0), state);
}

void Checks::checkAArch64(ArrayRef<std::string> features) {
  std::map<unsigned, uint64_t> masks;
  for (const AArch64Feature &feature : getAArch64Features())
    if (llvm::is_contained(features, feature.name))
      masks[feature.vector] |= uint64_t(1) << feature.bit;
  if (masks.empty())
    return;
  constexpr llvm::StringLiteral kAsk = "getauxval";
  Type i64 = b.getI64Type();
  auto module = function->getParentOfType<ModuleOp>();
  auto ask = module.lookupSymbol<LLVM::LLVMFuncOp>(kAsk);
  if (!ask) {
    OpBuilder atModule(function);
    ask = LLVM::LLVMFuncOp::create(atModule, b.getLoc(), kAsk,
                                   LLVM::LLVMFunctionType::get(i64, {i64}));
  }
  for (auto [vector, mask] : masks)
    requireBits(LLVM::CallOp::create(b, ask, ValueRange{constant(i64, vector)})
                    .getResult(),
                mask);
}

void Checks::finish() {
  LLVM::ReturnOp::create(b, constant(b.getI32Type(), 1));
  if (fail->hasNoPredecessors()) {
    fail->erase();
    return;
  }
  b.setInsertionPointToStart(fail);
  LLVM::ReturnOp::create(b, constant(b.getI32Type(), 0));
}

void mlir::lw::emitSupported(ModuleOp module, StringRef name, TargetAttr target,
                             bool freestanding) {
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  auto function = LLVM::LLVMFuncOp::create(
      builder, module.getLoc(), name,
      LLVM::LLVMFunctionType::get(builder.getI32Type(), {}));
  function.setTargetCpu(kBaselineCpu);
  Checks checks(function, module.getLoc());
  if (target) {
    llvm::Triple triple(target.getTriple());
    if (triple.isX86())
      checks.checkX86(listFeatures(target));
    else if (triple.isAArch64() && triple.isOSLinux() && !freestanding)
      checks.checkAArch64(listFeatures(target));
  }
  checks.finish();
}
