/* Classifies an image with a network that lwc has compiled.

     lwc network.onnx -o network.so
     cc -I. classify.c ./network.so -o classify && ./classify image.ppm 127.5 1

   The image is binary PGM or PPM of the size that the network takes; an input
   is pixel / divisor - mean. Prints the class with the highest score. */
#include "network.h"
#include <stdio.h>
#include <stdlib.h>

static float input[NETWORK_INPUT0_SIZE], output[NETWORK_OUTPUT0_SIZE];
static _Alignas(NETWORK_ARENA_ALIGNMENT) char arena[NETWORK_ARENA_BYTES + 1];

static int fail(const char *message) {
  fprintf(stderr, "classify: %s\n", message);
  return 1;
}

int main(int argc, char **argv) {
  const int shape[] = NETWORK_INPUT0_SHAPE; /* batch, channels, height, width */
  int kind, width, height, most, best = 0;
  FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
  if (!file)
    return fail("expected an image, a divisor and a mean");
  if (fscanf(file, "P%d %d %d %d%*c", &kind, &width, &height, &most) != 4 ||
      kind != (shape[1] == 1 ? 5 : 6) || width != shape[3] ||
      height != shape[2] || most > 255)
    return fail("the image is no PGM or PPM of the network's size");
  for (int i = 0, pixels = width * height; i < pixels; ++i)
    for (int c = 0; c < shape[1]; ++c)
      input[c * pixels + i] =
          (float)(fgetc(file) / atof(argv[2]) - atof(argv[3]));
  fclose(file);

  if (!network_supported())
    return fail("this processor lacks what the network is compiled for");
  const void *inputs[] = {input};
  void *outputs[] = {output};
  if (network_run(inputs, outputs, arena) != NETWORK_OK)
    return fail("the run failed");
  for (int i = 1; i < NETWORK_OUTPUT0_SIZE; ++i)
    if (output[i] > output[best])
      best = i;
  printf("class %d, score %g\n", best, output[best]);
  return 0;
}
