/* Prints what a library for several processors says of the one that it runs on,
   and a sum of its outputs for fixed inputs. */
#include "network.h"
#include <stdio.h>
#include <stdlib.h>

static float input[NETWORK_INPUT0_SIZE], output[NETWORK_OUTPUT0_SIZE];
static _Alignas(NETWORK_ARENA_ALIGNMENT) char arena[NETWORK_ARENA_BYTES + 1];

int main(int argc, char **argv) {
  const void *inputs[] = {input};
  void *outputs[] = {output};
  const char *level = network_level();
  for (int i = 0; i < NETWORK_INPUT0_SIZE; ++i)
    input[i] = (float)(i * 37 % 101) / 101;
  int result = network_run(inputs, outputs, arena);
  printf("supported %d, level %s, result %d\n", network_supported(),
         level ? level : "none", result);
  if (argc < 2 || result != NETWORK_OK)
    return 0;
  FILE *file = fopen(argv[1], "wb");
  size_t written = file ? fwrite(output, 4, NETWORK_OUTPUT0_SIZE, file) : 0;
  return !file || fclose(file) || written != NETWORK_OUTPUT0_SIZE;
}
