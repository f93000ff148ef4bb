//===- ImageInput.cpp - Networks that take images as they are
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/ImageInput.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Support/Table.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

/// Whether images with that many channels are preprocessed so.
static bool fitsChannels(int64_t extent,
                         const ImagePreprocessing &preprocessing) {
  size_t given = std::max(preprocessing.mean.size(), preprocessing.std.size());
  return (extent == 1 || extent == 3 || extent == 4) &&
         (given == 1 || given == static_cast<size_t>(extent)) &&
         (!preprocessing.bgr || extent == 3);
}

/// One value for each channel: a function of the mean and the std of it.
static Value
perChannel(OpBuilder &builder, Location loc, int64_t channels,
           const ImagePreprocessing &preprocessing,
           llvm::function_ref<float(float mean, float std)> function) {
  std::vector<float> values;
  for (int64_t c = 0; c < channels; ++c)
    values.push_back(
        function(preprocessing.mean[preprocessing.mean.size() == 1 ? 0 : c],
                 preprocessing.std[preprocessing.std.size() == 1 ? 0 : c]));
  return createConstant(builder, loc, {1, 1, 1, channels}, values);
}

llvm::Error lw::takeImages(func::FuncOp main,
                           const ImagePreprocessing &preprocessing) {
  if (main.getNumArguments() != 1)
    return createStringError("--input-type=uint8 is for networks with one "
                             "input, this one has %u",
                             main.getNumArguments());
  BlockArgument argument = main.getArgument(0);
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  if (!type || type.getRank() != 4 || !type.hasStaticShape() ||
      !type.getElementType().isF32())
    return createStringError("--input-type=uint8 is for networks whose input "
                             "is an image of f32, N x C x H x W or N x H x W x "
                             "C");
  bool planes = fitsChannels(type.getDimSize(1), preprocessing);
  if (!planes && !fitsChannels(type.getDimSize(3), preprocessing))
    return createStringError(
        "--input-type=uint8: an input of %s has neither before nor after its "
        "pixels 1, 3 or 4 channels that --mean, --std and --bgr fit",
        joinExtents(type.getShape()).c_str());
  SmallVector<int64_t> shape(type.getShape());
  if (planes)
    shape = {shape[0], shape[2], shape[3], shape[1]};
  // Checks the numbers of channels, too.
  if (auto checked =
          ImageConverter::create(shape, type.getShape(), preprocessing);
      !checked)
    return checked.takeError();

  OpBuilder builder = OpBuilder::atBlockBegin(&main.front());
  Location loc = argument.getLoc();
  auto bytes = RankedTensorType::get(shape, builder.getI8Type());
  auto floats = RankedTensorType::get(shape, builder.getF32Type());
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : argument.getUses())
    uses.push_back(&use);
  argument.setType(bytes);
  main.setFunctionType(
      builder.getFunctionType(bytes, main.getFunctionType().getResults()));
  main.setArgAttr(0, kUnsignedElementsAttr, builder.getUnitAttr());

  Value image = argument;
  if (preprocessing.bgr)
    image = tosa::ReverseOp::create(builder, loc, bytes, image, /*axis=*/3);
  image = DequantizeOp::create(builder, loc, image,
                               QuantAttr::get(builder.getContext(),
                                              /*isUnsigned=*/true, 1.0f,
                                              /*zeroPoint=*/0));
  Value shift = tosa::ConstOp::create(
      builder, loc, RankedTensorType::get({1}, builder.getI8Type()),
      DenseElementsAttr::get(RankedTensorType::get({1}, builder.getI8Type()),
                             ArrayRef<int8_t>{0}));
  // (scale * pixel - mean) / std
  float scale = preprocessing.scale;
  image = tosa::MulOp::create(
      builder, loc, floats, image,
      perChannel(builder, loc, shape[3], preprocessing,
                 [&](float, float std) { return scale / std; }),
      shift);
  image = tosa::SubOp::create(
      builder, loc, floats, image,
      perChannel(builder, loc, shape[3], preprocessing,
                 [](float mean, float std) { return mean / std; }));
  if (planes)
    image = tosa::TransposeOp::create(
        builder, loc, type, image, builder.getDenseI32ArrayAttr({0, 3, 1, 2}));
  for (OpOperand *use : uses)
    use->set(image);
  return llvm::Error::success();
}
