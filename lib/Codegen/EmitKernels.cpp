//===- EmitKernels.cpp - Emit the chosen kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LayerMarks.h"
#include "ReferenceOps.h"
#include "Strategy.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Pipelines/Pipelines.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWEMITKERNELS
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

class Emission {
public:
  Emission(func::FuncOp main, bool profile)
      : old(main), module(main->getParentOfType<ModuleOp>()),
        b(main.getContext()), reference(module), profile(profile) {}

  void run();
  ReferenceOps &referenceOps() { return reference; }

private:
  using Body = llvm::function_ref<void(KernelBuilder &, ValueRange)>;

  void createMain();
  void emit(Operation *op);
  void emitConvolution(Operation *op, KernelFamily family);
  void emitWinogradOf(ConvolutionOpInterface conv);
  void emitStageOf(StageOps stage);
  void emitElementwiseOp(Operation *op);
  void emitCopyOp(Operation *op);
  void emitReference(Operation *op);
  void emitBorderOf(Operation *op);
  void returnResults();
  void copyOut(Value from, const CopyPlan::Source &plan, Value to,
               Location location);

  Value bufferOf(Value value);
  Value inArena(int64_t offset, int64_t bytes, Location location);
  Value flatten(Value memref, Location location);
  Value shaped(Value flat, RankedTensorType type, Location location);
  Value global(ArrayRef<float> elements, Location location);
  void call(StringRef family, const std::string &key, ArrayRef<Value> buffers,
            int64_t vector, Location location, Body body);
  int64_t vectorOf(Operation *op) {
    return op->getAttrOfType<KernelAttr>(kKernelAttrName).getVector();
  }

  func::FuncOp old, main;
  ModuleOp module;
  OpBuilder b;
  ReferenceOps reference;
  Value arena;
  llvm::DenseMap<Value, Value> buffers; // memref<Nxf32>
  llvm::StringMap<func::FuncOp> kernels;
  unsigned globals = 0;
  int64_t lastVector = 1;
  bool profile;
};

MemRefType flatType(MLIRContext *context, int64_t elements) {
  return MemRefType::get({elements}, Float32Type::get(context));
}

} // namespace

//===----------------------------------------------------------------------===//
// Function, buffers, constants
//===----------------------------------------------------------------------===//

void Emission::createMain() {
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  auto add = [&](Type type, DictionaryAttr attrs) {
    auto tensor = cast<RankedTensorType>(type);
    types.push_back(
        MemRefType::get(tensor.getShape(), tensor.getElementType()));
    attributes.push_back(attrs ? attrs : b.getDictionaryAttr({}));
  };
  for (unsigned i = 0; i < old.getNumArguments(); ++i)
    add(old.getArgumentTypes()[i], old.getArgAttrDict(i));
  for (unsigned i = 0; i < old.getNumResults(); ++i)
    add(old.getResultTypes()[i], old.getResultAttrDict(i));

  int64_t arenaBytes = 0;
  for (Operation &op : old.front())
    for (StringRef name : {kBufferAttrName, kScratchAttrName})
      if (auto buffer = op.getAttrOfType<BufferAttr>(name))
        arenaBytes =
            std::max(arenaBytes, buffer.getOffset() + buffer.getBytes());
  if (arenaBytes) {
    types.push_back(MemRefType::get({arenaBytes}, b.getI8Type()));
    attributes.push_back(
        b.getDictionaryAttr(b.getNamedAttr("lw.arena", b.getUnitAttr())));
  }

  b.setInsertionPointAfter(old);
  main = func::FuncOp::create(b, old.getLoc(), "main",
                              b.getFunctionType(types, {}));
  main.setAllArgAttrs(attributes);
  b.setInsertionPointToStart(main.addEntryBlock());
  for (auto [before, after] :
       llvm::zip(old.getArguments(), main.getArguments()))
    buffers[before] = flatten(after, old.getLoc());
  if (arenaBytes)
    arena = main.getArguments().back();
}

Value Emission::flatten(Value memref, Location location) {
  auto type = cast<MemRefType>(memref.getType());
  int64_t count = type.getNumElements();
  if (type.getRank() == 1)
    return memref;
  auto strided = MemRefType::get(
      {count}, type.getElementType(),
      StridedLayoutAttr::get(b.getContext(), 0, ArrayRef<int64_t>{1}));
  Value flat = memref::ReinterpretCastOp::create(b, location, strided, memref,
                                                 0, ArrayRef<int64_t>{count},
                                                 ArrayRef<int64_t>{1});
  return memref::CastOp::create(b, location, flatType(b.getContext(), count),
                                flat);
}

