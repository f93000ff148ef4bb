//===- LoadInputs.cpp - What the command line gives to a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LoadInputs.h"
#include "ImageFile.h"
#include "lw/Driver/Library.h"
#include "lw/IO/Elements.h"
#include "lw/Support/Table.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

namespace {

/// The images that an input takes.
struct ImageInput {
  ImageSize size;
  int64_t channels;
  /// Channels come before pixels.
  bool planes;
};

} // namespace

static std::optional<ImageInput> imagesOf(const TensorInfo &tensor) {
  ArrayRef<int64_t> extents = tensor.shape;
  if (extents.size() == 4)
    extents = extents.drop_front();
  else if (extents.size() != 3 || !isFloatType(tensor.type))
    return std::nullopt;
  auto isChannels = [](int64_t extent) { return extent == 1 || extent == 3; };
  ImageInput planes{{extents[1], extents[2]}, extents[0], true};
  ImageInput pixels{{extents[0], extents[1]}, extents[2], false};
  // Floats with channels first are what most networks take, bytes with channels
  // last what lwc makes.
  bool isPlanes = isChannels(planes.channels);
  if (isChannels(pixels.channels) && !(isPlanes && isFloatType(tensor.type)))
    return pixels;
  return isPlanes ? std::optional(planes) : std::nullopt;
}

/// Bytes of images as arrays of them have channels, which for floats are put
/// into the network's order with the preprocessing: last.
static llvm::Expected<NpyArray> readImages(ArrayRef<std::string> paths,
                                           const TensorInfo &tensor,
                                           const ImageFraming &framing) {
  std::optional<ImageInput> taken = imagesOf(tensor);
  if (!taken)
    return createStringError(
        "--image: input '%s' of %s is no image of 1 or 3 channels",
        tensor.name.c_str(), joinExtents(tensor.shape).c_str());
  auto [size, channels, planes] = *taken;
  planes &= !isFloatType(tensor.type);
  NpyArray array;
  array.dtype = "u1";
  array.shape = {static_cast<int64_t>(paths.size()), size.height, size.width,
                 channels};
  if (planes)
    array.shape = {array.shape[0], channels, size.height, size.width};
  for (const std::string &path : paths) {
    auto image = readImage(path, channels);
    if (!image)
      return image.takeError();
    auto framed = framing.apply(std::move(*image), size);
    if (!framed)
      return createStringError("'%s': %s", path.c_str(),
                               llvm::toString(framed.takeError()).c_str());
    const std::vector<uint8_t> &bytes = framed->pixels;
    if (!planes)
      array.data.insert(array.data.end(), bytes.begin(), bytes.end());
    else
      for (int64_t c = 0; c < channels; ++c)
        for (size_t i = c; i < bytes.size(); i += channels)
          array.data.push_back(static_cast<char>(bytes[i]));
  }
  return array;
}

llvm::Expected<std::vector<InputSource>>
lw::loadInputs(const RunFlags &flags, ArrayRef<TensorInfo> tensors,
               const ImageUse &images) {
  std::vector<InputSource> sources;
  if (tensors.empty() && !flags.inputs.empty())
    return createStringError("the network has no inputs: leave --input out");
  if (tensors.empty())
    return sources;
  if (!flags.hasInput())
    return createStringError("give --input, --image or --random-input");
  if (flags.randomInput.getNumOccurrences()) {
    uint64_t seed = 0;
    StringRef(flags.randomInput).getAsInteger(10, seed);
    for (const TensorInfo &tensor : tensors) {
      auto source =
          InputSource::random(tensor, seed + sources.size(), flags.randomLimit);
      if (!source)
        return source.takeError();
      sources.push_back(std::move(*source));
    }
    return sources;
  }
  if (!flags.imageFiles.empty()) {
    if (tensors.size() != 1)
      return createStringError("--image is for networks with one input, this "
                               "one has %zu: give --input",
                               tensors.size());
    if (isFloatType(tensors[0].type) && !images.preprocessing)
      llvm::WithColor::note(llvm::errs(), "lw-run")
          << "the network gets numbers from 0 to 255; most were trained on "
             "others: --scale, --mean, --std\n";
    auto array = readImages(flags.imageFiles, tensors[0], images.framing);
    if (!array)
      return array.takeError();
    auto source =
        InputSource::create(tensors[0], NpyReader::fromArray(std::move(*array)),
                            images.preprocessing);
    if (!source)
      return source.takeError();
    sources.push_back(std::move(*source));
    return sources;
  }
  std::vector<std::string> names;
  for (const TensorInfo &tensor : tensors)
    names.push_back("'" + tensor.name + "'");
  std::string known = llvm::join(names, ", ");
  // One archive may hold all inputs, by their names.
  auto inputs = llvm::to_vector<4>(flags.inputs);
  if (inputs.size() == 1 && tensors.size() > 1 &&
      StringRef(inputs[0]).ends_with_insensitive(".npz")) {
    std::string archive = inputs[0];
    inputs.clear();
    for (const TensorInfo &tensor : tensors)
      inputs.push_back(tensor.name + "=" + archive + ":" + tensor.name);
  }
  if (inputs.size() != tensors.size())
    return createStringError(
        "the network has %zu input(s) (%s), --input is given %zu time(s); one "
        "file.npz may hold them all by these names",
        tensors.size(), known.c_str(), inputs.size());
  std::vector<std::string> paths(tensors.size());
  for (auto [position, value] : llvm::enumerate(inputs)) {
    // Names of inputs come before paths with an equals sign.
    size_t index = position;
    StringRef path = value;
    for (auto [i, tensor] : llvm::enumerate(tensors))
      if (StringRef rest = value;
          rest.consume_front(tensor.name) && rest.consume_front("=")) {
        index = i;
        path = rest;
      }
    if (!paths[index].empty())
      return createStringError("--input for '%s' is given twice",
                               tensors[index].name.c_str());
    paths[index] = path.str();
  }
  for (auto [tensor, path] : llvm::zip(tensors, paths)) {
    auto array = NpyReader::open(path);
    if (!array)
      return createStringError("--input for '%s': %s", tensor.name.c_str(),
                               llvm::toString(array.takeError()).c_str());
    auto source =
        InputSource::create(tensor, std::move(*array), images.preprocessing);
    if (!source)
      return source.takeError();
    sources.push_back(std::move(*source));
  }
  return sources;
}

llvm::Expected<std::vector<InputSource>>
lw::selectShape(const RunFlags &flags, CompiledModel &model,
                const ImageUse &images) {
  const std::vector<ShapeInfo> &shapes = model.getInfo().shapes;
  std::optional<size_t> best;
  std::pair<int64_t, int64_t> least;
  std::vector<std::string> known;
  std::string reason;
  for (auto [i, shape] : llvm::enumerate(shapes)) {
    known.push_back(describeShapes(shape.inputs));
    auto sources = loadInputs(flags, shape.inputs, images);
    auto count = sources ? commonRuns(*sources)
                         : llvm::Expected<RunCount>(sources.takeError());
    if (!count) {
      std::string text = llvm::toString(count.takeError());
      reason = reason.empty() ? text : reason;
    } else if (std::pair work(count->runs * count->batch, count->runs);
               !best ||
               (work < least && !flags.randomInput.getNumOccurrences())) {
      best = i;
      least = work;
    }
  }
  if (!best)
    return createStringError("none of the library's shapes fits, %s: %s",
                             llvm::join(known, "; ").c_str(), reason.c_str());
  model.selectShape(*best);
  return loadInputs(flags, model.getInfo().inputs, images);
}
