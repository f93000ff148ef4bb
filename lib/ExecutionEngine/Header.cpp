//===- Header.cpp - C header of a compiled network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/Header.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::lw;

/// The C type of an element.
static StringRef cType(StringRef type) {
  return llvm::StringSwitch<StringRef>(type)
      .Case("f32", "float")
      .Case("f64", "double")
      .Cases({"i8", "si8"}, "int8_t")
      .Case("ui8", "uint8_t")
      .Cases({"i16", "si16"}, "int16_t")
      .Cases({"ui16", "f16", "bf16"}, "uint16_t")
      .Cases({"i32", "si32"}, "int32_t")
      .Case("ui32", "uint32_t")
      .Cases({"i64", "si64"}, "int64_t")
      .Default("uint64_t");
}

/// A name that cannot end a comment.
static std::string inComment(StringRef name) {
  std::string result;
  for (char c : name)
    result += llvm::isPrint(c) && c != '*' ? c : '_';
  return result;
}

static void describe(llvm::raw_ostream &os, StringRef prefix, StringRef kind,
                     ArrayRef<TensorInfo> tensors) {
  std::string upper = prefix.upper();
  os << "#define " << upper << "_NUM_" << kind << "S " << tensors.size()
     << '\n';
  for (auto [i, tensor] : llvm::enumerate(tensors)) {
    os << "/* " << kind.lower() << ' ' << i << ": '" << inComment(tensor.name)
       << "', " << cType(tensor.type) << ' ';
    for (int64_t extent : tensor.shape)
      os << '[' << extent << ']';
    os << (tensor.type.find("16") != std::string::npos ? " (bits)" : "")
       << " */\n#define " << upper << '_' << kind << i << "_SIZE "
       << tensor.numElements() << '\n';
  }
}

std::string lw::makeHeader(const ModelInfo &info) {
  std::string prefix = info.name;
  std::string upper = StringRef(prefix).upper();
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "/* Made by lwc " << info.lwVersion << " for cpu " << info.cpu
     << ". */\n#ifndef " << upper << "_H\n#define " << upper << "_H\n\n"
     << "#include <stdint.h>\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  describe(os, prefix, "INPUT", info.inputs);
  describe(os, prefix, "OUTPUT", info.outputs);
  os << "\n/* Bytes of working memory; 0 means that none is needed. */\n"
     << "#define " << upper << "_ARENA_BYTES " << info.arenaBytes << "\n\n"
     << "/* Runs the network once. inputs and outputs point to one dense "
        "row-major array\n"
     << "   each, which must not overlap. arena is " << upper
     << "_ARENA_BYTES bytes of working\n"
     << "   memory, aligned to 64 bytes, for this call alone (null where none "
        "is needed).\n"
     << "   Returns 0. */\n"
     << "int32_t " << prefix
     << "_run(const void *const *inputs, void *const *outputs,\n"
     << "                void *arena);\n\n"
     << "/* Names, shapes and types as JSON. */\n"
     << "extern const char " << prefix << "_info[];\n\n"
     << "#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << upper << "_H */\n";
  return text;
}