/// A dense buffer with the shape of a tensor.
Value Emission::shaped(Value flat, RankedTensorType type, Location location) {
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (int64_t i = type.getRank() - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * type.getDimSize(i + 1);
  auto strided =
      MemRefType::get(type.getShape(), type.getElementType(),
                      StridedLayoutAttr::get(b.getContext(), 0, strides));
  Value cast = memref::ReinterpretCastOp::create(b, location, strided, flat, 0,
                                                 type.getShape(), strides);
  return memref::CastOp::create(
      b, location, MemRefType::get(type.getShape(), type.getElementType()),
      cast);
}

Value Emission::bufferOf(Value value) {
  if (Value known = buffers.lookup(value))
    return known;
  Operation *op = value.getDefiningOp();
  Location location = op->getLoc();
  Value &buffer = buffers[value];
  if (isCompileTime(op))
    return buffer = global(*readConstant(value), location);
  auto place = op->getAttrOfType<BufferAttr>(kBufferAttrName);
  if (!place) // an alias of an argument or a constant
    return buffers[value] = bufferOf(op->getOperand(0));
  return buffer = inArena(place.getOffset(), place.getBytes(), location);
}

Value Emission::inArena(int64_t offset, int64_t bytes, Location location) {
  Value start = arith::ConstantIndexOp::create(b, location, offset);
  return memref::ViewOp::create(b, location,
                                flatType(b.getContext(), bytes / 4), arena,
                                start, ValueRange());
}

Value Emission::global(ArrayRef<float> elements, Location location) {
  auto tensor = RankedTensorType::get({static_cast<int64_t>(elements.size())},
                                      b.getF32Type());
  auto type = flatType(b.getContext(), elements.size());
  std::string name = "weights_" + std::to_string(globals++);
  OpBuilder atModule = OpBuilder::atBlockBegin(module.getBody());
  memref::GlobalOp::create(atModule, location, name,
                           atModule.getStringAttr("private"), type,
                           DenseElementsAttr::get(tensor, elements),
                           /*constant=*/true, atModule.getI64IntegerAttr(64));
  return memref::GetGlobalOp::create(b, location, type, name);
}

void Emission::call(StringRef family, const std::string &key,
                    ArrayRef<Value> arguments, int64_t vector,
                    Location location, Body body) {
  // Types are part of the key: a kernel is for buffers of fixed sizes.
  std::string full = (family + key).str();
  llvm::raw_string_ostream os(full);
  for (Value argument : arguments)
    os << " " << argument.getType();
  func::FuncOp &kernel = kernels[full];
  if (!kernel) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(main);
    SmallVector<Type> types(ValueRange(arguments).getTypes());
    kernel = func::FuncOp::create(
        b, location, (family + "_" + Twine(kernels.size() - 1)).str(),
        b.getFunctionType(types, {}));
    kernel.setPrivate();
    // One function a kernel keeps register allocation and profiles local.
    kernel.setNoInline(true);
    b.setInsertionPointToStart(kernel.addEntryBlock());
    auto end = func::ReturnOp::create(b, location);
    b.setInsertionPoint(end);
    KernelBuilder k(location, b, vector);
    body(k, kernel.getArguments());
  }
  func::CallOp::create(b, location, kernel, arguments);
}

//===----------------------------------------------------------------------===//
// Keys: what two layers must share to share a kernel
//===----------------------------------------------------------------------===//

static void describe(llvm::raw_ostream &os, const Layout &l) {
  os << "|" << l.n << "," << l.h << "," << l.w << "," << l.c << "/" << l.block;
  for (int64_t h : l.halo)
    os << "," << h;
}

static void describe(llvm::raw_ostream &os, const ConvGeometry &g) {
  os << "|" << g.batch << "," << g.inHeight << "," << g.inWidth << ","
     << g.inChannels << "," << g.outHeight << "," << g.outWidth << ","
     << g.outChannels << "," << g.kernelHeight << "x" << g.kernelWidth << ","
     << g.strides[0] << "," << g.strides[1] << "," << g.dilations[0] << ","
     << g.dilations[1] << "," << g.groups << "," << g.multiplier;
  for (int64_t p : g.padding)
    os << "," << p;
}

