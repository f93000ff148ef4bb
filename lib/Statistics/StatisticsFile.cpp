//===- StatisticsFile.cpp - Statistics of a network in a file
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// docs/statistics.md describes the format.
//
//===----------------------------------------------------------------------===//

#include "lw/IO/Npy.h"
#include "lw/Statistics/NetworkStatistics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

static constexpr llvm::StringLiteral kFormat = "lw-statistics-1";
static constexpr llvm::StringLiteral kMember = "statistics.json";

static StringRef kindName(MomentKind kind) {
  switch (kind) {
  case MomentKind::None:
    return "none";
  case MomentKind::Channels:
    return "channels";
  case MomentKind::Patches:
    return "patches";
  }
  llvm_unreachable("unknown kind");
}

template <typename T>
static NpyArray makeArray(StringRef dtype, std::vector<int64_t> shape,
                          ArrayRef<T> values) {
  NpyArray array;
  array.dtype = dtype.str();
  array.shape = std::move(shape);
  const auto *bytes = reinterpret_cast<const char *>(values.data());
  array.data.assign(bytes, bytes + values.size() * sizeof(T));
  return array;
}

static std::string arrayName(StringRef kind, size_t index, StringRef what) {
  return llvm::formatv("{0}{1}.{2}", kind, index, what);
}

llvm::Error NetworkStatistics::save(StringRef path) const {
  NpzFile file;
  auto add = [&](StringRef kind, size_t index, StringRef what, StringRef dtype,
                 std::vector<int64_t> shape, const auto &values) {
    file.arrays.emplace_back(
        arrayName(kind, index, what),
        makeArray(dtype, std::move(shape), ArrayRef(values)));
  };
  llvm::json::Array tensorList, layerList;
  for (auto [i, tensor] : llvm::enumerate(tensors)) {
    const Histogram &histogram = tensor.histogram;
    int64_t channels = tensor.numChannels();
    tensorList.push_back(llvm::json::Object{
        {"name", llvm::json::fixUTF8(tensor.name)},
        {"operation", tensor.operation},
        {"shape", llvm::json::Array(tensor.shape)},
        {"channel_axis", tensor.channelAxis},
        {"values_per_channel", tensor.count},
        {"minimum", histogram.getMinimum()},
        {"maximum", histogram.getMaximum()},
        {"bin_width", std::ldexp(1.0, histogram.getExponent())},
        {"first_bin", histogram.getFirst()}});
    std::vector<double> variances(channels);
    for (int64_t c = 0; c < channels; ++c)
      variances[c] = tensor.variance(c);
    add("tensor", i, "minimum", "f4", {channels}, tensor.minimum);
    add("tensor", i, "maximum", "f4", {channels}, tensor.maximum);
    add("tensor", i, "mean", "f8", {channels}, tensor.mean);
    add("tensor", i, "variance", "f8", {channels}, variances);
    ArrayRef<uint64_t> counts = histogram.getCounts();
    add("tensor", i, "histogram", "u8", {static_cast<int64_t>(counts.size())},
        counts);
  }
  for (auto [i, layer] : llvm::enumerate(layers)) {
    layerList.push_back(
        llvm::json::Object{{"name", llvm::json::fixUTF8(layer.name)},
                           {"input", layer.input},
                           {"output", layer.output},
                           {"moments", kindName(layer.kind)},
                           {"vectors", layer.vectors},
                           {"note", layer.note}});
    if (layer.kind == MomentKind::None)
      continue;
    auto n = static_cast<int64_t>(layer.mean.size());
    add("layer", i, "mean", "f8", {n}, layer.mean);
    add("layer", i, "covariance", "f4", {n, n}, layer.covariance);
  }
  llvm::json::Value json =
      llvm::json::Object{{"format", kFormat},
                         {"fingerprint", fingerprint},
                         {"network", network},
                         {"samples", samples},
                         {"max_moments", maxMoments},
                         {"tensors", std::move(tensorList)},
                         {"layers", std::move(layerList)}};
  file.texts.emplace_back(kMember, llvm::formatv("{0:2}\n", json).str());
  return writeNpzFile(path, file);
}

namespace {

/// Reads what `save` has written over statistics of no samples.
class Reader {
public:
  Reader(const NpzFile &file, const llvm::json::Object &json) : json(json) {
    for (const auto &[name, array] : file.arrays)
      arrays[name] = &array;
  }

  /// False when something is missing or of another size.
  bool read(NetworkStatistics &statistics) {
    auto samples = json.getInteger("samples");
    auto maxMoments = json.getInteger("max_moments");
    const llvm::json::Array *tensors = json.getArray("tensors");
    const llvm::json::Array *layers = json.getArray("layers");
    if (!samples || *samples < 1 || !maxMoments || !tensors || !layers ||
        tensors->size() != statistics.tensors.size() ||
        layers->size() != statistics.layers.size())
      return false;
    statistics.samples = *samples;
    statistics.maxMoments = *maxMoments;
    for (size_t i = 0; i < tensors->size(); ++i)
      if (!readTensor(i, (*tensors)[i].getAsObject(), statistics.tensors[i]))
        return false;
    for (size_t i = 0; i < layers->size(); ++i)
      if (!readLayer(i, (*layers)[i].getAsObject(), statistics.layers[i]))
        return false;
    return true;
  }

private:
  template <typename T>
  bool readArray(StringRef name, StringRef dtype, ArrayRef<int64_t> shape,
                 std::vector<T> &values) {
    const NpyArray *array = arrays.lookup(name);
    if (!array || array->dtype != dtype || ArrayRef(array->shape) != shape)
      return false;
    values.resize(array->numElements());
    std::memcpy(values.data(), array->data.data(), array->data.size());
    if constexpr (std::is_floating_point_v<T>)
      return llvm::all_of(values, [](T value) { return std::isfinite(value); });
    return true;
  }

