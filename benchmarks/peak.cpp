//===- peak.cpp - measures the machine's f32 FMA rate and bandwidth -------===//
//
// Part of lw, under the Apache License v2.0 with LLVM Exceptions.
//
// Prints one JSON object: the fused multiply-add rate for each vector width
// the processor has (GFLOP/s, a multiply-add counts as two), the rate of a
// matrix product's inner loop with its operands in L1, and the rate at which
// sums read buffers of 16 KiB to 256 MiB (GB/s). benchmarks/run.py calls
// it between its measurements, so that a roofline is drawn with the speed the
// machine had in those very minutes.
//
//===----------------------------------------------------------------------===//

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

template <unsigned Bytes>
using Vector __attribute__((vector_size(Bytes))) = float;

using Seconds = std::chrono::duration<double>;

double now() {
  return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Keeps the compiler from dropping or hoisting the computation of `value`.
template <typename T> void keep(T &value) {
  asm volatile("" : : "r"(&value) : "memory");
}

// Twelve accumulators hide a latency of four to six cycles at two operations a
// cycle, and with the two operands fit into sixteen registers. The body is a
// macro because a function for one instruction set is not inlined into another.
constexpr int numAccumulators = 12;
#define LW_FMA_LOOP(BYTES)                                                     \
  Vector<BYTES> a[numAccumulators], x = {}, y = {};                            \
  x += 0.999f;                                                                 \
  y += 0.001f;                                                                 \
  for (auto &v : a)                                                            \
    v = y;                                                                     \
  for (long i = 0; i < iterations; ++i) {                                      \
    _Pragma("clang loop unroll(full)") for (auto &v : a) v =                   \
        __builtin_elementwise_fma(v, x, y);                                    \
  }                                                                            \
  for (auto &v : a)                                                            \
    keep(v);

// What a matrix product does at best: six rows times four vectors, each step
// loading four vectors of weights and broadcasting six values, all from L1.
// Some processors sustain less of this than of multiply-adds on registers.
constexpr int numRows = 6, numColumns = 4, numSteps = 128;
#define LW_FED_LOOP(BYTES)                                                     \
  using V = Vector<BYTES>;                                                     \
  V a[numRows][numColumns] = {};                                               \
  for (int k = 0; k < numSteps; k += 4) {                                      \
    _Pragma("clang loop unroll(full)") for (int u = k; u < k + 4; ++u) {       \
      V w[numColumns];                                                         \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < numColumns; ++j)  \
          w[j] = reinterpret_cast<const V *>(weights)[u * numColumns + j];     \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < numRows; ++i) {   \
        V x = values[i * numSteps + u] - V{};                                  \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < numColumns;     \
                                                ++j) a[i][j] =                 \
            __builtin_elementwise_fma(x, w[j], a[i][j]);                       \
      }                                                                        \
      /* Loads moved up from the next step would spill accumulators. */        \
      asm volatile("" : : : "memory");                                         \
    }                                                                          \
  }                                                                            \
  for (auto &row : a)                                                          \
    for (V &v : row)                                                           \
      keep(v);

#define LW_SUM_LOOP(BYTES)                                                     \
  using V = Vector<BYTES>;                                                     \
  V sums[8] = {};                                                              \
  const V *data = reinterpret_cast<const V *>(buffer);                         \
  for (size_t i = 0, e = size / sizeof(V); i + 8 <= e; i += 8) {               \
    _Pragma("clang loop unroll(full)") for (int k = 0; k < 8; ++k) sums[k] +=  \
        data[i + k];                                                           \
  }                                                                            \
  for (V &v : sums)                                                            \
    keep(v);

using FmaLoop = void (*)(long iterations);
using FedLoop = void (*)(const float *values, const float *weights);
using SumLoop = void (*)(const float *buffer, size_t size);

struct Isa {
  const char *name;
  unsigned bytes;
  bool present;
  FmaLoop fma;
  FedLoop fed; // Null where the registers do not hold the tile.
  SumLoop sum;
};

#if defined(__x86_64__)
__attribute__((target("avx512f"))) void fmaAvx512(long iterations) {
  LW_FMA_LOOP(64)
}
__attribute__((target("avx512f"))) void fedAvx512(const float *values,
                                                  const float *weights) {
  LW_FED_LOOP(64)
}
__attribute__((target("avx512f"))) void sumAvx512(const float *buffer,
                                                  size_t size) {
  LW_SUM_LOOP(64)
}
__attribute__((target("avx2,fma"))) void fmaAvx2(long iterations) {
  LW_FMA_LOOP(32)
}
__attribute__((target("avx2,fma"))) void sumAvx2(const float *buffer,
                                                 size_t size){
    LW_SUM_LOOP(32)} std::vector<Isa> listIsas() {
  return {{"avx512", 64, bool(__builtin_cpu_supports("avx512f")), fmaAvx512,
           fedAvx512, sumAvx512},
          {"avx2", 32,
           __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"),
           fmaAvx2, nullptr, sumAvx2}};
}
#else
void fma128(long iterations) { LW_FMA_LOOP(16) }
void sum128(const float *buffer,
            size_t size){LW_SUM_LOOP(16)} std::vector<Isa> listIsas() {
  return {{"vector128", 16, true, fma128, nullptr, sum128}};
}
#endif

