//===- lw-run.cpp - Run a network on arrays
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../Main.h"
#include "Compare.h"
#include "LoadInputs.h"
#include "Outputs.h"
#include "Ranking.h"
#include "RunFlags.h"
#include "Runner.h"
#include "lw/Driver/Flags.h"
#include "lw/Driver/Library.h"
#include "lw/Driver/Profile.h"
#include "lw/IO/Npy.h"
#include "lw/Support/OutputFile.h"
#include "lw/Support/Tool.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/WithColor.h"
#include <cstring>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

static constexpr llvm::StringLiteral kOverview =
    R"(run a network on arrays

The network is an ONNX file, MLIR (text or bytecode) or a library that lwc made.

Examples:
  lw-run net.onnx --input x.npy --output y.npy
      one float array in the network's own layout; N samples for a network of
      batch 1 make N runs
  lw-run net.onnx --input cifar.npz:images --scale=1/255 \
         --mean=.485,.456,.406 --std=.229,.224,.225 --labels cifar.npz:labels
      uint8 images (N,H,W,C) and how many are classified right
  lw-run net.so --image cat.jpg --class-names=imagenet.txt
      what is on it
  lw-run net.so --random-input --benchmark
      how fast
  lw-run net.onnx --random-input --profile
      and where the time goes
  lw-run net.onnx --input calib.npz:images --save-statistics stats.npz
      ranges, moments and histograms of everything between the layers
  lw-run net.onnx --quantize=int8 --calibrate calib.npz:images \
         --compare net.onnx --input test.npz:images
      which layers lose the accuracy
)";

static void printLatency(const Latency &latency) {
  llvm::outs() << llvm::format("latency over %lld runs: minimum %.4f ms, "
                               "median %.4f ms, p90 %.4f ms\n",
                               static_cast<long long>(latency.runs),
                               latency.minimumMs, latency.medianMs,
                               latency.p90Ms);
}

/// Gathers, continues, prints and writes statistics of an optimized network.
static llvm::Error runStatistics(const RunFlags &flags,
                                 Compilation &compilation,
                                 const ImageUse &images,
                                 llvm::json::Object &json) {
  std::optional<NetworkStatistics> statistics;
  if (!flags.statistics.empty()) {
    auto loaded = compilation.loadStatistics(flags.statistics);
    if (!loaded)
      return loaded.takeError();
    statistics = std::move(*loaded);
  }
  if (flags.hasInput() || !statistics) {
    auto tensors = compilation.getInputs();
    if (!tensors)
      return tensors.takeError();
    auto inputs = loadInputs(flags, *tensors, images);
    if (!inputs)
      return inputs.takeError();
    auto count = commonRuns(*inputs);
    if (!count)
      return count.takeError();
    if (count->missing)
      return createStringError(
          "statistics are of whole runs of %lld samples, the last lacks %lld: "
          "give a multiple of %lld samples, or a network of batch 1",
          static_cast<long long>(count->batch),
          static_cast<long long>(count->missing),
          static_cast<long long>(count->batch));
    CalibrationSamples samples;
    samples.count = count->runs;
    llvm::Error unread = llvm::Error::success();
    samples.read = [&](size_t input, int64_t index, void *elements) {
      auto source = (*inputs)[input].get(index);
      if (source)
        std::memcpy(elements, *source, (*tensors)[input].numBytes());
      else
        unread = llvm::joinErrors(std::move(unread), source.takeError());
    };
    auto gathered = compilation.gatherStatistics(
        samples, statistics ? statistics->maxMoments : flags.maxMoments);
    if (!gathered)
      return llvm::joinErrors(std::move(unread), gathered.takeError());
    if (unread)
      return unread;
    if (!statistics)
      statistics = std::move(*gathered);
    else if (llvm::Error error = statistics->merge(*gathered))
      return error;
  }
  if (flags.printStatistics)
    statistics->print(llvm::outs());
  json["statistics"] =
      llvm::json::Object{{"samples", statistics->samples},
                         {"fingerprint", statistics->fingerprint}};
  if (flags.saveStatistics.empty())
    return llvm::Error::success();
  return statistics->save(flags.saveStatistics);
}

