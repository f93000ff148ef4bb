//===- StatisticsTests.cpp - Statistics of whole networks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/IO/Npy.h"
#include "lw/InitAll.h"
#include "lw/Statistics/Fingerprint.h"
#include "lw/Statistics/NetworkStatistics.h"
#include "lw/Stepping/StepCompiler.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"
#include <Eigen/Dense>
#include <cmath>
#include <random>

using namespace mlir;
using namespace mlir::lw;

namespace {

// A strided and padded convolution, a depthwise one, and two operations that
// run as one step.
constexpr int64_t kSize = 5, kIn = 2, kOut = 3, kSamples = 83;
const char *const kNetwork = R"mlir(
func.func @main(%x: tensor<1x5x5x2xf32> {lw.name = "x"}) -> tensor<1x3x3x3xf32> {
  %w = "tosa.const"() {values = dense<WEIGHT> : tensor<3x3x2x3xf32>} : () -> tensor<3x3x2x3xf32>
  %b = "tosa.const"() {values = dense<[0.5, 0.0, -0.5]> : tensor<3xf32>} : () -> tensor<3xf32>
  %d = "tosa.const"() {values = dense<[[[[1.0], [2.0], [3.0]]]]> : tensor<1x1x3x1xf32>} : () -> tensor<1x1x3x1xf32>
  %0 = lw.conv_2d %x, %w bias %b {padding = array<i64: 1, 1, 1, 1>,
       strides = array<i64: 2, 2>, activation = #lw.act<relu>}
       : (tensor<1x5x5x2xf32>, tensor<3x3x2x3xf32>, tensor<3xf32>)
       -> tensor<1x3x3x3xf32> loc("conv")
  %1 = lw.depthwise_conv_2d %0, %d
       : (tensor<1x3x3x3xf32>, tensor<1x1x3x1xf32>) -> tensor<1x3x3x3xf32> loc("depthwise")
  %2 = tosa.sigmoid %1 : (tensor<1x3x3x3xf32>) -> tensor<1x3x3x3xf32> loc("swish")
  %3 = tosa.add %1, %2 : (tensor<1x3x3x3xf32>, tensor<1x3x3x3xf32>) -> tensor<1x3x3x3xf32> loc("swish")
  return %3 : tensor<1x3x3x3xf32>
}
)mlir";

class Statistics : public testing::Test {
protected:
  Statistics() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    compiler = cantFail(StepCompiler::create());
    module = parse("0.25");
    std::mt19937 generator(1);
    std::normal_distribution<float> normal(1.0f, 2.0f);
    values.resize(kSamples * kElements);
    for (float &value : values)
      value = normal(generator);
  }

  OwningOpRef<ModuleOp> parse(StringRef weight) {
    std::string text = kNetwork;
    text.replace(text.find("WEIGHT"), 6, weight);
    return parseSourceString<ModuleOp>(text, &context);
  }

  func::FuncOp main() { return main(*module); }
  static func::FuncOp main(ModuleOp module) {
    return module.lookupSymbol<func::FuncOp>("main");
  }

  CalibrationSamples samples(int64_t first, int64_t count) const {
    CalibrationSamples chosen;
    chosen.count = count;
    chosen.read = [this, first](size_t, int64_t index, void *elements) {
      std::copy_n(&values[(first + index) * kElements], kElements,
                  static_cast<float *>(elements));
    };
    return chosen;
  }

  llvm::Expected<NetworkStatistics>
  gather(const CalibrationSamples &from,
         const StatisticsOptions &options = {}) {
    return gatherStatistics(
        main(), from, [&](ModuleOp step) { return compiler->compile(step); },
        options);
  }

  std::string temporary() {
    llvm::SmallString<128> path;
    EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("statistics", "npz", path));
    files.emplace_back(path);
    return path.str().str();
  }

  ~Statistics() override {
    for (const std::string &file : files)
      llvm::sys::fs::remove(file);
  }

  static constexpr int64_t kElements = kSize * kSize * kIn;
  MLIRContext context;
  std::unique_ptr<StepCompiler> compiler;
  OwningOpRef<ModuleOp> module;
  std::vector<float> values;
  std::vector<std::string> files;
};