/// Lets all threads start a measurement in the same moment.
class Barrier {
public:
  explicit Barrier(int count) : count(count) {}
  void wait() {
    std::unique_lock<std::mutex> lock(mutex);
    int mine = generation;
    if (++waiting == count) {
      waiting = 0;
      ++generation;
      condition.notify_all();
      return;
    }
    condition.wait(lock, [&] { return generation != mine; });
  }

private:
  std::mutex mutex;
  std::condition_variable condition;
  int count, waiting = 0, generation = 0;
};

/// The best rate, in units a second, of `numThreads` threads that each call
/// work(thread), which does `units`, during `budget` seconds.
template <typename Work>
double bestRate(int numThreads, double units, double budget, Work work) {
  Barrier barrier(numThreads);
  std::vector<double> begin(numThreads), end(numThreads);
  double best = 0;
  bool stop = false;
  auto body = [&](int thread) {
    work(thread);
    double first = now();
    while (true) {
      barrier.wait();
      if (thread == 0)
        stop = now() - first > budget;
      barrier.wait();
      if (stop)
        return;
      begin[thread] = now();
      work(thread);
      end[thread] = now();
      barrier.wait();
      if (thread == 0) {
        double time = *std::max_element(end.begin(), end.end()) -
                      *std::min_element(begin.begin(), begin.end());
        best = std::max(best, numThreads * units / time);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < numThreads; ++i)
    threads.emplace_back(body, i);
  body(0);
  for (std::thread &thread : threads)
    thread.join();
  return best;
}

double measureFma(const Isa &isa, int numThreads, double budget) {
  constexpr long iterations = 100000;
  double flops = 2.0 * iterations * numAccumulators * (isa.bytes / 4);
  return bestRate(numThreads, flops, budget,
                  [&](int) { isa.fma(iterations); }) /
         1e9;
}

double measureFed(const Isa &isa, int numThreads, double budget) {
  constexpr int repeats = 200;
  alignas(64) static float values[numRows * numSteps];
  alignas(64) static float weights[numSteps * numColumns * 16];
  double flops =
      2.0 * repeats * numRows * numColumns * numSteps * (isa.bytes / 4);
  return bestRate(numThreads, flops, budget,
                  [&](int) {
                    for (int i = 0; i < repeats; ++i)
                      isa.fed(values, weights);
                  }) /
         1e9;
}

double measureRead(const Isa &isa, int numThreads, size_t size, double budget) {
  std::vector<float *> buffers(numThreads);
  for (float *&buffer : buffers) {
    buffer = static_cast<float *>(std::aligned_alloc(4096, size));
    if (!buffer) {
      std::fprintf(stderr, "lw-peak: cannot allocate %zu bytes\n", size);
      std::exit(1);
    }
    std::memset(buffer, 0, size);
  }
  // Small buffers are read often, so that a measurement outlasts the clock.
  size_t repeats = std::max<size_t>(1, (size_t(4) << 20) / size);
  double rate = bestRate(numThreads, double(size) * repeats, budget,
                         [&](int thread) {
                           for (size_t i = 0; i < repeats; ++i)
                             isa.sum(buffers[thread], size);
                         }) /
                1e9;
  for (float *buffer : buffers)
    std::free(buffer);
  return rate;
}

/// Reads the number after --`name`=; false when `argument` is another option.
bool parseOption(const char *argument, const char *name, double min, double max,
                 double &value) {
  size_t length = std::strlen(name);
  if (std::strncmp(argument, name, length) != 0)
    return false;
  char *end = nullptr;
  value = std::strtod(argument + length, &end);
  if (end == argument + length || *end || !(value >= min && value <= max)) {
    std::fprintf(stderr, "lw-peak: '%s': expected a number from %g to %g\n",
                 argument, min, max);
    std::exit(1);
  }
  return true;
}

} // namespace

int main(int argc, char **argv) {
  double numThreads = 1, budget = 0.05;
  bool fmaOnly = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--fma-only") == 0) {
      fmaOnly = true;
    } else if (!parseOption(argv[i], "--threads=", 1, 256, numThreads) &&
               !parseOption(argv[i], "--seconds=", 0.001, 60, budget)) {
      std::fprintf(stderr,
                   "lw-peak: unknown option '%s'\n"
                   "usage: lw-peak [--threads=N] [--seconds=S for each "
                   "measurement] [--fma-only]\n",
                   argv[i]);
      return 1;
    }
  }

  std::vector<Isa> isas = listIsas();
  isas.erase(std::remove_if(isas.begin(), isas.end(),
                            [](const Isa &isa) { return !isa.present; }),
             isas.end());
  if (isas.empty()) {
    std::fprintf(stderr, "lw-peak: expected a processor with AVX2 and FMA\n");
    return 1;
  }

  int threads = static_cast<int>(numThreads);
  std::printf("{\"threads\": %d, \"fma_gflops\": {", threads);
  for (size_t i = 0; i < isas.size(); ++i)
    std::printf("%s\"%s\": %.2f", i ? ", " : "", isas[i].name,
                measureFma(isas[i], threads, budget));
  std::printf("}");
  if (isas.front().fed)
    std::printf(", \"fed_gflops\": %.2f",
                measureFed(isas.front(), threads, budget));
  if (!fmaOnly) {
    std::printf(", \"read_gbs\": {");
    for (size_t kib = 16; kib <= (256 << 10); kib *= 2)
      std::printf("%s\"%zu\": %.2f", kib > 16 ? ", " : "", kib << 10,
                  measureRead(isas.front(), threads, kib << 10, budget));
    std::printf("}");
  }
  std::printf("}\n");
  return 0;
}