template <typename Spec>
static std::string describeConvolution(const Spec &s, KernelAttr kernel) {
  std::string key;
  llvm::raw_string_ostream os(key);
  describe(os, s.g);
  describe(os, s.in);
  describe(os, s.out);
  if (s.residual)
    describe(os, *s.residual);
  os << "|" << s.hasBias << s.activation << kernel;
  return key;
}

//===----------------------------------------------------------------------===//
// One operation
//===----------------------------------------------------------------------===//

void Emission::emitBorderOf(Operation *op) {
  Layout layout = getLayout(op->getResult(0));
  // Kernels on whole blocks write the unused lanes themselves, as zeros.
  bool lanes = op->getAttrOfType<KernelAttr>(kKernelAttrName).getFamily() ==
               KernelFamily::Copy;
  if (!hasBorder(layout, lanes))
    return;
  std::string key;
  llvm::raw_string_ostream os(key);
  describe(os, layout);
  call("border", key, {bufferOf(op->getResult(0))}, vectorOf(op), op->getLoc(),
       [&](KernelBuilder &k, ValueRange args) {
         emitBorder(k, layout, args[0]);
       });
}

void Emission::emitConvolution(Operation *op, KernelFamily family) {
  auto conv = cast<ConvolutionOpInterface>(op);
  auto kernel = op->getAttrOfType<KernelAttr>(kKernelAttrName);
  int64_t vector = kernel.getVector();
  std::vector<float> filter = *readConstant(conv.getConvFilters().front());
  std::optional<GemmSpec> gemm;
  std::optional<DepthwiseSpec> depthwise;
  std::vector<float> packed;
  int64_t biasElements;
  if (family == KernelFamily::Gemm) {
    gemm = gemmSpec(conv, vector);
    packed = packGemmWeights(*gemm, filter);
    biasElements = gemm->outVectors() * vector;
  } else {
    depthwise = depthwiseSpec(cast<DepthwiseConv2DOp>(op), vector);
    packed = packDepthwiseWeights(*depthwise, filter);
    biasElements = depthwise->out.blocks() * vector;
  }
  SmallVector<Value> arguments = {bufferOf(conv.getConvInput()),
                                  global(packed, op->getLoc()),
                                  bufferOf(op->getResult(0))};
  if (Value bias = conv.getConvBias()) {
    std::vector<float> padded = *readConstant(bias);
    padded.resize(biasElements, 0.0f);
    arguments.push_back(global(padded, op->getLoc()));
  }
  if (Value residual = conv.getConvResidual())
    arguments.push_back(bufferOf(residual));

  auto body = [&](KernelBuilder &k, ValueRange args) {
    bool hasBias = static_cast<bool>(conv.getConvBias());
    Value bias = hasBias ? args[3] : Value();
    Value residual = conv.getConvResidual() ? args.back() : Value();
    if (gemm)
      emitGemm(k, *gemm, {args[0], args[1], bias, residual, args[2]});
    else
      emitDepthwise(k, *depthwise, {args[0], args[1], bias, residual, args[2]});
  };
  call(gemm ? "gemm" : "depthwise",
       gemm ? describeConvolution(*gemm, kernel)
            : describeConvolution(*depthwise, kernel),
       arguments, vector, op->getLoc(), body);
}

void Emission::emitWinogradOf(ConvolutionOpInterface conv) {
  auto kernel = conv->getAttrOfType<KernelAttr>(kKernelAttrName);
  WinogradSpec spec = winogradSpec(conv, kernel.getVector());
  Location location = conv.getLoc();
  SmallVector<Value> arguments = {
      bufferOf(conv.getConvInput()),
      global(packWinogradWeights(spec,
                                 *readConstant(conv.getConvFilters().front())),
             location),
      bufferOf(conv->getResult(0))};
  auto scratch = conv->getAttrOfType<BufferAttr>(kScratchAttrName);
  int64_t offset = scratch.getOffset();
  for (int64_t elements : {spec.storedPanels() * spec.filterElements(),
                           spec.storedInputs() * spec.inputElements(),
                           spec.storedProducts() * spec.productElements()}) {
    int64_t bytes = spec.points() * elements * 4;
    arguments.push_back(inArena(offset, bytes, location));
    offset += bytes;
  }
  if (Value bias = conv.getConvBias()) {
    std::vector<float> padded = *readConstant(bias);
    padded.resize(spec.outVectors() * spec.vector, 0.0f);
    arguments.push_back(global(padded, location));
  }
  if (Value residual = conv.getConvResidual())
    arguments.push_back(bufferOf(residual));
  call("winograd", describeConvolution(spec, kernel), arguments, spec.vector,
       location, [&](KernelBuilder &k, ValueRange args) {
         WinogradBuffers buffers;
         buffers.input = args[0];
         buffers.weights = args[1];
         buffers.output = args[2];
         buffers.filters = args[3];
         buffers.inputs = args[4];
         buffers.products = args[5];
         if (spec.hasBias)
           buffers.bias = args[6];
         if (spec.residual)
           buffers.residual = args.back();
         emitWinograd(k, spec, buffers);
       });
}

