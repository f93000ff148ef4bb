//===- Header.cpp - C header of a compiled network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/Header.h"
#include "lw/Lowering/EntryPoint.h"
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
      .Cases({"i1", "ui8"}, "uint8_t")
      .Cases({"i16", "si16"}, "int16_t")
      .Cases({"ui16", "f16", "bf16"}, "uint16_t")
      .Cases({"i32", "si32"}, "int32_t")
      .Case("ui32", "uint32_t")
      .Cases({"i64", "si64"}, "int64_t")
      .Default("uint64_t");
}

/// What the C type does not say.
static StringRef noteOf(StringRef type) {
  return llvm::StringSwitch<StringRef>(type)
      .Cases({"f16", "bf16"}, " (bits)")
      .Case("i1", " (0 or 1)")
      .Default("");
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
    os << noteOf(tensor.type) << " */\n";
    std::string name = (upper + "_" + kind + Twine(i)).str();
    os << "#define " << name << "_SIZE " << tensor.numElements() << '\n'
       << "#define " << name << "_BYTES " << tensor.numBytes() << '\n'
       << "#define " << name << "_RANK " << tensor.shape.size() << '\n';
    // An initializer has at least one element.
    if (!tensor.shape.empty()) {
      os << "#define " << name << "_SHAPE {";
      llvm::interleaveComma(tensor.shape, os);
      os << "}\n";
    }
  }
}

/// `text` with the prefix of the network in place of `@`, in capitals in place
/// of `%`.
static std::string expand(StringRef text, StringRef prefix) {
  std::string result, upper = prefix.upper();
  for (char c : text) {
    if (c == '@')
      result += prefix;
    else if (c == '%')
      result += upper;
    else
      result += c;
  }
  return result;
}

static constexpr llvm::StringLiteral kFunctions = R"(
/* What @_run returns. */
#define %_OK 0
#define %_NULL_POINTER 1
#define %_INVALID_ARENA 2

/* Runs the network once. inputs and outputs point to one dense row-major array
   each, which must not overlap. arena is %_ARENA_BYTES bytes of working memory,
   aligned to %_ARENA_ALIGNMENT, for this call alone (null where none is needed).
   Writes to nothing but outputs and arena; any number of threads may call it at
   the same time. */
int32_t @_run(const void *const *inputs, void *const *outputs, void *arena);

/* 0 where this processor lacks what the code needs, else 1. @_run must not be
   called where it is 0. */
int32_t @_supported(void);

/* The network and what it was compiled for, as JSON. */
extern const char @_info[];
)";

/// Of code for several processors.
static constexpr llvm::StringLiteral kLevelFunctions = R"(
/* What @_run returns where @_supported is 0; it may be called there. */
#define %_UNSUPPORTED 3

/* The processor whose code runs here, one of "levels" in @_info; null where
   @_supported is 0. */
const char *@_level(void);
)";

/// Of a library of several shapes.
static constexpr llvm::StringLiteral kShapeFunctions = R"(
/* What @_run_shape returns where the inputs have none of the shapes above. */
#define %_UNKNOWN_SHAPE 4

/* Runs the network once, as @_run does for the first shape, on inputs of any of
   them. shapes points to the extents of each input. The outputs have the shapes
   of the same number. */
int32_t @_run_shape(const int64_t *const *shapes, const void *const *inputs,
                    void *const *outputs, void *arena);
)";

/// Of a library that knows what its classes are called.
static constexpr llvm::StringLiteral kLabelFunctions = R"(
/* What a class of output 0 is called, in UTF-8; null where there is none of this
   number, which is 0 to %_NUM_LABELS - 1. May be called on any processor. */
const char *@_label(int32_t i);
)";

static void describe(llvm::raw_ostream &os, const ModelInfo &info) {
  std::string upper = StringRef(info.name).upper();
  describe(os, info.name, "INPUT", info.inputs);
  describe(os, info.name, "OUTPUT", info.outputs);
  if (!info.shapes.empty())
    os << "\n/* The shapes that it is compiled for; the first is that above. "
          "*/\n"
       << "#define " << upper << "_NUM_SHAPES " << info.shapes.size() << '\n';
  for (auto [i, shape] : llvm::enumerate(info.shapes)) {
    std::string name = (info.name + "_SHAPE" + Twine(i)).str();
    describe(os, name, "INPUT", shape.inputs);
    describe(os, name, "OUTPUT", shape.outputs);
  }
  os << "\n/* Bytes of working memory; 0 means that none is needed. */\n"
     << "#define " << upper << "_ARENA_BYTES " << info.arenaBytes << "\n"
     << "#define " << upper << "_ARENA_ALIGNMENT " << kArenaAlignment << "\n";
  if (info.labels)
    os << "#define " << upper << "_NUM_LABELS " << info.labels << '\n';
  os << expand(kFunctions, info.name);
  if (!info.levels.empty())
    os << expand(kLevelFunctions, info.name);
  if (!info.shapes.empty())
    os << expand(kShapeFunctions, info.name);
  if (info.labels)
    os << expand(kLabelFunctions, info.name);
}

std::string lw::makeHeader(StringRef prefix, ArrayRef<ModelInfo> infos) {
  const ModelInfo &info = infos.front();
  std::string upper = prefix.upper();
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "/* Made by lwc " << info.lwVersion << " for cpu " << info.cpu
     << ". */\n#ifndef " << upper << "_H\n#define " << upper << "_H\n\n"
     << "#include <stdint.h>\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
     << "/* Version of this interface. */\n"
     << "#define " << upper << "_INTERFACE_VERSION " << kInterfaceVersion
     << "\n\n";
  llvm::interleave(
      infos, os, [&](const ModelInfo &each) { describe(os, each); }, "\n");
  os << "\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << upper << "_H */\n";
  return text;
}
