/* Prints what a network calls its classes, also those that it has not. */
#include "network.h"
#include <limits.h>
#include <stdio.h>

static void print(int32_t i) {
  const char *label = network_label(i);
  printf("%d: %s\n", i, label ? label : "null");
}

int main(void) {
  for (int32_t i = -1; i <= NETWORK_NUM_LABELS; ++i)
    print(i);
  print(INT_MAX);
  print(INT_MIN);
  return 0;
}
