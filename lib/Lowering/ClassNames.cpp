//===- ClassNames.cpp - What the classes of a network are called
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/ClassNames.h"
#include "DispatchBuilder.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

class LabelEmitter : DispatchBuilder {
public:
  using DispatchBuilder::DispatchBuilder;

  void emit(ArrayRef<std::string> names) {
    std::string joined;
    std::vector<int32_t> starts;
    for (const std::string &name : names) {
      starts.push_back(static_cast<int32_t>(joined.size()));
      joined += name;
      joined += '\0';
    }
    LLVM::GlobalOp texts =
        text(prefix + "_label_texts", StringRef(joined).drop_back(),
             LLVM::Linkage::Internal);
    b.setInsertionPointToEnd(module.getBody());
    auto count = static_cast<int64_t>(starts.size());
    auto table = LLVM::GlobalOp::create(
        b, LLVM::LLVMArrayType::get(b.getI32Type(), count), /*isConstant=*/true,
        LLVM::Linkage::Internal, (prefix + "_label_starts").str(),
        DenseElementsAttr::get(RankedTensorType::get({count}, b.getI32Type()),
                               ArrayRef<int32_t>(starts)));

    LLVM::LLVMFuncOp label =
        define(prefix + "_label", pointer, {b.getI32Type()});
    Value index = label.getArgument(0);
    // Unsigned: negative ones are too large, too.
    returnIf(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::uge, index,
                                  constant(count)),
             [&]() -> Value { return LLVM::ZeroOp::create(b, pointer); });
    Value entry = LLVM::GEPOp::create(b, pointer, b.getI32Type(),
                                      LLVM::AddressOfOp::create(b, table),
                                      ArrayRef<LLVM::GEPArg>{index});
    Value start = LLVM::LoadOp::create(b, b.getI32Type(), entry);
    finish(LLVM::GEPOp::create(b, pointer, b.getI8Type(),
                               LLVM::AddressOfOp::create(b, texts),
                               ArrayRef<LLVM::GEPArg>{start}));
  }
};

} // namespace

void lw::emitClassNames(ModuleOp module, StringRef prefix,
                        ArrayRef<std::string> names) {
  LabelEmitter(module, prefix).emit(names);
}