void expectNear(const NetworkStatistics &a, const NetworkStatistics &b,
                double tolerance) {
  EXPECT_EQ(a.samples, b.samples);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (auto [x, y] : llvm::zip(a.tensors, b.tensors)) {
    EXPECT_EQ(x.name, y.name);
    EXPECT_EQ(x.count, y.count);
    EXPECT_EQ(x.minimum, y.minimum);
    EXPECT_EQ(x.maximum, y.maximum);
    for (int64_t c = 0; c < x.numChannels(); ++c) {
      EXPECT_NEAR(x.mean[c], y.mean[c], tolerance);
      EXPECT_NEAR(x.variance(c), y.variance(c), tolerance);
    }
    EXPECT_EQ(x.histogram.getFirst(), y.histogram.getFirst());
    EXPECT_EQ(x.histogram.getCounts(), y.histogram.getCounts());
  }
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (auto [x, y] : llvm::zip(a.layers, b.layers)) {
    EXPECT_EQ(x.kind, y.kind);
    EXPECT_EQ(x.vectors, y.vectors);
    ASSERT_EQ(x.covariance.size(), y.covariance.size());
    for (size_t i = 0; i < x.mean.size(); ++i)
      EXPECT_NEAR(x.mean[i], y.mean[i], tolerance);
    for (size_t i = 0; i < x.covariance.size(); ++i)
      EXPECT_NEAR(x.covariance[i], y.covariance[i], tolerance * 100);
  }
}

std::string message(llvm::Error error) {
  return llvm::toString(std::move(error));
}

} // namespace

TEST_F(Statistics, AgreeWithThoseOfAllValuesAtOnce) {
  NetworkStatistics found = cantFail(gather(samples(0, kSamples)));
  ASSERT_EQ(found.tensors.size(), 5u);
  std::vector<std::string> names;
  for (const TensorStatistics &tensor : found.tensors)
    names.push_back(tensor.name);
  EXPECT_EQ(names, (std::vector<std::string>{"x", "conv", "depthwise",
                                             "swish#1", "swish"}));

  // The network by its definition, with the patches that it sees.
  constexpr int64_t kTaps = 9 * kIn, kPixels = 9;
  Eigen::MatrixXd patches = Eigen::MatrixXd::Zero(kSamples * kPixels, kTaps);
  Eigen::MatrixXd conv(kSamples * kPixels, kOut);
  for (int64_t row = 0; row < patches.rows(); ++row) {
    int64_t sample = row / kPixels, y = row % kPixels / 3, x = row % 3;
    for (int64_t tap = 0; tap < kTaps; ++tap) {
      int64_t iy = 2 * y + tap / (3 * kIn) - 1, ix = 2 * x + tap / kIn % 3 - 1;
      if (iy >= 0 && iy < kSize && ix >= 0 && ix < kSize)
        patches(row, tap) =
            values[sample * kElements + (iy * kSize + ix) * kIn + tap % kIn];
    }
    for (int64_t o = 0; o < kOut; ++o)
      conv(row, o) =
          std::max(0.0, 0.25 * patches.row(row).sum() + 0.5 * (1 - o));
  }
  auto checkChannels = [&](const TensorStatistics &tensor, int64_t channel,
                           Eigen::VectorXd exact) {
    double mean = exact.mean();
    EXPECT_EQ(tensor.count, exact.size());
    EXPECT_NEAR(tensor.mean[channel], mean, 1e-5);
    EXPECT_NEAR(tensor.variance(channel),
                (exact.array() - mean).square().mean(), 1e-4);
    EXPECT_NEAR(tensor.minimum[channel], exact.minCoeff(), 1e-4);
    EXPECT_NEAR(tensor.maximum[channel], exact.maxCoeff(), 1e-4);
  };
  for (int64_t o = 0; o < kOut; ++o) {
    Eigen::VectorXd depthwise = conv.col(o) * (o + 1);
    Eigen::VectorXd gate = (1 + (-depthwise.array()).exp()).inverse();
    checkChannels(found.tensors[1], o, conv.col(o));
    checkChannels(found.tensors[2], o, depthwise);
    checkChannels(found.tensors[3], o, gate);
    checkChannels(found.tensors[4], o, depthwise + gate);
  }

  ASSERT_EQ(found.layers.size(), 2u);
  auto checkMoments = [](const LayerStatistics &layer,
                         const Eigen::MatrixXd &rows) {
    Eigen::RowVectorXd mean = rows.colwise().mean();
    Eigen::MatrixXd centred = rows.rowwise() - mean;
    Eigen::MatrixXd covariance = centred.transpose() * centred / rows.rows();
    EXPECT_EQ(layer.vectors, rows.rows());
    ASSERT_EQ(int64_t(layer.mean.size()), rows.cols());
    ASSERT_EQ(int64_t(layer.covariance.size()), covariance.size());
    for (int64_t i = 0; i < rows.cols(); ++i) {
      EXPECT_NEAR(layer.mean[i], mean[i], 1e-5);
      for (int64_t j = 0; j < rows.cols(); ++j)
        EXPECT_NEAR(layer.covariance[i * rows.cols() + j], covariance(i, j),
                    1e-4);
    }
  };
  EXPECT_EQ(found.layers[0].kind, MomentKind::Patches);
  checkMoments(found.layers[0], patches);
  EXPECT_EQ(found.layers[1].kind, MomentKind::Channels);
  EXPECT_EQ(found.layers[1].note, "grouped: of channels");
  checkMoments(found.layers[1], conv);
}