/// Does everything after the command line is understood.
static llvm::Error run(const RunFlags &flags, CompileOptions options,
                       ImageUse images) {
  std::vector<std::string> files = {flags.output, flags.json,
                                    flags.saveStatistics, options.savePlan};
  if (llvm::Error error = checkOutputs(files))
    return error;

  llvm::json::Object json;
  std::vector<std::string> classNames = options.classNames;
  std::unique_ptr<CompiledModel> model;
  std::unique_ptr<Compilation> compilation;
  if (flags.isLibrary()) {
    auto loaded = CompiledModel::fromLibrary(flags.model, flags.name);
    if (!loaded)
      return loaded.takeError();
    model = std::move(*loaded);
    const ModelInfo &info = model->getInfo();
    json = beginReport(flags.model, model->getCpu(), info.threads);
    if (classNames.empty())
      classNames = model->getClassNames();
    if (!images.framing.isGiven()) {
      auto framing = ImageFraming::parse(info.resize, info.crop);
      if (!framing)
        return framing.takeError();
      images.framing = *framing;
    }
  } else {
    CompileOptions plain = withoutRewrites(options);
    auto created = Compilation::create(std::move(options));
    if (!created)
      return created.takeError();
    compilation = std::move(*created);
    json = beginReport(flags.model, compilation->getCpu(),
                       compilation->getThreads());
    if (llvm::Error error = compilation->load(flags.model))
      return error;
    if (llvm::Error error = compilation->optimize())
      return error;
    if (!flags.compare.empty()) {
      if (llvm::Error error = compareLayers(
              *compilation, flags.compare, std::move(plain),
              [&](ArrayRef<TensorInfo> tensors) {
                return loadInputs(flags, tensors, images);
              },
              json))
        return error;
      json["compilation"] = compilation->toJson();
      return writeReport(flags.json, std::move(json));
    }
    if (flags.wantsStatistics())
      if (llvm::Error error = runStatistics(flags, *compilation, images, json))
        return error;
    if (flags.wantsRuns()) {
      auto compiled = compilation->jit();
      if (!compiled)
        return compiled.takeError();
      model = std::move(*compiled);
    }
    json["compilation"] = compilation->toJson();
    if (!model)
      return writeReport(flags.json, std::move(json));
  }
  const ModelInfo &info = model->getInfo();
  json["arena_bytes"] = info.arenaBytes;

  auto inputs = info.shapes.empty() ? loadInputs(flags, info.inputs, images)
                                    : selectShape(flags, *model, images);
  if (!inputs)
    return inputs.takeError();
  auto runner = Runner::create(*model, std::move(*inputs));
  if (!runner)
    return runner.takeError();

  const RunCount &count = runner->getCount();
  // All runs, unless only their speed is asked for.
  bool benchmark = flags.benchmark || flags.profile;
  if (!benchmark || !flags.output.empty() || !flags.labels.empty() ||
      !flags.imageFiles.empty()) {
    auto ranking = Ranking::create(info, flags.imageFiles, classNames);
    if (!ranking)
      return ranking.takeError();
    auto collector = OutputCollector::create(info, count, flags.labels,
                                             flags.labelOffset, flags.output);
    if (!collector)
      return collector.takeError();
    if (count.missing)
      llvm::WithColor::note(llvm::errs(), "lw-run")
          << "the last run has " << count.batch - count.missing << " of "
          << count.batch
          << " samples; the last of them fills the run and counts once\n";
    if (llvm::Error error = runner->runAll([&](int64_t run) {
          for (size_t i = 0; i < info.outputs.size(); ++i)
            collector->add(i, runner->getOutput(i));
          if (*ranking)
            (*ranking)->add(runner->getOutput(0));
        }))
      return error;
    if (llvm::Error error = collector->write())
      return error;
    llvm::json::Array given;
    for (const InputSource &input : runner->getInputs()) {
      if (input.getNotFinite())
        llvm::outs() << "input '" << input.getName()
                     << "': " << input.getNotFinite() << " values not finite\n";
      given.push_back(
          llvm::json::Object{{"name", llvm::json::fixUTF8(input.getName())},
                             {"not_finite", input.getNotFinite()}});
    }
    collector->print(llvm::outs());
    if (*ranking) {
      (*ranking)->print(llvm::outs());
      json["images"] = (*ranking)->toJson();
    }
    json["runs"] = count.runs;
    json["samples"] = count.runs * count.batch - count.missing;
    json["inputs"] = std::move(given);
    json["outputs"] = collector->outputsToJson();
    if (!flags.labels.empty())
      json["accuracy"] = collector->accuracyToJson();
  }
  if (benchmark) {
    auto latency =
        runner->benchmark({flags.warmUp, flags.repetitions, flags.minTime});
    if (!latency)
      return latency.takeError();
    printLatency(*latency);
    json["latency"] = llvm::json::Object{{"runs", latency->runs},
                                         {"minimum_ms", latency->minimumMs},
                                         {"median_ms", latency->medianMs},
                                         {"p90_ms", latency->p90Ms}};
    if (flags.profile) {
      std::vector<LayerInfo> layers = compilation->getLayers();
      std::vector<double> microseconds = profiledMicroseconds(layers.size());
      printProfile(llvm::outs(), layers, microseconds);
      json["profile"] = profileToJson(layers, microseconds);
    }
  }
  return writeReport(flags.json, std::move(json));
}