  bool readTensor(size_t i, const llvm::json::Object *object,
                  TensorStatistics &tensor) {
    auto count = object ? object->getInteger("values_per_channel")
                        : std::optional<int64_t>();
    auto minimum = object ? object->getNumber("minimum") : std::nullopt;
    auto maximum = object ? object->getNumber("maximum") : std::nullopt;
    auto name = [&](StringRef what) { return arrayName("tensor", i, what); };
    const NpyArray *bins = arrays.lookup(name("histogram"));
    int64_t channels = tensor.numChannels();
    std::vector<uint64_t> counts;
    if (!count || *count < 0 || !minimum || !maximum || !bins ||
        bins->shape.size() != 1 ||
        !readArray(name("histogram"), "u8", bins->shape, counts) ||
        !tensor.histogram.restore(*minimum, *maximum, std::move(counts)) ||
        !readArray(name("minimum"), "f4", {channels}, tensor.minimum) ||
        !readArray(name("maximum"), "f4", {channels}, tensor.maximum) ||
        !readArray(name("mean"), "f8", {channels}, tensor.mean) ||
        !readArray(name("variance"), "f8", {channels}, tensor.squares))
      return false;
    tensor.count = *count;
    for (double &value : tensor.squares)
      value *= static_cast<double>(tensor.count);
    return true;
  }

  bool readLayer(size_t i, const llvm::json::Object *object,
                 LayerStatistics &layer) {
    auto vectors = object ? object->getInteger("vectors") : std::nullopt;
    auto kind = object ? object->getString("moments") : std::nullopt;
    auto note = object ? object->getString("note") : std::nullopt;
    if (!vectors || *vectors < 0 || !kind || !note)
      return false;
    layer.vectors = *vectors;
    layer.note = note->str();
    for (MomentKind candidate :
         {MomentKind::None, MomentKind::Channels, MomentKind::Patches})
      if (*kind == kindName(candidate))
        layer.kind = candidate;
    if (kindName(layer.kind) != *kind)
      return false;
    if (layer.kind == MomentKind::None)
      return true;
    auto name = [&](StringRef what) { return arrayName("layer", i, what); };
    const NpyArray *mean = arrays.lookup(name("mean"));
    if (!mean || mean->shape.size() != 1)
      return false;
    int64_t n = mean->shape[0];
    return readArray(name("mean"), "f8", {n}, layer.mean) &&
           readArray(name("covariance"), "f4", {n, n}, layer.covariance);
  }

  const llvm::json::Object &json;
  llvm::StringMap<const NpyArray *> arrays;
};

} // namespace

llvm::Expected<NetworkStatistics> NetworkStatistics::load(StringRef path,
                                                          func::FuncOp main) {
  auto file = readNpzFile(path);
  if (!file)
    return file.takeError();
  std::string where = path.str();
  auto member = llvm::find_if(file->texts, [](const auto &text) {
    return StringRef(text.first) == kMember;
  });
  if (member == file->texts.end())
    return createStringError("%s: not a file of statistics: it has no member "
                             "%s; lw-run --save-statistics makes such files",
                             where.c_str(), kMember.data());
  auto json = llvm::json::parse(member->second);
  if (!json)
    return createStringError("%s:%s: %s", where.c_str(), kMember.data(),
                             llvm::toString(json.takeError()).c_str());
  const llvm::json::Object *object = json->getAsObject();
  StringRef format =
      object ? object->getString("format").value_or("") : StringRef();
  if (format != kFormat)
    return createStringError("%s: expected the format '%s', found '%s'; gather "
                             "the statistics again with lw-run "
                             "--save-statistics",
                             where.c_str(), kFormat.data(),
                             format.str().c_str());
  if (llvm::Error error = SteppedNetwork::check(main))
    return std::move(error);
  NetworkStatistics result = create(main, 0);
  StringRef found = object->getString("fingerprint").value_or("");
  if (found != result.fingerprint)
    return createStringError(
        "%s: statistics of another network: expected fingerprint %s (%s), "
        "found %s (%s). Other optimization flags and other weights make "
        "another network; gather its statistics with lw-run --save-statistics",
        where.c_str(), result.fingerprint.c_str(), result.network.c_str(),
        found.str().c_str(),
        object->getString("network").value_or("unknown").str().c_str());
  if (!Reader(*file, *object).read(result))
    return createStringError("%s: a damaged file of statistics; gather them "
                             "again with lw-run --save-statistics",
                             where.c_str());
  return result;
}