TEST_F(Statistics, LongVectorsAreLeftOut) {
  StatisticsOptions options;
  options.maxMoments = 17;
  NetworkStatistics found = cantFail(gather(samples(0, 5), options));
  EXPECT_EQ(found.layers[0].kind, MomentKind::Channels);
  EXPECT_EQ(found.layers[0].note, "patches of 18 values, more than 17");
  EXPECT_EQ(found.layers[0].covariance.size(), 4u);
  options.maxMoments = 2;
  found = cantFail(gather(samples(0, 5), options));
  EXPECT_EQ(found.layers[1].kind, MomentKind::None);
  EXPECT_EQ(found.layers[1].note, "3 channels, more than 2");
  EXPECT_TRUE(found.layers[1].covariance.empty());
}

TEST_F(Statistics, PartsMakeTheWhole) {
  NetworkStatistics whole = cantFail(gather(samples(0, kSamples)));
  NetworkStatistics parts = NetworkStatistics::create(main(), 1152);
  for (auto [first, count] : {std::pair(0, 1), {1, 70}, {71, kSamples - 71}})
    cantFail(parts.merge(cantFail(gather(samples(first, count)))));
  expectNear(parts, whole, 1e-6);

  StatisticsOptions options;
  options.maxMoments = 4;
  EXPECT_NE(message(parts.merge(cantFail(gather(samples(0, 2), options))))
                .find("of at most 1152 values and of at most 4"),
            std::string::npos);
}

TEST_F(Statistics, FileGivesThemBackForTheSameNetworkOnly) {
  NetworkStatistics saved = cantFail(gather(samples(0, kSamples)));
  std::string path = temporary();
  cantFail(saved.save(path));
  NetworkStatistics loaded = cantFail(NetworkStatistics::load(path, main()));
  expectNear(loaded, saved, 1e-12);
  EXPECT_EQ(loaded.maxMoments, 1152);
  EXPECT_EQ(loaded.layers[1].note, saved.layers[1].note);

  OwningOpRef<ModuleOp> other = parse("0.26");
  std::string text =
      message(NetworkStatistics::load(path, main(*other)).takeError());
  EXPECT_NE(text.find("statistics of another network: expected fingerprint " +
                      computeFingerprint(main(*other))),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("found " + saved.fingerprint +
                      " (2 convolutions, 513 MACs, inputs 1x5x5x2)"),
            std::string::npos)
      << text;
}

