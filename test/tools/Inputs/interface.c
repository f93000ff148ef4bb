/* Calls a network wrongly in every way that it can notice, then rightly. */
#include "network.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if NETWORK_INTERFACE_VERSION != 1
#error "another interface"
#endif

static int failures;

static void expect(int found, int expected, const char *what) {
  if (found == expected)
    return;
  ++failures;
  printf("%s: expected %d, found %d\n", what, expected, found);
}

int main(void) {
  static const int shape[NETWORK_INPUT0_RANK] = NETWORK_INPUT0_SHAPE;
  static float input[NETWORK_INPUT0_SIZE], output[NETWORK_OUTPUT0_SIZE];
  const void *inputs[] = {input}, *noInput[] = {NULL};
  void *outputs[] = {output}, *noOutput[] = {NULL};
  char *arena = aligned_alloc(NETWORK_ARENA_ALIGNMENT,
                              NETWORK_ARENA_BYTES + NETWORK_ARENA_ALIGNMENT);
  expect(shape[0] * shape[1], NETWORK_INPUT0_SIZE, "shape");
  expect(sizeof input, NETWORK_INPUT0_BYTES, "bytes");
  expect(NETWORK_ARENA_BYTES > 0, 1, "an arena");
  expect(network_supported(), 1, "supported");
  expect(network_run(NULL, outputs, arena), NETWORK_NULL_POINTER, "inputs");
  expect(network_run(inputs, NULL, arena), NETWORK_NULL_POINTER, "outputs");
  expect(network_run(noInput, outputs, arena), NETWORK_NULL_POINTER, "input");
  expect(network_run(inputs, noOutput, arena), NETWORK_NULL_POINTER, "output");
  expect(network_run(inputs, outputs, NULL), NETWORK_INVALID_ARENA, "arena");
  for (int shift = 1; shift < NETWORK_ARENA_ALIGNMENT; shift *= 2)
    expect(network_run(inputs, outputs, arena + shift), NETWORK_INVALID_ARENA,
           "aligned arena");

  double sum = 0, worst = 0;
  for (int i = 0; i < NETWORK_INPUT0_SIZE; ++i)
    sum += exp(sin(input[i] = (float)i / 4 - 2));
  for (int run = 0; run < 3; ++run) {
    /* What is in the arena before does not matter. */
    memset(arena, 0xff, NETWORK_ARENA_BYTES);
    expect(network_run(inputs, outputs, arena), NETWORK_OK, "run");
    for (int i = 0; i < NETWORK_INPUT0_SIZE; ++i)
      worst = fmax(worst, fabs(output[i] - exp(sin(input[i])) / sum));
  }
  expect(worst < 1e-6, 1, "close");
  printf("%d failures\n", failures);
  free(arena);
  return failures != 0;
}
