/* Runs the network of shapes.py in a library of several shapes, and compares
   with plain loops. */
#include "net.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 256 };

static float pixel(int64_t i) { return (float)((i * 37) % 101 - 50) / 50; }

static void reference(const int64_t *shape, float factor, float *y) {
  int64_t area = shape[2] * shape[3];
  for (int64_t n = 0; n < shape[0]; ++n) {
    double mean[CHANNELS];
    for (int o = 0; o < CHANNELS; ++o) {
      mean[o] = 0;
      for (int64_t i = 0; i < area; ++i) {
        double sum = 0;
        for (int c = 0; c < 3; ++c)
          sum +=
              ((o * 7 + c * 3) % 11 - 4) / 8.0 * pixel((n * 3 + c) * area + i);
        mean[o] += fmax(sum, 0) / area;
      }
    }
    for (int j = 0; j < CHANNELS; ++j) {
      double sum = 0;
      for (int i = 0; i < CHANNELS; ++i)
        sum += mean[i] * (((i * 5 + j * 3) % 13 - 6) / 64.0);
      y[n * CHANNELS + j] = (float)sum * factor;
    }
  }
}

static int failures = 0;

static void expect(int condition, const char *what) {
  if (!condition) {
    printf("wrong: %s\n", what);
    ++failures;
  }
}

int main(void) {
  static const int64_t shapes[NET_NUM_SHAPES][4] = {NET_SHAPE0_INPUT0_SHAPE,
                                                    NET_SHAPE1_INPUT0_SHAPE,
                                                    NET_SHAPE2_INPUT0_SHAPE};
  static float x[NET_SHAPE1_INPUT0_SIZE + NET_SHAPE2_INPUT0_SIZE];
  static float y[NET_SHAPE2_OUTPUT0_SIZE], expected[NET_SHAPE2_OUTPUT0_SIZE];
  float factor = -1.5f;
  void *arena =
      aligned_alloc(NET_ARENA_ALIGNMENT, (NET_ARENA_BYTES + 127) / 64 * 64);
  for (size_t i = 0; i < sizeof(x) / sizeof(*x); ++i)
    x[i] = pixel((int64_t)i);
  const void *inputs[] = {x, &factor};
  void *outputs[] = {y};
  for (int s = 0; s < NET_NUM_SHAPES; ++s) {
    /* A scalar has no extents. */
    const int64_t *extents[] = {shapes[s], NULL};
    memset(y, 0, sizeof(y));
    expect(net_run_shape(extents, inputs, outputs, arena) == NET_OK, "status");
    reference(shapes[s], factor, expected);
    for (int64_t i = 0; i < shapes[s][0] * CHANNELS; ++i)
      expect(fabsf(y[i] - expected[i]) < 1e-4f, "output");
    if (s == 0) {
      expect(net_run(inputs, outputs, arena) == NET_OK, "first shape");
      for (int i = 0; i < CHANNELS; ++i)
        expect(fabsf(y[i] - expected[i]) < 1e-4f, "output of the first shape");
    }
  }
  int64_t other[4] = {1, 3, 8, 13};
  const int64_t *extents[] = {other, NULL}, *none[] = {NULL, NULL};
  y[0] = 7;
  expect(net_run_shape(extents, inputs, outputs, arena) == NET_UNKNOWN_SHAPE,
         "unknown");
  expect(net_run_shape(NULL, inputs, outputs, arena) == NET_NULL_POINTER,
         "no shapes");
  expect(net_run_shape(none, inputs, outputs, arena) == NET_NULL_POINTER,
         "no extents");
  extents[0] = shapes[0];
  expect(net_run_shape(extents, inputs, outputs, (char *)arena + 4) ==
             NET_INVALID_ARENA,
         "arena");
  expect(net_run_shape(extents, NULL, outputs, arena) == NET_NULL_POINTER,
         "no inputs");
  expect(y[0] == 7, "nothing written");
  expect(net_supported() == 1, "supported");
  printf("%d shapes, %d failures\n", NET_NUM_SHAPES, failures);
  return failures != 0;
}