void Emission::emitStageOf(StageOps stage) {
  Operation *ops[3] = {stage.expand, stage.depthwise, stage.project};
  Operation *end = stage.project ? ops[2] : ops[1];
  int64_t vector = vectorOf(end), rows = stripRows(stage);
  StageSpec spec = stageSpec(stage, rows, vector);
  std::string key = std::to_string(rows);
  SmallVector<Value> arguments;
  auto add = [&](Value value) {
    arguments.push_back(value);
    return arguments.size() - 1;
  };
  // Indices of every layer's weights, bias, residual and result.
  struct Places {
    size_t weights = 0, bias = 0, residual = 0, result = 0;
  } places[3];
  size_t input = add(bufferOf((stage.expand ? ops[0] : ops[1])->getOperand(0)));
  for (int i = 0; i < 3; ++i) {
    if (!ops[i])
      continue;
    auto conv = cast<ConvolutionOpInterface>(ops[i]);
    std::vector<float> filter = *readConstant(conv.getConvFilters().front());
    const std::optional<GemmSpec> &gemm = i == 0 ? spec.expand : spec.project;
    places[i].weights =
        add(global(i == 1 ? packDepthwiseWeights(spec.depthwise, filter)
                          : packGemmWeights(*gemm, filter),
                   conv.getLoc()));
    if (Value bias = conv.getConvBias()) {
      std::vector<float> padded = *readConstant(bias);
      padded.resize(
          (i == 1 ? spec.depthwise.out.blocks() : gemm->outVectors()) * vector,
          0.0f);
      places[i].bias = add(global(padded, conv.getLoc()));
    }
    if (Value residual = conv.getConvResidual())
      places[i].residual = add(bufferOf(residual));
    places[i].result = add(bufferOf(ops[i]->getResult(0)));
    auto kernel = ops[i]->getAttrOfType<KernelAttr>(kKernelAttrName);
    key += i == 1 ? describeConvolution(spec.depthwise, kernel)
                  : describeConvolution(*gemm, kernel);
  }
  call("stage", key, arguments, vector, end->getLoc(),
       [&](KernelBuilder &k, ValueRange args) {
         // Index 0 is the input, so 0 stands for an absent operand.
         auto at = [&](size_t i) { return i ? args[i] : Value(); };
         auto fill = [&](auto &buffers, int i, Value in) {
           buffers = {in, at(places[i].weights), at(places[i].bias),
                      at(places[i].residual), at(places[i].result)};
         };
         StageBuffers buffers;
         Value in = args[input];
         if (spec.expand) {
           fill(buffers.expand, 0, in);
           in = buffers.expand.output;
         }
         fill(buffers.depthwise, 1, in);
         if (spec.project)
           fill(buffers.project, 2, buffers.depthwise.output);
         emitStage(k, spec, buffers);
       });
}

