//===- Samples.cpp - Samples of a network's input from a file
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Support/Npy.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

llvm::Expected<CalibrationSamples>
lw::readSamples(StringRef path, func::FuncOp main,
                const std::optional<ImagePreprocessing> &preprocessing) {
  auto type = main.getNumArguments() == 1
                  ? dyn_cast<RankedTensorType>(main.getArgumentTypes()[0])
                  : RankedTensorType();
  if (!type || !type.hasStaticShape() || type.getRank() == 0 ||
      !type.getElementType().isF32())
    return createStringError("expects the network to have one input, an f32 "
                             "tensor of static shape");
  auto array = readNpy(path);
  if (!array)
    return array.takeError();
  ArrayRef<int64_t> shape = array->shape;
  int64_t elements = type.getNumElements();
  CalibrationSamples samples;
  if (array->dtype == "u1") {
    auto converter = ImageConverter::create(
        shape, type.getShape(), preprocessing.value_or(ImagePreprocessing()));
    if (!converter)
      return createStringError("samples '%s': %s", path.str().c_str(),
                               llvm::toString(converter.takeError()).c_str());
    int64_t batch = type.getDimSize(0);
    samples.count = shape[0] / batch;
    auto data = std::make_shared<NpyArray>(std::move(*array));
    samples.read = [data, batch, converter = std::move(*converter)](
                       size_t, int64_t index, float *values) {
      int64_t bytes = data->numElements() / data->shape[0];
      converter.convert(reinterpret_cast<const uint8_t *>(data->data.data()) +
                            index * batch * bytes,
                        batch, values);
    };
    return samples;
  }
  if (array->dtype != "f4" || shape.empty() ||
      shape.drop_front() != type.getShape().drop_front() ||
      shape[0] % type.getDimSize(0) != 0) {
    std::string expected;
    llvm::raw_string_ostream(expected) << type;
    return createStringError(
        "samples '%s' do not fit the network: expected an f4 array whose first "
        "extent is a multiple of that of the input, a %s, or uint8 images "
        "(N,H,W,C); found a %s",
        path.str().c_str(), expected.c_str(), array->describe().c_str());
  }
  samples.count = array->numElements() / elements;
  auto values = std::make_shared<std::vector<float>>(array->toFloats());
  samples.read = [values, elements](size_t, int64_t index, float *out) {
    std::copy_n(values->begin() + index * elements, elements, out);
  };
  return samples;
}
