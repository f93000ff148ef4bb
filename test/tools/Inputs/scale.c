/* Runs the compiled network on 0, 1, 2, ... and prints the outputs. */
#include "scale.h"
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  static float input[SCALE_INPUT0_SIZE], output[SCALE_OUTPUT0_SIZE];
  const void *inputs[] = {input};
  void *outputs[] = {output};
  void *arena = SCALE_ARENA_BYTES
                    ? aligned_alloc(64, (SCALE_ARENA_BYTES + 63) / 64 * 64)
                    : NULL;
  for (int i = 0; i < SCALE_INPUT0_SIZE; ++i)
    input[i] = (float)i;
  /* Many runs: a leak would show in the address space. */
  for (int run = 0; run < 1000; ++run)
    if (scale_run(inputs, outputs, arena) != 0)
      return 1;
  for (int i = 0; i < SCALE_OUTPUT0_SIZE; ++i)
    printf("%g ", output[i]);
  printf("\n%s\n", scale_info);
  free(arena);
  return 0;
}