void Emission::emitElementwiseOp(Operation *op) {
  ElementwiseSpec spec = elementwiseSpec(op);
  std::string key;
  llvm::raw_string_ostream os(key);
  os << op->getName();
  for (NamedAttribute attr : op->getDiscardableAttrDictionary())
    if (attr.getName() == kKernelAttrName)
      os << attr.getValue();
  if (Attribute properties = op->getPropertiesAsAttribute())
    os << properties;
  describe(os, spec.out);

  SmallVector<Value> arguments = {bufferOf(op->getResult(0))};
  for (auto [operand, o] : llvm::zip(kernelOperands(op), spec.operands)) {
    os << ";" << o.kind << "," << o.splat;
    describe(os, o.layout);
    if (o.kind == ElementwiseOperand::Splat)
      continue;
    if (!isConstantFloat(operand)) {
      arguments.push_back(bufferOf(operand));
      continue;
    }
    std::vector<float> values = *readConstant(operand);
    if (o.kind == ElementwiseOperand::Channel) {
      values.resize(spec.out.blocks() * spec.out.block, 0.0f);
    } else {
      // A constant of the result's shape, moved into the result's layout.
      std::vector<float> moved(spec.out.elements(), 0.0f);
      const Layout &l = spec.out;
      size_t i = 0;
      for (int64_t n = 0; n < l.n; ++n)
        for (int64_t h = 0; h < l.h; ++h)
          for (int64_t w = 0; w < l.w; ++w)
            for (int64_t c = 0; c < l.c; ++c)
              moved[l.origin() + n * l.imageStride() +
                    c / l.block * l.blockStride() + h * l.rowStride() +
                    w * l.block + c % l.block] = values[i++];
      values = std::move(moved);
    }
    arguments.push_back(global(values, op->getLoc()));
  }
  call("elementwise", key, arguments, vectorOf(op), op->getLoc(),
       [&](KernelBuilder &k, ValueRange args) {
         SmallVector<Value> operands;
         size_t next = 1;
         for (const ElementwiseOperand &o : spec.operands)
           operands.push_back(
               o.kind == ElementwiseOperand::Splat ? Value() : args[next++]);
         emitElementwise(k, spec, op, operands, args[0]);
       });
}

void Emission::copyOut(Value from, const CopyPlan::Source &plan, Value to,
                       Location location) {
  std::string key;
  llvm::raw_string_ostream os(key);
  for (const StridedCopy &copy : plan.copies) {
    os << "|" << copy.sourceBase << ">" << copy.targetBase;
    for (const StridedCopy::Dim &d : copy.dims)
      os << ";" << d.extent << "," << d.sourceStride << "," << d.targetStride;
  }
  call("copy", key, {from, to}, lastVector, location,
       [&](KernelBuilder &k, ValueRange args) {
         emitCopies(k, plan.copies, args[0], args[1]);
       });
}

void Emission::emitCopyOp(Operation *op) {
  CopyPlan plan = planCopy(op);
  Value target = bufferOf(op->getResult(0));
  // Parts that were computed in place need no copy.
  auto inPlace = [&](Value source) {
    Operation *producer = source.getDefiningOp();
    auto whole = op->getAttrOfType<BufferAttr>(kBufferAttrName);
    auto part = producer ? producer->getAttrOfType<BufferAttr>(kBufferAttrName)
                         : nullptr;
    return whole && part && part.getOffset() >= whole.getOffset() &&
           part.getOffset() < whole.getOffset() + whole.getBytes();
  };
  if (llvm::any_of(plan.sources, [&](const CopyPlan::Source &source) {
        return inPlace(source.value);
      }))
    return;
  Layout layout = getLayout(op->getResult(0));
  if (plan.fill) {
    std::string key = std::to_string(*plan.fill);
    llvm::raw_string_ostream os(key);
    describe(os, layout);
    call("fill", key, {target}, vectorOf(op), op->getLoc(),
         [&](KernelBuilder &k, ValueRange args) {
           emitFill(k, layout, args[0], *plan.fill);
         });
  }
  emitBorderOf(op);
  int64_t vector = vectorOf(op);
  if (std::optional<ChannelCopyPlan> channels = planChannelCopy(op, vector)) {
    SmallVector<Value> arguments = {target};
    std::string key;
    llvm::raw_string_ostream os(key);
    describe(os, channels->spec.out);
    for (auto [source, layout] :
         llvm::zip(channels->sources, channels->spec.sources)) {
      arguments.push_back(bufferOf(source));
      describe(os, layout);
    }
    for (ChannelCopySpec::Origin origin : channels->spec.origins)
      os << ";" << origin.source << "," << origin.channel;
    return call("channels", key, arguments, vector, op->getLoc(),
                [&](KernelBuilder &k, ValueRange args) {
                  emitChannelCopy(k, channels->spec, args.drop_front(),
                                  args.front());
                });
  }
  for (const CopyPlan::Source &source : plan.sources)
    copyOut(bufferOf(source.value), source, target, op->getLoc());
}

void Emission::emitReference(Operation *op) {
  SmallVector<Value> operands, arguments;
  std::string name = reference.add(op, operands);
  for (Value operand : operands)
    arguments.push_back(shaped(bufferOf(operand),
                               cast<RankedTensorType>(operand.getType()),
                               op->getLoc()));
  Value result = op->getResult(0);
  arguments.push_back(shaped(bufferOf(result),
                             cast<RankedTensorType>(result.getType()),
                             op->getLoc()));
  func::CallOp::create(b, op->getLoc(), name, TypeRange(), arguments);
}