TEST_F(Statistics, DamagedFilesAreRefused) {
  NetworkStatistics saved = cantFail(gather(samples(0, 3)));
  std::string path = temporary();
  cantFail(saved.save(path));
  NpzFile good = cantFail(readNpzFile(path));
  auto errorOf = [&](const NpzFile &file) {
    std::string damaged = temporary();
    cantFail(writeNpzFile(damaged, file));
    return message(NetworkStatistics::load(damaged, main()).takeError());
  };
  for (size_t i = 0; i < good.arrays.size(); ++i) {
    NpzFile file = good;
    file.arrays.erase(file.arrays.begin() + i);
    EXPECT_NE(errorOf(file).find("a damaged file"), std::string::npos)
        << good.arrays[i].first;
    file = good;
    file.arrays[i].second.shape.push_back(1);
    EXPECT_NE(errorOf(file).find("a damaged file"), std::string::npos)
        << good.arrays[i].first;
  }
  for (auto [from, to, expected] :
       {std::tuple("lw-statistics-1", "lw-statistics-9",
                   "expected the format 'lw-statistics-1', found "
                   "'lw-statistics-9'"),
        {"\"samples\": 3", "\"samples\": -3", "a damaged file"},
        {"\"vectors\": 27", "\"vectors\": \"many\"", "a damaged file"},
        {"{", "{{", "statistics.json: "}}) {
    NpzFile file = good;
    std::string &text = file.texts[0].second;
    ASSERT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), StringRef(from).size(), to);
    EXPECT_NE(errorOf(file).find(expected), std::string::npos) << from;
  }
  NpzFile none = good;
  none.texts.clear();
  EXPECT_NE(errorOf(none).find("not a file of statistics"), std::string::npos);
}

TEST_F(Statistics, SamplesMustBeThereAndFinite) {
  EXPECT_EQ(message(gather(samples(0, 0)).takeError()),
            "statistics need samples, found none");
  values[70 * kElements + 3] = NAN;
  EXPECT_EQ(message(gather(samples(0, kSamples)).takeError()),
            "sample 70 holds a NaN or an infinity: leave it out, or check how "
            "it was made and its preprocessing");
  // Finite itself, but not what the network makes of it.
  std::fill_n(&values[70 * kElements], kElements, 3e38f);
  EXPECT_EQ(message(gather(samples(0, kSamples)).takeError()),
            "the values of 'conv' are not finite (NaN or infinite) for sample "
            "70; check the samples and their preprocessing");
}

TEST_F(Statistics, FingerprintIsOfWhatIsComputed) {
  std::string fingerprint = computeFingerprint(main());
  EXPECT_EQ(fingerprint.size(), 64u);
  EXPECT_EQ(computeFingerprint(main(*parse("0.25"))), fingerprint);
  EXPECT_NE(computeFingerprint(main(*parse("0.25000003"))), fingerprint);
  auto changed = [&](StringRef from, StringRef to) {
    std::string text = kNetwork;
    text.replace(text.find("WEIGHT"), 6, "0.25");
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
         at += to.size())
      text.replace(at, from.size(), to);
    OwningOpRef<ModuleOp> copy = parseSourceString<ModuleOp>(text, &context);
    return computeFingerprint(main(*copy));
  };
  // Names do not matter; attributes, operations and operands do.
  EXPECT_EQ(changed("loc(\"conv\")", "loc(\"c\")"), fingerprint);
  EXPECT_EQ(changed("lw.name = \"x\"", "lw.name = \"image\""), fingerprint);
  EXPECT_NE(changed(", activation = #lw.act<relu>", ""), fingerprint);
  EXPECT_NE(changed("tosa.sigmoid", "tosa.tanh"), fingerprint);
  EXPECT_NE(changed("tosa.add %1, %2", "tosa.add %2, %1"), fingerprint);
}

TEST_F(Statistics, FingerprintIsOfElementsWhereverTheyAre) {
  auto fingerprintOf = [&](StringRef elements, StringRef bytes) {
    std::string text = ("func.func @main() -> tensor<2xf32> {\n"
                        "  %0 = \"tosa.const\"() {values = " +
                        elements +
                        " : tensor<2xf32>} : () -> tensor<2xf32>\n"
                        "  return %0 : tensor<2xf32>\n}\n"
                        "{-# dialect_resources: { builtin: { w: \"0x04000000" +
                        bytes + "\" } } #-}")
                           .str();
    return computeFingerprint(
        main(*parseSourceString<ModuleOp>(text, &context)));
  };
  std::string fingerprint = fingerprintOf("dense<[1.0, 2.0]>", "00000000");
  EXPECT_EQ(fingerprintOf("dense_resource<w>", "0000803F00000040"),
            fingerprint);
  EXPECT_NE(fingerprintOf("dense_resource<w>", "0000803F00004040"),
            fingerprint);
}