int lw::runMain(int argc, char **argv) {
  Tool tool(argc, argv, "lw-run");
  prepareCommandLine();
  RunFlags flags;
  CompileFlags compileFlags;
  if (!parseCommandLine(argc, argv, kOverview,
                        {&flags.dataCategory, &flags.images.category,
                         &flags.statisticsCategory, &flags.benchmarkCategory,
                         &compileFlags.graphCategory,
                         &compileFlags.codeCategory}))
    return ExitUsage;
  auto options = compileFlags.get(llvm::errs());
  if (!options)
    return tool.reportError(options.takeError(), ExitUsage);
  auto preprocessing = flags.images.get();
  if (!preprocessing)
    return tool.reportError(preprocessing.takeError(), ExitUsage);
  options->preprocessing = *preprocessing;
  auto framing = flags.images.getFraming();
  if (!framing)
    return tool.reportError(framing.takeError(), ExitUsage);
  options->framing = *framing;
  if (llvm::Error error = flags.check())
    return tool.reportError(std::move(error), ExitUsage);
  options->preprocessesSamples = *preprocessing && flags.inputs.empty() &&
                                 flags.imageFiles.empty() &&
                                 !options->imageInput;
  if (options->preprocessesSamples && options->calibrate.empty())
    return tool.reportError(
        createStringError("--mean, --std, --scale and --bgr are for the images "
                          "of --input, --image and --calibrate"),
        ExitUsage);
  if (!options->classNames.empty() && flags.imageFiles.empty())
    return tool.reportError(createStringError("--class-names is for --image"),
                            ExitUsage);
  if (options->target.cpu == kMultiCpu)
    return tool.reportError(
        createStringError("--cpu=multi is for libraries, which lwc makes; code "
                          "for this machine is --cpu=native"),
        ExitUsage);
  if (!options->moreInputs.empty())
    return tool.reportError(
        createStringError("--shape: several shapes of an input are for "
                          "libraries, which lwc makes"),
        ExitUsage);
  if (flags.isLibrary() && (compileFlags.anyGiven() || flags.wantsStatistics()))
    return tool.reportError(
        createStringError("'%s' is compiled already: flags of optimization and "
                          "code generation are for lwc, statistics need the "
                          "network itself",
                          flags.model.c_str()),
        ExitUsage);
  if (flags.profile) {
    if (flags.isLibrary() || options->reference)
      return tool.reportError(
          createStringError("--profile needs code with marks between layers: "
                            "give the network itself, without --reference"),
          ExitUsage);
    options->profileMark = profileMark;
  }
  if (options->imageInput)
    preprocessing->reset();
  if (llvm::Error error =
          run(flags, std::move(*options), {*preprocessing, *framing}))
    return tool.finish(tool.reportError(std::move(error)));
  return tool.finish(ExitSuccess);
}