void Emission::emit(Operation *op) {
  auto kernel = op->getAttrOfType<KernelAttr>(kKernelAttrName);
  lastVector = std::max(lastVector, kernel.getVector());
  switch (kernel.getFamily()) {
  case KernelFamily::Gemm:
  case KernelFamily::Depthwise:
    if (isStrip(op))
      return; // computed by the kernel of the stage's end
    emitBorderOf(op);
    if (isStrip(op->getOperand(0).getDefiningOp()))
      return emitStageOf(markedStage(op));
    return emitConvolution(op, kernel.getFamily());
  case KernelFamily::Winograd:
    emitBorderOf(op);
    return emitWinogradOf(cast<ConvolutionOpInterface>(op));
  case KernelFamily::Pool: {
    emitBorderOf(op);
    PoolSpec spec = poolSpec(op, kernel.getVector());
    std::string key = spec.average ? "average" : "maximum";
    llvm::raw_string_ostream os(key);
    describe(os, spec.g);
    describe(os, spec.in);
    describe(os, spec.out);
    return call("pool", key,
                {bufferOf(op->getOperand(0)), bufferOf(op->getResult(0))},
                kernel.getVector(), op->getLoc(),
                [&](KernelBuilder &k, ValueRange args) {
                  emitPool(k, spec, args[0], args[1]);
                });
  }
  case KernelFamily::Elementwise:
    emitBorderOf(op);
    return emitElementwiseOp(op);
  case KernelFamily::Copy:
    return emitCopyOp(op);
  case KernelFamily::Alias:
    return;
  case KernelFamily::Reference:
    return emitReference(op);
  }
}

void Emission::returnResults() {
  auto end = cast<func::ReturnOp>(old.front().getTerminator());
  for (auto [i, value] : llvm::enumerate(end.getOperands())) {
    auto type = cast<RankedTensorType>(value.getType());
    Value target =
        flatten(main.getArgument(old.getNumArguments() + i), end.getLoc());
    CopyPlan::Source source{value, {}};
    if (type.getRank() == 4)
      source.copies = planConversion(getLayout(value), Layout::dense(type));
    else
      source.copies = {StridedCopy{{{type.getNumElements(), 1, 1}}, 0, 0}};
    copyOut(bufferOf(value), source, target, end.getLoc());
  }
  func::ReturnOp::create(b, end.getLoc());
}

void Emission::run() {
  createMain();
  LayerMarks marks(module);
  for (Operation &op : old.front().without_terminator())
    if (!isCompileTime(&op)) {
      emit(&op);
      if (profile && !isStrip(&op))
        marks.add(b, &op);
    }
  returnResults();
  if (profile)
    marks.describe();
  old.erase();
}

namespace {
struct EmitKernels : public lw::impl::LwEmitKernelsBase<EmitKernels> {
  using LwEmitKernelsBase::LwEmitKernelsBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    LwEmitKernelsBase::getDependentDialects(registry);
    loops().getDependentDialects(registry);
  }

  /// What lowers the operations that have no kernel.
  static OpPassManager loops() {
    OpPassManager pm(ModuleOp::getOperationName());
    buildLoopsPipeline(pm);
    return pm;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    func::FuncOp main = findMain(module);
    if (!main)
      return signalPassFailure();
    for (Operation &op : main.front().without_terminator())
      if (!isCompileTime(&op) && !op.hasAttr(kKernelAttrName)) {
        op.emitError("has no kernel; run --lw-select-kernels and "
                     "--lw-plan-memory first");
        return signalPassFailure();
      }
    Emission emission(main, profile);
    emission.run();
    if (emission.referenceOps().empty())
      return;

    // The nested module is lowered where it is, then its functions move out.
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    ModuleOp nested = emission.referenceOps().getModule();
    Operation *inside = builder.clone(*nested);
    OpPassManager pm = loops();
    if (failed(runPipeline(pm, inside)))
      return signalPassFailure();
    Block *body = cast<ModuleOp>(inside).getBody();
    for (Operation &op : llvm::make_early_inc_range(*body)) {
      if (auto func = dyn_cast<func::FuncOp>(op))
        func.setPrivate();
      op.moveBefore(inside);
    }
    inside->erase();
  }
};
} // namespace
